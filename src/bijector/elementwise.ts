/** Bijectors that treat every dimension by itself. */
import { add, mul, sub } from "../graph/ops/arithmetic.ts"
import { sum } from "../graph/ops/broadcast.ts"
import { exp, log, sigmoid } from "../graph/ops/unary.ts"
import { weight, zeros } from "../graph/parameter.ts"
import type { Bijector } from "./bijector.ts"

/** z = x ⊙ exp(s) with log|det| = Σ s, the same everywhere (Dinh et al. 2014, section 3.3). */
export function diagonal(dims: number) {
  const params = { logScale: weight([dims], zeros) }
  return {
    params,
    forward: (p, x) => ({ z: mul(x, exp(p.logScale)), logDet: sum(p.logScale) }),
    inverse: (p, z) => mul(z, exp(mul(p.logScale, -1))),
  } satisfies Bijector<typeof params>
}

/**
 * Pixels in [0, 1] onto the line: z = logit(s) with s = α + (1 − 2α)x, which keeps 0 and 1 finite (Dinh et al. 2017,
 * section 4.1, with its α on both sides). log|dz/dx| = log(1 − 2α) − log s − log(1 − s). α in (0, ½).
 */
export const logit = (alpha: number): Bijector<Record<never, never>> => ({
  params: {},
  forward: (_, x) => {
    // 1 − s from 1 − x: the difference of s to 1 would lose its digits for white pixels.
    const above = log(add(mul(x, 1 - 2 * alpha), alpha))
    const below = log(add(mul(sub(1, x), 1 - 2 * alpha), alpha))
    const volumes = sub(Math.log(1 - 2 * alpha), add(above, below))
    return { z: sub(above, below), logDet: sum(volumes, -1) }
  },
  inverse: (_, z) => mul(sub(sigmoid(z), alpha), 1 / (1 - 2 * alpha)),
})
