import { sizeOf } from "../core/shape.ts"
import type { Graph } from "./graph.ts"
import { batchMatmulOp, convOp, convTransposeOp, kernelGradientOp, matmulOp } from "./ops/index.ts"
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

/** Multiplications in the products of matrices and images of a graph; a floating-point operation count is twice this. */
export const multiplications = (graph: Graph): number =>
  graph.nodes.reduce((total, node) => total + productsOf(node), 0)

/** Elements that a graph writes outside those products, which is what its other operations cost. */
export const elements = (graph: Graph): number =>
  graph.nodes.reduce(
    (total, node) => total + (productsOf(node) > 0 || node.inputs.length === 0 ? 0 : sizeOf(node.shape)),
    0,
  )
