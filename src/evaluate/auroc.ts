/** How well a score tells outliers from inliers, over all thresholds at once. */
import { EidosError } from "../core/errors.ts"
import type { Sampled } from "../core/estimate.ts"

/** An area under the ROC curve and its standard error. */
export interface Auroc {
  readonly value: number
  readonly standardError: number
}

export const tooFewScores = (side: string, count: number): string =>
  `auroc: ${count} ${side} came; at least 2 are needed to say how far off the area may be.`
export const scoreIsNaN = (side: string, index: number): string =>
  `auroc: score ${index} of the ${side} is not a number; the model that made it has diverged.`

/**
 * P(outlier's score > inlier's) + ½ P(equal), exactly over all pairs (Mann and Whitney 1947), with the standard error of
 * DeLong, DeLong and Clarke-Pearson (1988, eq. 5), by mid-ranks as in Sun and Xu (2014). Infinite scores are equal to
 * each other. Throws EidosError("data") for fewer than 2 scores on a side, EidosError("diverged") for NaN.
 */
export function auroc(inliers: ArrayLike<number>, outliers: ArrayLike<number>): Auroc {
  check("inliers", inliers)
  check("outliers", outliers)
  const [n, m] = [inliers.length, outliers.length]
  const together = midRanks([...Array.from(outliers), ...Array.from(inliers)])
  const [amongOutliers, amongInliers] = [midRanks(outliers), midRanks(inliers)]
  // The share of inliers below each outlier, and the share of outliers above each inlier; ties count half.
  const below = Float64Array.from(amongOutliers, (rank, i) => (together[i]! - rank) / n)
  const above = Float64Array.from(amongInliers, (rank, j) => 1 - (together[m + j]! - rank) / m)
  return { value: mean(below), standardError: Math.sqrt(variance(below) / m + variance(above) / n) }
}

function check(side: string, scores: ArrayLike<number>): void {
  if (scores.length < 2) throw new EidosError("data", tooFewScores(side, scores.length))
  for (let i = 0; i < scores.length; i++)
    if (Number.isNaN(scores[i])) throw new EidosError("diverged", scoreIsNaN(side, i))
}

/** Ranks 1 … count in rising order; equal values share the mean of their ranks. */
export function midRanks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((a, b) => compare(values[a]!, values[b]!))
  const ranks = new Float64Array(values.length)
  for (let first = 0; first < order.length; ) {
    let end = first + 1
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++
    for (let i = first; i < end; i++) ranks[order[i]!] = (first + 1 + end) / 2
    first = end
  }
  return ranks
}

// A difference of infinities is NaN, which is no order.
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0)

const mean = (values: Float64Array): number => values.reduce((total, value) => total + value, 0) / values.length

function variance(values: Float64Array): number {
  const centre = mean(values)
  return values.reduce((total, value) => total + (value - centre) ** 2, 0) / (values.length - 1)
}

/** The area as an estimate; where no pair is out of order, DeLong's error is 0 and the note says what that means. */
export function aurocEstimate(quantity: string, { value, standardError }: Auroc): Sampled {
  const perfect = value === 0 || value === 1
  const note = perfect ? "every pair in one order: the error of 0 is that of these samples alone" : "s.e. by DeLong"
  return { quantity, kind: "estimate", value, unit: "AUROC", standardError, note }
}
