/** How sums are written in ONNX: every form computes the same, which is fastest depends on where and on how many numbers. */
import { type Shape, sizeOf } from "../../core/shape.ts"
import type { Emitter } from "../tensor.ts"

interface Sum {
  readonly shape: Shape
  /** Sorted, distinct, counted from the front. */
  readonly axes: readonly number[]
  readonly keep: boolean
}

const few = 65_536 // numbers of a matrix: up to here a product with ones is a fraction of the operator's fixed cost everywhere
const many = 32_768 // numbers: from here on the processor's products are faster than its reductions, by 1.5 to 2.5 times
const rowsAtLeast = 8

/** Whether data, which lie on the first axis, are summed by a product with a row of one number. */
function suitsProduct({ target: { provider } }: Emitter, { shape, axes, keep }: Sum): boolean {
  if (axes[0] !== 0 || axes.length === shape.length) return false
  if (shape.length === 2 && !keep && sizeOf(shape) <= few) return true
  const isProcessor = provider === "cpu" || provider === "wasm"
  return isProcessor && shape[0]! >= rowsAtLeast && sizeOf(shape) >= many
}

/** Σ over axes, times `weight`, with data summed first by a product; undefined where the operator suits better. */
export function emitSumOverData(emit: Emitter, x: string, sum: Sum, weight = 1): string | undefined {
  if (!suitsProduct(emit, sum)) return undefined
  const { axes, keep } = sum
  const [rows, ...rest] = sum.shape as readonly [number, ...number[]]
  const row = { shape: [rows], data: new Float32Array(rows).fill(weight) }
  const flat = rest.length === 1 ? x : emit.node("Reshape", [x, emit.ints([rows, sizeOf(rest)])])
  const sums = emit.node("MatMul", [emit.array(row), flat]) // [numbers of a datum]
  if (axes.length === 1) return rest.length === 1 && !keep ? sums : reshaped(emit, sums, keep ? [1, ...rest] : rest)
  return emit.node("ReduceSum", [reshaped(emit, sums, [1, ...rest]), emit.ints(axes)], { keepdims: keep ? 1 : 0 })
}

const reshaped = (emit: Emitter, x: string, shape: Shape): string => emit.node("Reshape", [x, emit.ints(shape)])
