/**
 * The rate of the step's matrix products inside the step, beside the rate ONNX Runtime reaches on the same products alone,
 * both read from its own profile in one process, alternating. Prints one JSON line. Argument: threads.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import ort from "onnxruntime-node"
import { fillNormal } from "../src/core/random.ts"
import { sizeOf } from "../src/core/shape.ts"
import { type Graph, graphOf } from "../src/graph/graph.ts"
import { matmulOp } from "../src/graph/ops/matmul.ts"
import { input } from "../src/graph/ops/source.ts"
import { apply, type Tensor } from "../src/graph/tensor.ts"
import { lower, portsOf } from "../src/onnx/lower.ts"
import { gradientGraph } from "../src/train/program.ts"
import { batch, binaryBatch, median, model, player } from "./workload.ts"

const [threads = 2] = process.argv.slice(2).map(Number)

interface Profiled {
  run(): Promise<void>
  /** Microseconds of each kernel in each run, by node name. */
  end(): Promise<Map<string, { operator: string; microseconds: number[] }>>
}

let files = 0
/** The graph as a session that records what each node takes. */
async function profiled(graph: Graph): Promise<Profiled> {
  const prefix = join(tmpdir(), `eidos-profile-${process.pid}-${files++}-`)
  const session = await ort.InferenceSession.create(lower(graph), {
    intraOpNumThreads: threads,
    graphOptimizationLevel: "basic",
    enableProfiling: true,
    profileFilePrefix: prefix,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { spin_duration_us: "50" } } },
  })
  const feeds = Object.fromEntries(portsOf(graph).map((port, i) => [port.attrs.name, tensorFor(port, i)]))
  return {
    run: async () => void (await session.run(feeds)),
    async end() {
      session.endProfiling()
      await session.release()
      return eventsIn(prefix)
    },
  }
}

function tensorFor(port: Tensor, i: number): ort.Tensor {
  if (port.attrs.name === "x") return new ort.Tensor("float32", binaryBatch(), port.shape)
  const data = fillNormal({ seed: i, name: "bench" }, new Float32Array(sizeOf(port.shape)))
  return new ort.Tensor(
    "float32",
    data.map((value) => value * 0.05),
    port.shape,
  )
}

interface ProfileEvent {
  readonly cat: string
  readonly name: string
  readonly dur: number
  readonly args?: { readonly op_name?: string }
}

async function eventsIn(prefix: string) {
  const folder = tmpdir()
  const name = readdirSync(folder).find((file) => join(folder, file).startsWith(prefix))!
  const events = JSON.parse(readFileSync(join(folder, name), "utf8")) as ProfileEvent[]
  rmSync(join(folder, name))
  const found = new Map<string, { operator: string; microseconds: number[] }>()
  for (const { cat, name: node, dur, args } of events) {
    if (cat !== "Node" || !node.endsWith("_kernel_time")) continue
    const key = node.replace(/_kernel_time$/, "")
    const known = found.get(key) ?? { operator: args?.op_name ?? "?", microseconds: [] }
    known.microseconds.push(dur)
    found.set(key, known)
  }
  return found
}

const isProduct = (operator: string): boolean =>
  operator === "Gemm" || operator === "MatMul" || operator === "FusedGemm"

/** Each matrix product of the step as a graph of its own. */
function productsOf(graph: Graph): { graph: Graph; flops: number; label: string }[] {
  return graph.nodes
    .filter((node) => node.op === matmulOp)
    .map((node) => {
      const operands = node.inputs.map((operand, i) => input(`o${i}`, operand.shape))
      const [m, n] = node.shape as [number, number]
      const k = node.attrs.transA ? node.inputs[0]!.shape[0]! : node.inputs[0]!.shape[1]!
      const label = `${m}×${k}×${n}${node.attrs.transA ? " Aᵀ" : ""}${node.attrs.transB ? " Bᵀ" : ""}`
      return { graph: graphOf({ y: apply(matmulOp, operands, node.attrs) }), flops: 2 * m * k * n, label }
    })
}

const step = gradientGraph(model, player, batch)
const products = productsOf(step)
const flops = products.reduce((total, product) => total + product.flops, 0)
const whole = await profiled(step)
const alone: Profiled[] = []
for (const product of products) alone.push(await profiled(product.graph))
const rounds = 30
for (let round = 0; round < rounds; round++) {
  await whole.run()
  for (const one of alone) await one.run()
}
const warm = 5 // runs left out at the beginning
const nodes = [...(await whole.end()).values()]
const medianOf = ({ microseconds }: { microseconds: number[] }) => median(microseconds.slice(warm))
const inside = nodes.filter(({ operator }) => isProduct(operator)).reduce((total, node) => total + medianOf(node), 0)
const everything = nodes.reduce((total, node) => total + medianOf(node), 0)
const rates: { label: string; microseconds: number; gflops: number }[] = []
for (const [i, one] of alone.entries()) {
  const kernels = [...(await one.end()).values()].filter(({ operator }) => isProduct(operator))
  const microseconds = kernels.reduce((total, node) => total + medianOf(node), 0)
  rates.push({ label: products[i]!.label, microseconds, gflops: products[i]!.flops / microseconds / 1e3 })
}
const aloneMicroseconds = rates.reduce((total, rate) => total + rate.microseconds, 0)
const profile = nodes.map((node) => ({ operator: node.operator, microseconds: medianOf(node) }))
const byOperator = [...new Set(profile.map(({ operator }) => operator))].map((operator) => {
  const list = profile.filter((node) => node.operator === operator)
  return { operator, nodes: list.length, microseconds: list.reduce((total, node) => total + node.microseconds, 0) }
})
const result = {
  threads,
  flops,
  insideGflops: flops / inside / 1e3,
  aloneGflops: flops / aloneMicroseconds / 1e3,
  share: aloneMicroseconds / inside,
  productsShareOfNodes: inside / everything,
  products: rates,
  operators: byOperator.sort((a, b) => b.microseconds - a.microseconds),
}
process.stdout.write(`${JSON.stringify(result)}\n`)
