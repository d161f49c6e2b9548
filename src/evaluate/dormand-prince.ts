/**
 * Adaptive solution of ordinary differential equations by the embedded Runge–Kutta pair of orders 5 and 4 of Dormand and
 * Prince (1980), with the step control of Hairer, Nørsett and Wanner (Solving Ordinary Differential Equations I, II.4).
 * States are rows of numbers; a step is accepted when every row is within tolerance, so that a row's result does not depend
 * on its company.
 */
import { EidosError } from "../core/errors.ts"

/** dy/dt of all rows at once, row-major. */
export type Derivative = (t: number, y: Float64Array) => Float64Array | Promise<Float64Array>

export interface SolveOptions {
  readonly from: number
  readonly to: number
  /** Numbers in a row. */
  readonly width: number
  /** Largest error of a step, absolute and relative to the state; root mean square over each row. */
  readonly tolerance: number
  /** Most evaluations of the derivative. */
  readonly maxEvaluations: number
}

export interface Solution {
  readonly y: Float64Array
  /** How often the derivative was evaluated. */
  readonly evaluations: number
}

export const tooManyEvaluations = (most: number, t: number, tolerance: number): string =>
  `solver: ${most} evaluations did not reach the end at tolerance ${tolerance}; it stands at t = ${t.toPrecision(4)}.`
export const stepVanished = (t: number): string =>
  `solver: the step fell below the resolution of time at t = ${t.toPrecision(6)}; the equation is too stiff there, or not finite.`
const loosen = "Allow a larger tolerance or more evaluations, or train for a smoother velocity field."

// The tableau: times c, coefficients a, weights b of order 5 (its last row of a) and their distance e to those of order 4.
const c = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]
const a = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
]
const e = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40]

/** y + h Σ w_i k_i. */
const along = (y: Float64Array, h: number, weights: readonly number[], stages: readonly Float64Array[]): Float64Array =>
  y.map((value, j) => weights.reduce((total, w, i) => total + h * w * stages[i]![j]!, value))

/** Largest root mean square over rows of the error in units of the tolerance; a step may be taken where it is at most 1. */
function errorNorm(error: Float64Array, before: Float64Array, after: Float64Array, { width, tolerance }: SolveOptions) {
  let worst = 0
  for (let row = 0; row < error.length; row += width) {
    let squares = 0
    for (let j = row; j < row + width; j++) {
      const scale = tolerance * (1 + Math.max(Math.abs(before[j]!), Math.abs(after[j]!)))
      squares += (error[j]! / scale) ** 2
    }
    const norm = Math.sqrt(squares / width)
    if (!(norm <= worst)) worst = norm // NaN stays and rejects the step
  }
  return worst
}

/** Share by which the next step is longer, between a fifth and tenfold; 0.9 leaves room for the error to vary. */
const growth = (norm: number): number =>
  norm > 0 ? Math.min(10, Math.max(0.2, 0.9 * norm ** -0.2)) : norm === 0 ? 10 : 0.2

/** The state at `to`. Throws EidosError("failed") when it takes too many evaluations or the step vanishes. */
export async function solve(f: Derivative, start: Float64Array, options: SolveOptions): Promise<Solution> {
  const { from, to, tolerance, maxEvaluations } = options
  const span = to - from
  let [t, y, evaluations] = [from, start, 0]
  const evaluate = async (at: number, state: Float64Array): Promise<Float64Array> => {
    if (++evaluations > maxEvaluations)
      throw new EidosError("failed", tooManyEvaluations(maxEvaluations, t, tolerance), { hint: loosen })
    return f(at, state)
  }
  let first = await evaluate(t, y)
  let h = 0.1 * span // the first error says how far off this is
  while (t !== to) {
    const isLast = Math.abs(to - t) <= Math.abs(h) * (1 + 1e-9)
    if (isLast) h = to - t
    if (!(Math.abs(h) > 1e-12 * Math.abs(span))) throw new EidosError("failed", stepVanished(t), { hint: loosen })
    const stages = [first]
    for (let i = 1; i < 6; i++) stages.push(await evaluate(t + c[i]! * h, along(y, h, a[i]!, stages)))
    const next = along(y, h, a[6]!, stages)
    stages.push(await evaluate(t + h, next))
    const error = along(new Float64Array(y.length), h, e, stages)
    const norm = errorNorm(error, y, next, options)
    if (norm <= 1) [t, y, first] = [isLast ? to : t + h, next, stages[6]!] // the last stage is the next step's first
    h *= growth(norm)
  }
  return { y, evaluations }
}
