import { EidosError } from "../core/errors.ts"
import type { Graph } from "../graph/graph.ts"
import type { Target, Tensor } from "../graph/tensor.ts"
import { anyRuntime, builder, valueInfo } from "./builder.ts"
import { emitNodes } from "./emission.ts"
import { graphInOpset12 } from "./opset12.ts"
import { withoutWaiting } from "./order.ts"
import { encodeModel, type ProtoGraph, type ProtoNode } from "./proto.ts"

export const outputTaken = (name: string): string =>
  `trace: an output and an input or draw are both called "${name}". Give the output another name.`

/** Ports of a graph, inputs before noise. */
export const portsOf = (graph: Graph): Tensor[] => [...graph.inputs.values(), ...graph.draws.values()]

/** The ONNX graph of a traced program: ports keep their names, outputs too. */
export function lowerGraph(graph: Graph, target: Target = anyRuntime): ProtoGraph {
  for (const output of graph.outputs.keys())
    if (graph.inputs.has(output) || graph.draws.has(output)) throw new EidosError("trace", outputTaken(output))
  const emit = builder("v", target)
  const names = new Map(portsOf(graph).map((port): [Tensor, string] => [port, port.attrs.name]))
  emitNodes(graph.nodes, emit, names)
  const renamed = new Map<string, string>()
  const owned = emit.produced(Array.from(graph.outputs.values(), (tensor) => names.get(tensor)!))
  for (const [output, tensor] of graph.outputs) {
    const value = names.get(tensor)!
    // An output that is also an input, a constant or another output gets its name by an Identity.
    if (!owned.has(value) || renamed.has(value)) emit.nodeTo([output], "Identity", [renamed.get(value) ?? value])
    else renamed.set(value, output)
  }
  const body = emit.graph(
    "eidos",
    portsOf(graph).map((port) => valueInfo(port.attrs.name, port.shape)),
    [...graph.outputs].map(([output, tensor]) => valueInfo(output, tensor.shape)),
  )
  const nodes = body.node.map((node) => withNames(node, renamed))
  return { ...body, node: graph.nodes.length > mostWaiting ? withoutWaiting(nodes) : nodes }
}

/** The node with its values renamed, also those that its body reads. */
function withNames(node: ProtoNode, renamed: ReadonlyMap<string, string>): ProtoNode {
  const isRenamed = (value: string) => renamed.has(value)
  const hasBody = node.attribute.some(({ g }) => g !== undefined)
  if (!hasBody && !node.input.some(isRenamed) && !node.output.some(isRenamed)) return node
  const rename = (value: string) => renamed.get(value) ?? value
  const attribute = node.attribute.map((each) =>
    each.g ? { ...each, g: { ...each.g, node: each.g.node.map((inner) => withNames(inner, renamed)) } } : each,
  )
  return { ...node, input: node.input.map(rename), output: node.output.map(rename), attribute }
}

const mostOptimized = 5000 // nodes
// Nodes: a session of 20,000 opens in two fifths of the time, one of 6,400 in four fifths but with a quarter more memory in its runs.
const mostWaiting = 10_000

/** Whether ONNX Runtime should simplify the graph again: in large ones it finds little and takes more time than all else. */
export const isWorthOptimizing = ({ nodes }: Graph): boolean => nodes.length <= mostOptimized

// Those of other devices are not the same code in both versions.
const withOldKernels = new Set<Target["provider"]>(["cpu", "wasm"])

/** The bytes of an .onnx file that computes the graph. Axes of length `symbolicBatch` become the symbolic axis `batch`. */
export function lower(
  graph: Graph,
  {
    metadata,
    target = anyRuntime,
  }: { readonly metadata?: Readonly<Record<string, string>>; readonly target?: Target } = {},
): Uint8Array {
  const lowered = lowerGraph(graph, target)
  const older = withOldKernels.has(target.provider) ? graphInOpset12(lowered) : undefined
  return older ? encodeModel(older, metadata, 12) : encodeModel(lowered, metadata)
}
