import { add, div, mul, sub } from "../graph/ops/arithmetic.ts"
import { sqrt, square } from "../graph/ops/unary.ts"
import type { Tensor } from "../graph/tensor.ts"
import { coupled } from "./decay.ts"
import type { Optimizer } from "./optimizer.ts"

export interface AdamOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  /** Of the penalty ½λ‖θ‖²; 0 unless told. `adamw` decays without passing through the moments. */
  readonly weightDecay?: number
}

/**
 * Adam (Kingma and Ba 2015, alg. 1). The moments are kept without their factors, M = m / (1 − β₁) and V = v / (1 − β₂), and
 * the bias corrections are folded into two scalars of the step, which leaves θ ← θ − a·M / (√V + e), equal to the paper's
 * θ ← θ − lr·m̂ / (√v̂ + ε) term by term.
 */
export function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamOptions = {}): Optimizer {
  /** [a, e] of step t = 1, 2, …: a = lr·(1 − β₁)/(1 − β₁ᵗ)/s and e = ε/s with s = √((1 − β₂)/(1 − β₂ᵗ)). */
  const scalars = (learningRate: number, t: number) => {
    const s = Math.sqrt((1 - beta2) / (1 - beta2 ** t))
    return [(learningRate * (1 - beta1)) / (1 - beta1 ** t) / s, epsilon / s]
  }
  const rule: Optimizer = {
    name: "adam",
    slots: ["m", "v"],
    passes: [
      {
        kernel: "adam",
        vectors: ["p", "m", "v", "gradient"],
        numbers: (learningRate, t) => [beta1, beta2, ...scalars(learningRate, t)],
      },
    ],
    scalars,
    update(p: Tensor, g: Tensor, [m, v]: readonly Tensor[], [a, e]: readonly Tensor[]) {
      const nextM = add(mul(m!, beta1), g)
      const nextV = add(mul(v!, beta2), square(g))
      return { p: sub(p, div(mul(nextM, a!), add(sqrt(nextV), e!))), slots: [nextM, nextV] }
    },
  }
  return coupled(rule, weightDecay)
}
