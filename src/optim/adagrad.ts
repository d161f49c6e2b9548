import { add, div, mul, sub } from "../graph/ops/arithmetic.ts"
import { sqrt, square } from "../graph/ops/unary.ts"
import { coupled } from "./decay.ts"
import type { Optimizer } from "./optimizer.ts"

/** Constants of Adagrad. */
export interface AdagradOptions {
  readonly epsilon?: number
  readonly weightDecay?: number
}

/** Adagrad (Duchi et al. 2011, fig. 1, diagonal): v ← v + g², θ ← θ − lr·g / (√v + ε), with PyTorch's ε of 1e-10. */
export function adagrad({ epsilon = 1e-10, weightDecay = 0 }: AdagradOptions = {}): Optimizer {
  const rule: Optimizer = {
    name: "adagrad",
    slots: ["v"],
    passes: [
      { kernel: "adagrad", vectors: ["p", "v", "gradient"], numbers: (learningRate) => [learningRate, epsilon] },
    ],
    scalars: (learningRate) => [learningRate],
    update(p, g, [v], [rate]) {
      const nextV = add(v!, square(g))
      return { p: sub(p, div(mul(g, rate!), add(sqrt(nextV), epsilon))), slots: [nextV] }
    },
  }
  return coupled(rule, weightDecay)
}
