import { add, div, mul, sub } from "../graph/ops/arithmetic.ts"
import { sqrt, square } from "../graph/ops/unary.ts"
import { coupled } from "./decay.ts"
import type { Optimizer } from "./optimizer.ts"

/** Constants of RMSProp, in Adam's letters. */
export interface RmspropOptions {
  /** Decay of the mean of squares, PyTorch's alpha; 0.99 unless told. */
  readonly beta2?: number
  readonly epsilon?: number
  readonly weightDecay?: number
}

/** RMSProp (Tieleman and Hinton 2012, lecture 6.5): v ← v + (1 − β₂)(g² − v), θ ← θ − lr·g / (√v + ε). */
export function rmsprop({ beta2 = 0.99, epsilon = 1e-8, weightDecay = 0 }: RmspropOptions = {}): Optimizer {
  const rule: Optimizer = {
    name: "rmsprop",
    slots: ["v"],
    passes: [
      {
        kernel: "rmsprop",
        vectors: ["p", "v", "gradient"],
        numbers: (learningRate) => [1 - beta2, learningRate, epsilon],
      },
    ],
    scalars: (learningRate) => [learningRate],
    update(p, g, [v], [rate]) {
      const nextV = add(v!, mul(sub(square(g), v!), 1 - beta2))
      return { p: sub(p, div(mul(g, rate!), add(sqrt(nextV), epsilon))), slots: [nextV] }
    },
  }
  return coupled(rule, weightDecay)
}
