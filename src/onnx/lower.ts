import { EidosError } from "../core/errors.ts"
import { formatShape, type Shape } from "../core/shape.ts"
import type { Graph } from "../graph/graph.ts"
import { broadcastOp, reshapeOp } from "../graph/ops/index.ts"
import { drawOp, inputOp } from "../graph/ops/source.ts"
import type { Target, Tensor } from "../graph/tensor.ts"
import { anyRuntime, type Builder, builder, symbolicBatch, valueInfo } from "./builder.ts"
import { encodeModel, type ProtoGraph } from "./proto.ts"

export const notExportable = (name: string, shape: Shape): string =>
  `export: ${name} makes ${formatShape(shape)} from the batch length alone; a program with a symbolic batch axis cannot say this.`

export const outputTaken = (name: string): string =>
  `trace: an output and an input or draw are both called "${name}". Give the output another name.`

function refuseUnsayable(node: Tensor): void {
  const symbolic = node.shape.filter((length) => length % symbolicBatch === 0).length
  const bad = (node.op === broadcastOp && symbolic > 0) || (node.op === reshapeOp && symbolic > 1)
  if (bad) throw new EidosError("trace", notExportable(node.op.name, node.shape))
}

/** Emits every node of the graph; ports are read from `port(name)`. Returns the value name of each tensor. */
export function emitNodes(graph: Graph, emit: Builder, port: (name: string) => string): Map<Tensor, string> {
  const names = new Map<Tensor, string>()
  for (const node of graph.nodes) {
    refuseUnsayable(node)
    const isPort = node.op === inputOp || node.op === drawOp
    const operands = node.inputs.map((operand) => names.get(operand)!)
    const shapes = node.inputs.map((operand) => operand.shape)
    names.set(node, isPort ? port(node.attrs.name) : node.op.onnx(emit, operands, node.attrs, shapes))
  }
  return names
}

/** Ports of a graph, inputs before noise. */
export const portsOf = (graph: Graph): Tensor[] => [...graph.inputs.values(), ...graph.draws.values()]

/** The ONNX graph of a traced program: ports keep their names, outputs too. */
export function lowerGraph(graph: Graph, target: Target = anyRuntime): ProtoGraph {
  for (const output of graph.outputs.keys())
    if (graph.inputs.has(output) || graph.draws.has(output)) throw new EidosError("trace", outputTaken(output))
  const emit = builder("v", target)
  const names = emitNodes(graph, emit, (port) => port)
  const renamed = new Map<string, string>()
  const owned = new Set(emit.produced())
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
  const rename = (value: string) => renamed.get(value) ?? value
  return {
    ...body,
    node: body.node.map((node) => ({ ...node, input: node.input.map(rename), output: node.output.map(rename) })),
  }
}

const mostOptimized = 5000 // nodes

/** Whether ONNX Runtime should simplify the graph again: in large ones it finds little and takes more time than all else. */
export const isWorthOptimizing = ({ nodes }: Graph): boolean => nodes.length <= mostOptimized

/** The bytes of an .onnx file that computes the graph. Axes of length `symbolicBatch` become the symbolic axis `batch`. */
export const lower = (
  graph: Graph,
  { metadata, target }: { readonly metadata?: Readonly<Record<string, string>>; readonly target?: Target } = {},
): Uint8Array => encodeModel(lowerGraph(graph, target), metadata)
