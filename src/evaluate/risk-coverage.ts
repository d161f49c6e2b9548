/** What a classifier that may abstain is worth: its share of mistakes among what it answers, against the share it answers. */
import { EidosError } from "../core/errors.ts"
import type { Sampled } from "../core/estimate.ts"
import { randomOf } from "../core/random.ts"

/** One point of the curve: the risk among the accepted share, and the score up to which data are accepted. */
export interface RiskPoint {
  /** Share of the data that is answered. */
  readonly coverage: number
  /** Share of mistakes among them. */
  readonly risk: number
  readonly threshold: number
}

export const noScores = "risk–coverage: there is no datum to answer."
export const unequal = (scores: number, wrong: number): string =>
  `risk–coverage: ${scores} scores came for ${wrong} answers.`

/**
 * The curve of accepting data in rising order of a rejection score (El-Yaniv and Wiener 2010). Data of one score are
 * accepted together, so there is a point for each distinct score. Throws EidosError("data") without data.
 */
export function riskCoverage(scores: ArrayLike<number>, wrong: ArrayLike<number>): RiskPoint[] {
  const n = scores.length
  if (n === 0) throw new EidosError("data", noScores)
  if (wrong.length !== n) throw new EidosError("data", unequal(n, wrong.length))
  const order = Array.from(scores, (_, i) => i).sort((a, b) => Math.sign(scores[a]! - scores[b]!) || a - b)
  const points: RiskPoint[] = []
  let mistakes = 0
  for (const [rank, i] of order.entries()) {
    mistakes += wrong[i]!
    const next = order[rank + 1]
    if (next !== undefined && scores[next] === scores[i]) continue
    points.push({ coverage: (rank + 1) / n, risk: mistakes / (rank + 1), threshold: scores[i]! })
  }
  return points
}

/**
 * The mean risk over all coverages i/n, 1 ≤ i ≤ n (Geifman and El-Yaniv 2017); data of one score share the risk they have
 * in expectation over their order, which is linear in the number of mistakes.
 */
export function areaUnderRisk(points: readonly RiskPoint[], n: number): number {
  let total = 0
  let [accepted, mistakes] = [0, 0]
  for (const { coverage, risk } of points) {
    const end = Math.round(coverage * n)
    const share = (risk * end - mistakes) / (end - accepted) // mistakes a datum among those of this score
    for (let i = accepted + 1; i <= end; i++) total += (mistakes + share * (i - accepted)) / i
    ;[accepted, mistakes] = [end, risk * end]
  }
  return total / n
}

const replicates = 100

/** The area as an estimate, its standard error by bootstrap over the data (Efron 1979; 100 replicates of a fixed seed). */
export function areaEstimate(quantity: string, scores: ArrayLike<number>, wrong: ArrayLike<number>): Sampled {
  const n = scores.length
  const areas = Array.from({ length: replicates }, (_, step) => {
    const random = randomOf({ seed: 0, name: "risk/bootstrap", step })
    const rows = Uint32Array.from({ length: n }, () => random.integer(n))
    const [s, w] = [Float64Array.from(rows, (row) => scores[row]!), Uint8Array.from(rows, (row) => wrong[row]!)]
    return areaUnderRisk(riskCoverage(s, w), n)
  })
  const centre = areas.reduce((a, b) => a + b, 0) / replicates
  const variance = areas.reduce((total, area) => total + (area - centre) ** 2, 0) / (replicates - 1)
  const value = areaUnderRisk(riskCoverage(scores, wrong), n)
  return {
    quantity,
    kind: "estimate",
    value,
    unit: "mean risk",
    standardError: Math.sqrt(variance),
    note: "s.e. by bootstrap",
  }
}

/** The share right among the accepted, at the first point that covers at least this share. */
export function accuracyAt(points: readonly RiskPoint[], coverage: number): { accuracy: number; coverage: number } {
  const at = points.find((point) => point.coverage >= coverage - 1e-12) ?? points.at(-1)!
  return { accuracy: 1 - at.risk, coverage: at.coverage }
}

/** The smallest threshold that accepts at least this share of the scores (accepted: score ≤ threshold). */
export function thresholdFor(scores: ArrayLike<number>, acceptance: number): number {
  if (scores.length === 0) throw new EidosError("data", noScores)
  const sorted = Float64Array.from(scores).sort()
  return sorted[Math.max(0, Math.ceil(acceptance * sorted.length - 1e-9) - 1)]!
}

/** The share of the scores that a threshold accepts. */
export const acceptedShare = (scores: ArrayLike<number>, threshold: number): number =>
  Array.from(scores).filter((score) => score <= threshold).length / scores.length
