/** Products of stacks of matrices. */
import { ShapeError } from "../../core/errors.ts"
import { broadcastShapes, formatShape, type Shape, sizeOf } from "../../core/shape.ts"
import { apply, type Op, type Tensor } from "../tensor.ts"
import { broadcastIndex, reshape, sumTo } from "./broadcast.ts"
import { transpose } from "./layout.ts"
import { matmul } from "./matmul.ts"

export const stacksDoNotFit = (a: Shape, b: Shape): string =>
  `batchMatmul: ${formatShape(a)} · ${formatShape(b)} does not fit; both need two axes or more, inner lengths must be equal and leading axes broadcast.`

/** Leading axes of the product, and its matrices [m, k] · [k, n]. */
function productOf(a: Shape, b: Shape) {
  if (a.length < 2 || b.length < 2 || a.at(-1) !== b.at(-2)) throw new ShapeError(stacksDoNotFit(a, b))
  const lead = broadcastShapes("batchMatmul", a.slice(0, -2), b.slice(0, -2))
  return { lead, m: a.at(-2)!, k: a.at(-1)!, n: b.at(-1)! }
}

/** A·B for each pair of matrices [..., m, k] and [..., k, n] of two stacks whose leading axes broadcast: [..., m, n]. */
export const batchMatmulOp: Op<null> = {
  name: "batchMatmul",
  shape: ([a, b]) => {
    const { lead, m, n } = productOf(a!, b!)
    return [...lead, m, n]
  },
  reference: ([a, b], [left, right]) => {
    const { lead, m, k, n } = productOf(left!, right!)
    const [i, j] = [left!, right!].map((shape) => broadcastIndex(shape.slice(0, -2), lead))
    return Float64Array.from({ length: sizeOf(lead) * m * n }, (_, cell) => {
      const [stack, row, column] = [Math.floor(cell / (m * n)), Math.floor(cell / n) % m, cell % n]
      let total = 0
      for (let l = 0; l < k; l++) total += a![(i![stack]! * m + row) * k + l]! * b![(j![stack]! * k + l) * n + column]!
      return total
    })
  },
  vjp: (g, _, [a, b]) => [
    sumTo(batchMatmul(g, transposeLast(b!)), a!.shape),
    sumTo(batchMatmul(transposeLast(a!), g), b!.shape),
  ],
  onnx: (emit, names) => emit.node("MatMul", names),
  examples: [
    [
      [2, 2, 3],
      [2, 3, 4],
    ],
    [
      [2, 1, 2, 3],
      [3, 3, 2],
    ],
    [
      [2, 3],
      [2, 3, 2],
    ],
    [
      [2, 2, 3],
      [3, 2],
    ],
  ].map((shapes) => ({ shapes, attrs: null })),
}

/** The matrices [..., rows, columns] of a stack, each transposed. */
export function transposeLast(x: Tensor): Tensor {
  const lead = x.shape.slice(0, -2).map((_, axis) => axis)
  return transpose(x, [...lead, lead.length + 1, lead.length])
}

/** [..., m, k] · [..., k, n] → [..., m, n] with broadcast leading axes; one product where the right one is a single matrix. Throws ShapeError. */
export function batchMatmul(a: Tensor, b: Tensor): Tensor {
  if (b.shape.length !== 2 || a.shape.length < 2) return apply(batchMatmulOp, [a, b], null)
  const { lead, m, k, n } = productOf(a.shape, b.shape)
  return reshape(matmul(reshape(a, [sizeOf(lead) * m, k]), b), [...lead, m, n])
}
