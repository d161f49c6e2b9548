/**
 * How matrix products are written for the processor. ONNX Runtime packs the right operand of a product anew in every run, and copies a
 * transposed left one once for every block of columns: the smaller matrix belongs on the right, and the left one is turned beforehand.
 */
import type { Shape } from "../../core/shape.ts"
import type { Emitter } from "../tensor.ts"

interface Operands {
  readonly names: readonly string[]
  readonly shapes: readonly Shape[]
  readonly transA: boolean
  readonly transB: boolean
  readonly alpha: number
}

// Measured with 1 and 2 threads on an AVX-512 processor (decision 0010): turned beforehand, products of 392 to 1,024 rows and
// columns are 1.04 to 1.45 times as fast and those of 256 not; with sides exchanged, 16 to 128 rows are 1.02 to 1.33 times as fast.
const rowsWorthTurning = 384
const columnsWorthTurning = 384
const mostTurned = 1024 // data; not measured with more, and the copy grows with them
const weightsPerRow = 6
const manyWeights = 250_000

const turned = (emit: Emitter, x: string): string => emit.node("Transpose", [x], { perm: [1, 0] })

/** αAᵀB or αABᵀ in the form that suits the processor's kernel; undefined where one ordinary product does. */
export function emitProduct(
  emit: Emitter,
  { names: [a, b], shapes, transA, transB, alpha }: Operands,
): string | undefined {
  if (emit.target.provider !== "cpu" || shapes.length > 2 || transA === transB) return undefined
  const [left, right] = shapes as readonly [Shape, Shape]
  if (transA) {
    const [data, height] = left as readonly [number, number]
    if (height < rowsWorthTurning || right[1]! < columnsWorthTurning || data > mostTurned) return undefined
    const rows = turned(emit, a!)
    // MatMul: the runtime's optimiser moves a transposition back into Gemm.
    return emit.node("MatMul", [alpha === 1 ? rows : emit.node("Mul", [rows, emit.scalar(alpha)]), b!])
  }
  const [columns, inner] = right as readonly [number, number]
  if (left[0]! * weightsPerRow > Math.min(columns, inner) || columns * inner < manyWeights) return undefined
  return turned(emit, emit.node("Gemm", [b!, a!], { transB: 1, ...(alpha !== 1 && { alpha: { float: alpha } }) }))
}
