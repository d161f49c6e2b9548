import { fillNormal } from "../core/random.ts"
import { add, mul } from "../graph/ops/arithmetic.ts"
import { sum } from "../graph/ops/broadcast.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { exp } from "../graph/ops/unary.ts"
import { buffer, type Init, type Live, weight } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import { identity, strictlyLower, strictlyUpper, triangularInverse } from "./triangular.ts"

type Matrix = Float64Array[]
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((total, value, i) => total + value * b[i]!, 0)

/** A random rotation: rows of normal numbers made orthonormal one after the other. */
function rotation(n: number, normals: Float32Array): Matrix {
  const rows: Matrix = []
  for (let i = 0; i < n; i++) {
    const row = Float64Array.from(normals.subarray(i * n, (i + 1) * n))
    // twice: what the first round leaves of the earlier rows by rounding, the second takes away
    for (const other of [...rows, ...rows]) {
      const share = dot(row, other)
      for (let j = 0; j < n; j++) row[j]! -= share * other[j]!
    }
    const length = Math.sqrt(dot(row, row))
    rows.push(row.map((value) => value / length))
  }
  return rows
}

/** W = P·L·U by elimination with row pivots: `rows[i]` is the row of W that is row i of L·U, which are stored in one matrix. */
function factorise(w: Matrix): { readonly rows: readonly number[]; readonly lu: Matrix } {
  const n = w.length
  const lu = w.map((row) => row.slice())
  const rows = Array.from({ length: n }, (_, i) => i)
  for (let k = 0; k < n; k++) {
    let pivot = k
    for (let i = k + 1; i < n; i++) if (Math.abs(lu[i]![k]!) > Math.abs(lu[pivot]![k]!)) pivot = i
    ;[lu[k], lu[pivot]] = [lu[pivot]!, lu[k]!]
    ;[rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!]
    for (let i = k + 1; i < n; i++) {
      const factor = lu[i]![k]! / lu[k]![k]!
      lu[i]![k] = factor
      for (let j = k + 1; j < n; j++) lu[i]![j]! -= factor * lu[k]![j]!
    }
  }
  return { rows, lu }
}

/** Values of one leaf of the layer from the factors of the rotation that all its leaves share: the stream is that of the layer, not of the leaf. */
const ofRotation =
  (n: number, pick: (factors: ReturnType<typeof factorise>, i: number, j: number) => number): Init =>
  (shape, stream) => {
    const name = `${stream.name.slice(0, stream.name.lastIndexOf(".") + 1)}rotation`
    const factors = factorise(rotation(n, fillNormal({ ...stream, name }, new Float32Array(n * n))))
    const columns = shape.length === 1 ? 1 : n
    return Float32Array.from({ length: n * columns }, (_, at) => pick(factors, Math.floor(at / columns), at % columns))
  }

/**
 * An invertible matrix W = P·L·(U + diag(s)) [channels, channels] (Kingma and Dhariwal 2018, eq. 10) that starts as a random
 * rotation. P, a permutation, and the signs of s stay; log|s| is learned, so W can never become singular and log|det W| is Σ log|s|.
 */
export function luMatrix(channels: number) {
  const params = {
    permutation: buffer(
      [channels, channels],
      ofRotation(channels, ({ rows }, i, j) => (rows[j] === i ? 1 : 0)),
    ),
    lower: weight(
      [channels, channels],
      ofRotation(channels, ({ lu }, i, j) => (i > j ? lu[i]![j]! : 0)),
    ),
    upper: weight(
      [channels, channels],
      ofRotation(channels, ({ lu }, i, j) => (i < j ? lu[i]![j]! : 0)),
    ),
    sign: buffer(
      [channels],
      ofRotation(channels, ({ lu }, i) => Math.sign(lu[i]![i]!)),
    ),
    logScale: weight(
      [channels],
      ofRotation(channels, ({ lu }, i) => Math.log(Math.abs(lu[i]![i]!))),
    ),
  }
  type P = Live<typeof params>
  const lowerOf = (p: P) => add(strictlyLower(p.lower), identity(channels))
  const upperOf = (p: P) => add(strictlyUpper(p.upper), mul(identity(channels), mul(p.sign, exp(p.logScale))))
  return {
    params,
    /** W: [channels, channels]. */
    matrix: (p: P): Tensor => matmul(p.permutation, matmul(lowerOf(p), upperOf(p))),
    /** W⁻¹ = U⁻¹·L⁻¹·Pᵀ: [channels, channels]. */
    inverse: (p: P): Tensor =>
      matmul(triangularInverse(upperOf(p)), matmul(triangularInverse(lowerOf(p)), p.permutation, { transB: true })),
    /** log|det W|: [], in nats, times the number of pixels for a 1 × 1 convolution. */
    logDet: (p: P): Tensor => sum(p.logScale),
  }
}
