/** Few binary units: all their states, draws from known probabilities, and parameters large enough to matter. */
import type { NdArray } from "../../src/core/array.ts"
import { fillNormal, fillUniform } from "../../src/core/random.ts"
import { sizeOf } from "../../src/core/shape.ts"
import { initialize, leaves } from "../../src/graph/parameter.ts"

/** All states of so many units as rows, counted in binary with the first unit in front: [2^units · units]. */
export const binaryRows = (units: number): Float32Array =>
  Float32Array.from(
    { length: 2 ** units * units },
    (_, at) => (Math.floor(at / units) >> (units - 1 - (at % units))) & 1,
  )

/** The number of each state among all of them, for rows of so many units. */
export const stateNumbers = (states: ArrayLike<number>, units: number): number[] =>
  Array.from({ length: states.length / units }, (_, n) =>
    Array.from({ length: units }, (_, i) => states[n * units + i]!).reduce((number, bit) => 2 * number + bit, 0),
  )

/** n states [n · units] drawn independently from these probabilities of all states. */
export function drawnFrom(
  probabilities: ArrayLike<number>,
  units: number,
  { seed, n, step = 0 }: { seed: number; n: number; step?: number },
): Float32Array {
  const rows = binaryRows(units)
  const noise = fillUniform({ seed, name: "states", step }, new Float32Array(n))
  const out = new Float32Array(n * units)
  for (let i = 0; i < n; i++) {
    let [state, left] = [0, noise[i]! - probabilities[0]!]
    while (left >= 0 && state < probabilities.length - 1) left -= probabilities[++state]!
    out.set(rows.subarray(state * units, (state + 1) * units), i * units)
  }
  return out
}

/** Weights N(0, scale²), buffers as they begin. */
export const randomParameters = (
  { params }: { readonly params: unknown },
  { seed, scale }: { readonly seed: number; readonly scale: number },
): Map<string, NdArray> => {
  const first = initialize(params, seed)
  for (const { path, value } of leaves(params))
    if (value.kind === "weight") {
      const noise = fillNormal({ seed, name: path }, new Float32Array(sizeOf(value.shape)))
      first.set(path, { shape: value.shape, data: noise.map((x) => scale * x) })
    }
  return first
}
