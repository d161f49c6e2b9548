/**
 * Memory for what the nodes of a small program hand to each other. ONNX Runtime makes a tensor for every result in every run and
 * frees it again, a tenth of a microsecond or more apiece; a result that is an output as well, with an array bound to it, is
 * written where it was the last time (ADR 0012).
 */
import type { NdArray } from "../core/array.ts"
import { sizeOf } from "../core/shape.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { convOp, convTransposeOp, kernelGradientOp, reshapeOp, scanOp } from "../graph/ops/index.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Ports } from "./bound.ts"

const most = 131_072 // floats: memory that is used again at once lies in a cache, memory of every result's own does not
// A view of its operand, a loop, and what may lie in the processor's own layout: an output of them would be a copy.
const aside = new Set<Tensor["op"]>([reshapeOp, scanOp, convOp, convTransposeOp, kernelGradientOp])

const isKept = ({ op, inputs }: Tensor): boolean => inputs.length > 0 && !aside.has(op)

export interface Kept {
  readonly graph: Graph
  /** Arrays for the outputs that the graph did not have before. */
  readonly results: Ports
}

/** The same program with all results between its nodes as further outputs, or as it was where they are many. */
export function keepResults(graph: Graph): Kept {
  const outputs = new Set(graph.outputs.values())
  const between = graph.nodes.filter((node) => isKept(node) && !outputs.has(node))
  const floats = between.reduce((total, { shape }) => total + sizeOf(shape), 0)
  if (floats > most) return { graph, results: new Map() }
  const named = between.map((node, i) => [`result/${i}`, node] as const)
  const arrayOf = ({ shape }: Tensor): NdArray => ({ shape, data: new Float32Array(sizeOf(shape)) })
  return {
    graph: graphOf(Object.fromEntries([...graph.outputs, ...named])),
    results: new Map(named.map(([name, node]) => [name, arrayOf(node)])),
  }
}
