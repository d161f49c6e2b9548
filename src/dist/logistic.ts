import type { Shape } from "../core/shape.ts"
import { add, div, mul, sub } from "../graph/ops/arithmetic.ts"
import { sum } from "../graph/ops/broadcast.ts"
import { lift, type Operand } from "../graph/ops/source.ts"
import { exp, log, softplus } from "../graph/ops/unary.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Rng } from "../graph/trace.ts"

/**
 * Logistic distribution over the last axis with density σ'((x − μ)/s)/s, where s = exp(logScale); standard unless told.
 * Sums are over the last axis, the event. Log-probabilities are in nats.
 */
export const logistic = (mean: Operand = 0, logScale: Operand = 0) => ({
  mean,
  logScale,
  /** Σ (−u − 2 softplus(−u) − log s) with u = (x − μ)/s (Dinh et al. 2014, section 3.4). */
  logProb: (x: Tensor): Tensor => {
    const u = div(sub(x, mean), exp(lift(logScale)))
    return mul(sum(add(add(u, mul(softplus(mul(u, -1)), 2)), logScale), -1), -1)
  },
  /** μ + s · log(u/(1 − u)) with u uniform. */
  sample: (rng: Rng, shape: Shape): Tensor => {
    const u = inside(rng.uniform(shape))
    return add(mean, mul(exp(lift(logScale)), sub(log(u), log(sub(1, u)))))
  },
})

// Uniform draws are multiples of 2⁻²⁴ from 0 on; between 2⁻²⁴ and 1 − 2⁻²³ both logarithms are finite in 32 bits.
const inside = (u: Tensor): Tensor => add(mul(u, 1 - 2 ** -23), 2 ** -24)
