/** What a number is worth: read off exactly, a bound on it, an estimate with an error, or what a trivial model reaches. */
export type EstimateKind = "exact" | "bound" | "estimate" | "baseline"

/** A number that says what it is; there is no other way to print one. */
export type Estimate = Exact | Bound | Sampled | Baseline

interface Measured {
  /** What was measured, as in `elbo`, `log p(x)`, `mse per pixel`, `uniform`. */
  readonly quantity: string
  readonly value: number
  /** `nats`, `bits/dim`, `squared error per pixel`, … */
  readonly unit: string
  /** Standard error, over the data or over the chains that made it, in `unit`. */
  readonly standardError?: number
  /** One clause: how it was computed or how to read it. */
  readonly note?: string
}

/** Read off without approximation, up to rounding. */
export interface Exact extends Measured {
  readonly kind: "exact"
}
/** Never better than the truth: a negative log-likelihood is at most this. */
export interface Bound extends Measured {
  readonly kind: "bound"
  /** Importance samples per datum, for bounds that depend on their number. */
  readonly k?: number
}
/** Right on average: it must say how far off it may be. */
export interface Sampled extends Measured {
  readonly kind: "estimate"
  readonly standardError: number
}
/** What a trivial model reaches on the same data. */
export interface Baseline extends Measured {
  readonly kind: "baseline"
}

const digits = (value: number): string => (Math.abs(value) >= 1000 ? value.toFixed(1) : value.toPrecision(5))

/** `≤ 90.21 ± 0.24 nats (bound, K = 1000)`: the value never without its kind. For negative log-likelihoods a bound is an upper one. */
export function formatEstimate(estimate: Estimate): string {
  const error = estimate.standardError === undefined ? "" : ` ± ${estimate.standardError.toPrecision(2)}`
  const k = estimate.kind === "bound" && estimate.k !== undefined ? `, K = ${estimate.k}` : ""
  const sign = estimate.kind === "bound" ? "≤ " : ""
  return `${sign}${digits(estimate.value)}${error} ${estimate.unit} (${estimate.kind}${k})`
}
