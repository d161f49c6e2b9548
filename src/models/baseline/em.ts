/**
 * Expectation maximisation for mixtures (Dempster, Laird and Rubin 1977), in 64 bits. Every M-step here is the exact maximum
 * under its constraint, so the log-likelihood of the data never falls.
 */
import { randomOf } from "../../core/random.ts"

/** Rows of numbers, [count, dimensions] flat. */
export interface Rows {
  readonly data: Float32Array
  readonly count: number
  readonly dimensions: number
}

/** What the components of a mixture are: how they fit weighted rows, and what they make of a row. */
export interface Family<C> {
  /** The component that maximises Σᵢ rᵢ log p(xᵢ) over rows with weights `r` [count]. */
  estimate(rows: Rows, r: Float64Array): C
  /** log p(x|component) of every row: [count], in nats. */
  logDensities(rows: Rows, component: C): Float64Array
}

export interface FittedMixture<C> {
  /** log of the weights, which sum to 1: [components]. */
  readonly logWeights: Float64Array
  readonly components: readonly C[]
  /** Mean log-likelihood of the rows in nats after each M-step. */
  readonly trace: readonly number[]
}

export interface EmOptions {
  readonly components: number
  /** M-steps at most. */
  readonly iterations: number
  /** Stops when an iteration wins less than this many nats a row. */
  readonly tolerance: number
  readonly seed: number
}

// A component that lost all its rows keeps this weight, so that its logarithm is a number.
const leastWeight = 1e-30

/** Fits a mixture, starting from rows chosen far apart. */
export function fitMixture<C>(family: Family<C>, rows: Rows, options: EmOptions): FittedMixture<C> {
  let shares = nearestShares(rows, distantRows(rows, options))
  const trace: number[] = []
  for (let step = 0; ; step++) {
    const logWeights = shares.map((r) => Math.log(Math.max(leastWeight, total(r) / rows.count)))
    const components = shares.map((r) => family.estimate(rows, r))
    const joint = components.map((one, k) => family.logDensities(rows, one).map((log) => log + logWeights[k]!))
    const evidence = logSumExpOver(joint, rows.count)
    trace.push(total(evidence) / rows.count)
    const won = step === 0 ? Number.POSITIVE_INFINITY : trace[step]! - trace[step - 1]!
    if (step + 1 >= options.iterations || won < options.tolerance)
      return { logWeights: Float64Array.from(logWeights), components, trace }
    shares = joint.map((logs) => logs.map((log, i) => Math.exp(log - evidence[i]!)))
  }
}

const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0)

function logSumExpOver(logs: readonly Float64Array[], count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const top = logs.reduce((most, each) => Math.max(most, each[i]!), Number.NEGATIVE_INFINITY)
    return top + Math.log(logs.reduce((sum, each) => sum + Math.exp(each[i]! - top), 0))
  })
}

function squaredDistances({ data, count, dimensions }: Rows, from: number): Float64Array {
  const out = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    let sum = 0
    for (let d = 0; d < dimensions; d++) sum += (data[i * dimensions + d]! - data[from * dimensions + d]!) ** 2
    out[i] = sum
  }
  return out
}

/** Squared distances of all rows to rows of which each was drawn with a chance in proportion to its squared distance to those before (k-means++, Arthur and Vassilvitskii 2007). */
function distantRows(rows: Rows, { components, seed }: EmOptions): Float64Array[] {
  const random = randomOf({ seed, name: "mixture/start" })
  const chosen = [squaredDistances(rows, random.integer(rows.count))]
  while (chosen.length < components) {
    const nearest = Float64Array.from({ length: rows.count }, (_, i) => Math.min(...chosen.map((each) => each[i]!)))
    chosen.push(squaredDistances(rows, drawIn(nearest, random.uniform(), random.integer(rows.count))))
  }
  return chosen
}

/** The place of share `u` of the total weight; `otherwise` where there is no weight because all rows are chosen already. */
function drawIn(weights: Float64Array, u: number, otherwise: number): number {
  let left = u * total(weights)
  for (const [place, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return place
  }
  return otherwise
}

/** Each row belongs to the start nearest to it. */
function nearestShares({ count }: Rows, distances: readonly Float64Array[]): Float64Array[] {
  const shares = distances.map(() => new Float64Array(count))
  for (let i = 0; i < count; i++) {
    let nearest = 0
    for (let k = 1; k < distances.length; k++) if (distances[k]![i]! < distances[nearest]![i]!) nearest = k
    shares[nearest]![i] = 1
  }
  return shares
}
