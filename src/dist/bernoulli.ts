import { greater } from "../graph/ops/arithmetic.ts"
import { sum } from "../graph/ops/broadcast.ts"
import { bernoulliLogProb } from "../graph/ops/likelihood.ts"
import { sigmoid } from "../graph/ops/unary.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Rng } from "../graph/trace.ts"

/** Independent Bernoulli pixels over the last axis, given by their logits. Log-probabilities are in nats, of x in {0, 1}. */
export const bernoulli = (logits: Tensor) => ({
  logits,
  mean: sigmoid(logits),
  logProb: (x: Tensor): Tensor => sum(bernoulliLogProb(logits, x), -1),
  /** Zeros and ones, shaped like the logits; no gradient flows through them. */
  sample: (rng: Rng): Tensor => greater(sigmoid(logits), rng.uniform(logits.shape)),
})
