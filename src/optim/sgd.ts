import { add, mul, sub } from "../graph/ops/arithmetic.ts"
import { coupled } from "./decay.ts"
import type { Optimizer } from "./optimizer.ts"

/** Constants of gradient descent, under PyTorch's names. */
export interface SgdOptions {
  /** μ; 0 unless told. */
  readonly momentum?: number
  /** Steps along the gradient as it will be seen after the next move of the momentum; needs momentum. */
  readonly nesterov?: boolean
  readonly weightDecay?: number
}

/** Stochastic gradient descent, plain, with momentum or with Nesterov's (Sutskever et al. 2013, eq. 1 to 4), as PyTorch scales it. */
export const sgd = ({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {}): Optimizer =>
  coupled(momentum === 0 ? plain : withMomentum(momentum, nesterov), weightDecay)

/** θ ← θ − lr·g. */
const plain: Optimizer = {
  name: "sgd",
  slots: [],
  passes: [{ kernel: "axpby", vectors: ["gradient", "p"], numbers: (learningRate) => [-learningRate, 1] }],
  scalars: (learningRate) => [learningRate],
  update: (p, g, _, [rate]) => ({ p: sub(p, mul(g, rate!)), slots: [] }),
}

/** m ← μ·m + g, then θ ← θ − lr·m, or θ ← θ − lr·(g + μ·m) with Nesterov's: θ ← θ − a·g − b·m. */
function withMomentum(momentum: number, nesterov: boolean): Optimizer {
  const scalars = (learningRate: number) => (nesterov ? [learningRate, learningRate * momentum] : [0, learningRate])
  return {
    name: "sgd",
    slots: ["m"],
    passes: [
      {
        kernel: "momentum",
        vectors: ["p", "m", "gradient"],
        numbers: (learningRate) => [momentum, ...scalars(learningRate)],
      },
    ],
    scalars,
    update(p, g, [m], [a, b]) {
      const nextM = add(mul(m!, momentum), g)
      return { p: sub(p, add(mul(g, a!), mul(nextM, b!))), slots: [nextM] }
    },
  }
}
