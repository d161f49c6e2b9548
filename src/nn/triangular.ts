/** Square matrices whose determinant is read off their diagonal. No factorisation is computed: it is the parametrisation. */
import { ShapeError } from "../core/errors.ts"
import { formatShape, type Shape } from "../core/shape.ts"
import { div, mul, sub } from "../graph/ops/arithmetic.ts"
import { sum } from "../graph/ops/broadcast.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { constant } from "../graph/ops/source.ts"
import { abs, log } from "../graph/ops/unary.ts"
import type { Tensor } from "../graph/tensor.ts"

export const notSquare = (where: string, shape: Shape): string =>
  `${where}: ${formatShape(shape)} came; a square matrix is needed.`

/** 1 where the place (row, column) is in, else 0: [n, n]. */
export const places = (n: number, isIn: (row: number, column: number) => boolean): Tensor =>
  constant({
    shape: [n, n],
    data: Float32Array.from({ length: n * n }, (_, i) => (isIn(Math.floor(i / n), i % n) ? 1 : 0)),
  })
/** The identity matrix: [n, n]. */
export const identity = (n: number): Tensor => places(n, (row, column) => row === column)
/** What stands below the diagonal; all else is zero. */
export const strictlyLower = (a: Tensor): Tensor =>
  mul(
    a,
    places(sizeOfSquare("lower", a), (i, j) => i > j),
  )
/** What stands above the diagonal; all else is zero. */
export const strictlyUpper = (a: Tensor): Tensor =>
  mul(
    a,
    places(sizeOfSquare("upper", a), (i, j) => i < j),
  )

function sizeOfSquare(where: string, { shape }: Tensor): number {
  if (shape.length !== 2 || shape[0] !== shape[1]) throw new ShapeError(notSquare(where, shape))
  return shape[0]!
}

/** The diagonal of a square matrix [n, n]: [n]. Throws ShapeError. */
export const diagonalOf = (a: Tensor): Tensor => sum(mul(a, identity(sizeOfSquare("diagonal", a))), 0)

/** log|det| [] of a triangular matrix [n, n], the sum over its diagonal, in nats. Throws ShapeError. */
export const triangularLogDet = (a: Tensor): Tensor => sum(log(abs(diagonalOf(a))))

/**
 * A⁻¹ [n, n] of a triangular matrix, lower or upper, whose diagonal has no zero. Diagonal blocks are inverted, beginning with
 * the numbers on the diagonal, and joined two by two: with D the inverse of the blocks and C what lies between the blocks of
 * a pair, the inverse of the pairs is D − D·C·D. That is block substitution (Higham 2002, section 14.2.2) in 4·⌈log₂ n⌉
 * nodes, as accurate as solving row by row. Throws ShapeError.
 */
export function triangularInverse(a: Tensor): Tensor {
  const n = sizeOfSquare("triangularInverse", a)
  let inverse = div(identity(n), diagonalOf(a))
  for (let size = 1; size < n; size *= 2) {
    const isBetween = (i: number, j: number) => {
      const [row, column] = [Math.floor(i / size), Math.floor(j / size)]
      return row !== column && Math.floor(row / 2) === Math.floor(column / 2)
    }
    const between = mul(a, places(n, isBetween))
    inverse = sub(inverse, matmul(inverse, matmul(between, inverse)))
  }
  return inverse
}
