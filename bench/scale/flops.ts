/** Floating-point operations of a traced program's products and convolutions; everything else is of lower order. */
import { sizeOf } from "../../src/core/shape.ts"
import type { Graph } from "../../src/graph/graph.ts"
import type { Tensor } from "../../src/graph/tensor.ts"

// Two for each tap or inner index: a multiplication and an addition.
const counts: Readonly<Record<string, (node: Tensor, first: readonly number[], second: readonly number[]) => number>> =
  {
    matmul: ({ shape, attrs }, a) => 2 * sizeOf(shape) * a[attrs.transA ? 0 : 1]!,
    batchMatmul: ({ shape }, a) => 2 * sizeOf(shape) * a.at(-1)!,
    conv: ({ shape }, _, kernel) => 2 * sizeOf(shape) * sizeOf(kernel.slice(1)),
    convTranspose: (_, from, kernel) => 2 * sizeOf(from) * sizeOf(kernel.slice(1)),
    kernelGradient: ({ shape }, _, to) => 2 * sizeOf(to) * sizeOf(shape.slice(1)),
  }

export const flopsOf = ({ nodes }: Graph): number =>
  nodes.reduce((total, node) => {
    const [first, second] = node.inputs.map(({ shape }) => shape)
    return total + (counts[node.op.name]?.(node, first!, second!) ?? 0)
  }, 0)
