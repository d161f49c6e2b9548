/** No silent fallback: a program with a node that its provider cannot run is refused, and the refusal names the node. */
import type { InferenceSession } from "onnxruntime-web"
import { EidosError } from "../core/errors.ts"
import { formatShape } from "../core/shape.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { constantOp, input } from "../graph/ops/source.ts"
import type { Target, Tensor } from "../graph/tensor.ts"
import { lowerGraph } from "../onnx/lower.ts"

/** Session settings under which ONNX Runtime refuses to place a node of the program on the processor in a provider's stead. */
export const withoutFallback = { extra: { session: { disable_cpu_ep_fallback: "1" } } } as const

export const fellBack = (provider: string, nodes: readonly string[]): string =>
  nodes.length > 0
    ? `runtime: ${provider} cannot run ${nodes.join("; ")}; ONNX Runtime would run that on the processor.`
    : `runtime: ${provider} cannot run the whole of this program, although it can run each of its operations alone.`

type Open = (graph: Graph) => Promise<InferenceSession>

/** The session of a graph. Throws EidosError("failed") that names the operations which would run on the processor instead. */
export async function openWithoutFallback(graph: Graph, target: Target, open: Open): Promise<InferenceSession> {
  try {
    return await open(graph)
  } catch (error) {
    if (!isFallback(error)) throw error
    throw new EidosError("failed", fellBack(target.provider, await fallenBack(graph, target, open)), {
      hint: "Choose the device cpu, or give the operation an emission for this provider in src/graph/ops.",
      cause: error,
    })
  }
}

const isFallback = (error: unknown): boolean =>
  error instanceof Error && /fallback to CPU EP has been explicitly disabled/.test(error.message)

/** The distinct operations of a graph that cannot be compiled alone, each as `gather [4, 2], [3] (Cast, Gather)`. */
async function fallenBack(graph: Graph, target: Target, open: Open): Promise<string[]> {
  const alone = new Map(graph.nodes.filter(({ inputs }) => inputs.length > 0).map((node) => [keyOf(node), node]))
  const found: string[] = []
  for (const node of alone.values()) {
    const single = graphOf({ y: isolated(node) })
    try {
      const session = await open(single)
      await session.release()
    } catch {
      const operators = lowerGraph(single, target).node.map(({ opType }) => opType)
      const shapes = node.inputs.map(({ shape }) => formatShape(shape))
      found.push(`${node.op.name} ${shapes.join(", ")} (${operators.join(", ")})`)
    }
  }
  return found
}

const keyOf = ({ op, inputs, attrs }: Tensor): string =>
  JSON.stringify([op.name, inputs.map((operand) => (operand.op === constantOp ? operand.attrs : operand.shape)), attrs])

/** The same operation on ports; constants stay, since operators often want them as such. */
function isolated(node: Tensor): Tensor {
  const ports = new Map<Tensor, Tensor>()
  for (const operand of node.inputs)
    ports.set(operand, operand.op === constantOp ? operand : input(`x${ports.size}`, operand.shape))
  return { ...node, inputs: node.inputs.map((operand) => ports.get(operand)!) }
}
