import { add, div, mul, sub } from "../graph/ops/arithmetic.ts"
import { sum } from "../graph/ops/broadcast.ts"
import { exp, square } from "../graph/ops/unary.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Rng } from "../graph/trace.ts"

const log2Pi = Math.log(2 * Math.PI)

/** log N(x; 0, I) summed over the last axis, in nats. */
export const standardNormalLogProb = (x: Tensor): Tensor => mul(sum(add(square(x), log2Pi), -1), -0.5)

/**
 * N(mean, diag σ²) over the last axis, with logVar = log σ². Sums are over the last axis, the event; leading axes are
 * batches and broadcast. Log-probabilities are in nats.
 */
export function diagonalNormal(mean: Tensor, logVar: Tensor) {
  return {
    mean,
    logVar,
    /** −½ Σ (log 2π + log σ² + (x − μ)² / σ²). */
    logProb: (x: Tensor): Tensor =>
      mul(sum(add(add(logVar, div(square(sub(x, mean)), exp(logVar))), log2Pi), -1), -0.5),
    /** μ + σ ⊙ ε with ε ~ N(0, I) (Kingma and Welling 2014, eq. 10); `noise` is ε where the caller has drawn it. */
    at: (noise: Tensor): Tensor => add(mean, mul(exp(mul(logVar, 0.5)), noise)),
    sample: (rng: Rng): Tensor => add(mean, mul(exp(mul(logVar, 0.5)), rng.normal(mean.shape))),
    /** KL(N(μ, σ²) ‖ N(0, I)) = ½ Σ (μ² + σ² − 1 − log σ²) (Kingma and Welling 2014, app. B). */
    kl: (): Tensor => mul(sum(klPerDimension(mean, logVar), -1), 0.5),
  }
}

const klPerDimension = (mean: Tensor, logVar: Tensor): Tensor => sub(add(square(mean), exp(logVar)), add(logVar, 1))
