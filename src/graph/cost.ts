import { sizeOf } from "../core/shape.ts"
import type { Graph } from "./graph.ts"
import { batchMatmulOp, convOp, convTransposeOp, kernelGradientOp, matmulOp } from "./ops/index.ts"
import { stepsOf } from "./scans.ts"
import type { Tensor } from "./tensor.ts"

const sizeAfter = (x: Tensor, axes: number): number => sizeOf(x.shape.slice(axes))

/** Multiplications in one product of matrices or images; none for any other operation. */
function productsOf(node: Tensor): number {
  const [a, b] = node.inputs
  if (node.op === matmulOp) return sizeOf(node.shape) * (node.attrs.transA ? a!.shape[0]! : a!.shape[1]!)
  if (node.op === batchMatmulOp) return sizeOf(node.shape) * a!.shape.at(-1)!
  if (node.op === convOp) return sizeOf(node.shape) * sizeAfter(b!, 1)
  if (node.op === convTransposeOp) return sizeOf(a!.shape) * sizeAfter(b!, 1)
  if (node.op === kernelGradientOp) return sizeOf(b!.shape) * sizeAfter(node, 1)
  return 0
}

/** Σ of a cost over the nodes of a graph and over every step of its scans, each of which is counted once for all its results. */
function total(graph: Graph, costOf: (node: Tensor) => number): number {
  const counted = new Set<object>()
  return graph.nodes.reduce((sum, node) => {
    const scan = stepsOf(node)
    if (!scan) return sum + costOf(node)
    if (counted.has(node.attrs.body)) return sum
    counted.add(node.attrs.body)
    return sum + scan.steps * total(scan.step, costOf)
  }, 0)
}

/** Multiplications in the products of matrices and images of a graph; a floating-point operation count is twice this. */
export const multiplications = (graph: Graph): number => total(graph, productsOf)

/** Elements that a graph writes outside those products, which is what its other operations cost. */
export const elements = (graph: Graph): number =>
  total(graph, (node) => (productsOf(node) > 0 || node.inputs.length === 0 ? 0 : sizeOf(node.shape)))
