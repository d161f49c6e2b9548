/** What a number is worth: read off exactly, a bound on it, an estimate with an error, or what a trivial model reaches. */
export type EstimateKind = "exact" | "bound" | "estimate" | "baseline"

/** A number that says what it is; there is no other way to print one. */
export interface Estimate {
  /** What was measured, as in `elbo`, `log p(x)`, `mse per pixel`, `uniform`. */
  readonly quantity: string
  readonly kind: EstimateKind
  readonly value: number
  /** `nats`, `bits/dim`, `squared error per pixel`, … */
  readonly unit: string
  /** Standard error of the mean over the data, in `unit`. */
  readonly standardError?: number
  /** Importance samples per datum, for bounds that depend on their number. */
  readonly k?: number
  /** One clause: how it was computed or how to read it. */
  readonly note?: string
}

const digits = (value: number): string => (Math.abs(value) >= 1000 ? value.toFixed(1) : value.toPrecision(5))

/** `≤ 90.21 ± 0.24 nats (bound, K = 1000)`: the value never without its kind. For negative log-likelihoods a bound is an upper one. */
export function formatEstimate(estimate: Estimate): string {
  const error = estimate.standardError === undefined ? "" : ` ± ${estimate.standardError.toPrecision(2)}`
  const k = estimate.k === undefined ? "" : `, K = ${estimate.k}`
  const sign = estimate.kind === "bound" ? "≤ " : ""
  return `${sign}${digits(estimate.value)}${error} ${estimate.unit} (${estimate.kind}${k})`
}
