/**
 * Where a training step's time goes inside ONNX Runtime: time per operator, the share outside matrix products and
 * convolutions, and the rate of the products inside the step beside the rate of the same products alone, all read from the
 * runtime's own profile in one process, alternating. Prints one JSON line. Options are those of the peers.
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
import { cpuTarget } from "../src/runtime/cpu-target.ts"
import { batchPort, gradientGraph } from "../src/train/program.ts"
import { median } from "./median.ts"
import { notBuilt, steps } from "./models/index.ts"
import { batchOf } from "./peers/batch.mjs"
import { options } from "./peers/protocol.mjs"
import type { OperatorTime, Profile } from "./profile-result.ts"
import { workloadNamed, workloadOf } from "./workloads.ts"

const asked = options()
const { threads, batch } = asked
const name = workloadNamed(asked.workload)
const runs = asked.timing.inner ?? 30
const warm = Math.min(5, runs - 1) // runs left out at the beginning

/** What one node took: an operator's name and its microseconds in each run. */
interface NodeTime {
  readonly operator: string
  readonly microseconds: number[]
}

interface Profiled {
  run(): Promise<void>
  end(): Promise<NodeTime[]>
}

let files = 0
/** The graph as a session that records what each node takes. */
async function profiled(graph: Graph): Promise<Profiled> {
  const prefix = join(tmpdir(), `eidos-profile-${process.pid}-${files++}-`)
  const session = await ort.InferenceSession.create(lower(graph, { target: await cpuTarget() }), {
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
  if (port.attrs.name === batchPort) return new ort.Tensor("float32", batchOf(workloadOf(name), batch), port.shape)
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

// What holds a graph of its own is left out: the nodes inside are in the profile themselves.
const containers = new Set(["Loop", "Scan", "If"])

function eventsIn(prefix: string): NodeTime[] {
  const folder = tmpdir()
  const file = readdirSync(folder).find((each) => join(folder, each).startsWith(prefix))!
  const events = JSON.parse(readFileSync(join(folder, file), "utf8")) as ProfileEvent[]
  rmSync(join(folder, file))
  const found = new Map<string, NodeTime>()
  for (const { cat, name: node, dur, args } of events) {
    const operator = args?.op_name ?? "?"
    if (cat !== "Node" || !node.endsWith("_kernel_time") || containers.has(operator)) continue
    const known = found.get(node) ?? { operator, microseconds: [] }
    known.microseconds.push(dur)
    found.set(node, known)
  }
  return [...found.values()]
}

const products = new Set(["Gemm", "MatMul", "FusedGemm", "FusedMatMul"])
const convolutions = new Set(["Conv", "ConvTranspose", "FusedConv"])

/** Each matrix product of a graph as a graph of its own. */
function productsOf(graph: Graph) {
  return graph.nodes
    .filter((node) => node.op === matmulOp && node.shape.length === 2)
    .map((node) => {
      const operands = node.inputs.map((operand, i) => input(`o${i}`, operand.shape))
      const [m, n] = node.shape as [number, number]
      const k = node.attrs.transA ? node.inputs[0]!.shape[0]! : node.inputs[0]!.shape[1]!
      const label = `${m}×${k}×${n}${node.attrs.transA ? " Aᵀ" : ""}${node.attrs.transB ? " Bᵀ" : ""}`
      const alone = graphOf({ y: apply(matmulOp, operands, node.attrs) })
      return { alone, shape: [m, k, n] as const, flops: 2 * m * k * n, label }
    })
}

// A node inside a scan runs many times in one run of the step: its time is the sum over a run, not one call.
const ofOneRun = ({ microseconds }: NodeTime): number => {
  const calls = microseconds.length / runs
  const sums = Array.from({ length: runs }, (_, run) =>
    microseconds.slice(Math.round(run * calls), Math.round((run + 1) * calls)).reduce((total, each) => total + each, 0),
  )
  return median(sums.slice(warm))
}
const total = (nodes: readonly NodeTime[]): number => nodes.reduce((sum, node) => sum + ofOneRun(node), 0)
const among = (nodes: readonly NodeTime[], operators: ReadonlySet<string>) =>
  nodes.filter(({ operator }) => operators.has(operator))

function byOperator(nodes: readonly NodeTime[]): OperatorTime[] {
  const operators = [...new Set(nodes.map(({ operator }) => operator))].map((operator) => {
    const list = among(nodes, new Set([operator]))
    return { operator, nodes: list.length, microseconds: total(list) }
  })
  return operators.sort((a, b) => b.microseconds - a.microseconds)
}

async function profileOf(build: NonNullable<(typeof steps)[keyof typeof steps]>): Promise<Profile> {
  const model = build()
  const graphs = Object.keys(model.players).map((player) => gradientGraph(model, player, batch))
  const found = graphs.flatMap(productsOf)
  const wholes = await Promise.all(graphs.map(profiled))
  const alone = await Promise.all(found.map((product) => profiled(product.alone)))
  for (let run = 0; run < runs; run++) for (const each of [...wholes, ...alone]) await each.run()
  const nodes = (await Promise.all(wholes.map((each) => each.end()))).flat()
  const times = await Promise.all(alone.map(async (each) => total(among(await each.end(), products))))
  const flops = found.reduce((sum, product) => sum + product.flops, 0)
  const [inside, everything] = [total(among(nodes, products)), total(nodes)]
  const onProducts = times.reduce((sum, time) => sum + time, 0)
  return {
    threads,
    flops,
    insideGflops: found.length > 0 ? flops / inside / 1e3 : null,
    aloneGflops: found.length > 0 ? flops / onProducts / 1e3 : null,
    productsShare: inside / everything,
    convolutionsShare: total(among(nodes, convolutions)) / everything,
    kernelMs: everything / 1e3,
    products: found.map(({ label, shape, flops }, i) => ({ label, shape, gflops: flops / times[i]! / 1e3 })),
    operators: byOperator(nodes),
  }
}

const build = steps[name]
process.stdout.write(`${JSON.stringify(build ? await profileOf(build) : { absent: notBuilt(name) })}\n`)
