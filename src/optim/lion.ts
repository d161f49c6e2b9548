import { add, mul, neg, sub } from "../graph/ops/arithmetic.ts"
import { positive } from "../graph/ops/unary.ts"
import type { Tensor } from "../graph/tensor.ts"
import { decoupled } from "./decay.ts"
import type { Optimizer } from "./optimizer.ts"

/** Constants of Lion, in the paper's letters. */
export interface LionOptions {
  readonly beta1?: number
  readonly beta2?: number
  /** λ of the decoupled decay; 0 unless told. */
  readonly weightDecay?: number
}

/**
 * Lion (Chen et al. 2023, alg. 2): c ← β₁·m + (1 − β₁)·g, θ ← θ − lr·(sign c + λθ), m ← β₂·m + (1 − β₂)·g. Every weight moves
 * by the whole rate, so the rate wants to be three to ten times smaller than Adam's (ib., section 5).
 */
export function lion({ beta1 = 0.9, beta2 = 0.99, weightDecay = 0 }: LionOptions = {}): Optimizer {
  const rule: Optimizer = {
    name: "lion",
    slots: ["m"],
    passes: [
      {
        kernel: "lion",
        vectors: ["p", "m", "gradient"],
        numbers: (learningRate) => [1 - beta1, 1 - beta2, learningRate],
      },
    ],
    scalars: (learningRate) => [learningRate],
    update(p, g, [m], [rate]) {
      const news = sub(g, m!)
      const c = add(m!, mul(news, 1 - beta1))
      return { p: sub(p, mul(sign(c), rate!)), slots: [add(m!, mul(news, 1 - beta2))] }
    },
  }
  return decoupled(rule, weightDecay)
}

const sign = (x: Tensor): Tensor => sub(positive(x), positive(neg(x)))
