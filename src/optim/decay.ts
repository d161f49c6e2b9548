/** Weight decay, as a penalty whose gradient the rule sees or beside the rule; both wrap an optimiser into another. */
import { add, mul, sub } from "../graph/ops/arithmetic.ts"
import type { Optimizer } from "./optimizer.ts"

/** The optimiser of the loss with the penalty ½λ‖θ‖²: g ← g + λθ before the rule (Loshchilov and Hutter 2019, alg. 2, line 6). */
export function coupled(optimizer: Optimizer, weightDecay: number): Optimizer {
  if (weightDecay === 0) return optimizer
  return {
    ...optimizer,
    passes: [{ kernel: "axpby", vectors: ["p", "gradient"], numbers: () => [weightDecay, 1] }, ...optimizer.passes],
    update: (p, g, slots, scalars) => optimizer.update(p, add(g, mul(p, weightDecay)), slots, scalars),
  }
}

/** The optimiser that shrinks weights beside its rule: θ ← θ − lr·λ·θ before it (Loshchilov and Hutter 2019, alg. 2, line 12). */
export function decoupled(optimizer: Optimizer, weightDecay: number): Optimizer {
  if (weightDecay === 0) return optimizer
  return {
    ...optimizer,
    passes: [
      { kernel: "axpby", vectors: ["p", "p"], numbers: (learningRate) => [-learningRate * weightDecay, 1] },
      ...optimizer.passes,
    ],
    scalars: (learningRate, t) => [learningRate * weightDecay, ...optimizer.scalars(learningRate, t)],
    update: (p, g, slots, [shrink, ...scalars]) => optimizer.update(sub(p, mul(p, shrink!)), g, slots, scalars),
  }
}
