/**
 * A multilayer perceptron that says p(y|x): no generative model, but the judge of some, the guide of others, and what
 * Bayes' rule needs beside a p(x). Dropout (Srivastava et al. 2014) is absent from evaluation, not switched off.
 */
import { z } from "zod"
import { sizeOf } from "../../core/shape.ts"
import { equal, greater, mul, sub } from "../../graph/ops/arithmetic.ts"
import { reshape, sum } from "../../graph/ops/broadcast.ts"
import { logSumExp, max, mean } from "../../graph/ops/reduce.ts"
import { relu } from "../../graph/ops/unary.ts"
import type { Live } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import { defineModel } from "../../model/define.ts"
import { dense } from "../../nn/dense.ts"
import { srivastava2014 } from "../citations.ts"

const config = z.strictObject({
  classes: z.int().min(2).max(256).default(10).meta({ title: "Number of classes" }),
  hidden: z.array(z.int().positive()).default([512]).meta({ title: "Widths of the hidden layers" }),
  dropout: z
    .number()
    .min(0)
    .max(0.95)
    .default(0.2)
    .meta({ title: "Share of hidden units left out of a training step" }),
})

/** Each unit is 0 with chance `rate`; the others grow by 1/(1 − rate), so that sums keep their expectation. */
const dropped = (h: Tensor, rate: number, env: Env, layer: number): Tensor =>
  env.training && rate > 0
    ? mul(mul(h, greater(env.rng.fork(`dropout/${layer}`).uniform(h.shape), rate)), 1 / (1 - rate))
    : h

export const classifier = defineModel({
  name: "classifier",
  title: "Classifier",
  cites: [srivastava2014],
  config,
  density: "none",
  sampling: "none",
  data: () => ({ binarize: "none", dequantize: false }),
  training: { steps: 5000, batchSize: 128, learningRate: 1e-3 },
  build({ classes, hidden, dropout }, event) {
    const widths = [sizeOf(event), ...hidden, classes]
    const layers = widths.slice(1).map((outputs, i) => dense(widths[i]!, outputs))
    const params = { layers: layers.map((layer) => layer.params) }
    type P = Live<typeof params>

    const classify = (p: P, x: Tensor, env: Env): Tensor =>
      layers.reduce(
        (h, layer, i) => {
          const y = layer.apply(p.layers[i]!, h)
          return i === layers.length - 1 ? y : dropped(relu(y), dropout, env, i)
        },
        reshape(x, [x.shape[0]!, sizeOf(event)]),
      ) // [batch, classes]

    // −log p(y|x) = log Σ exp(logits) − logit of y
    const play = (p: P, x: Tensor, env: Env) => {
      const logits = classify(p, x, env)
      const right = sum(mul(logits, env.label!), 1) // [batch]
      const loss = mean(sub(logSumExp(logits, 1), right))
      return { loss, metrics: { crossEntropy: loss, accuracy: mean(equal(right, max(logits, 1))) } }
    }
    return {
      density: "none" as const,
      sampling: "none" as const,
      event,
      classes,
      labels: classes,
      params,
      classify,
      players: { classifier: { perDatum: true, play } },
    }
  },
})
