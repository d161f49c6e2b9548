import { sizeOf } from "../core/shape.ts"
import { type EvaluationData, openEvaluator } from "../evaluate/evaluator.ts"
import { meanOf } from "../evaluate/statistics.ts"
import { mul, sub } from "../graph/ops/arithmetic.ts"
import { reshape, sum } from "../graph/ops/broadcast.ts"
import { logSumExp, mean } from "../graph/ops/reduce.ts"
import { square } from "../graph/ops/unary.ts"
import type { Parameters } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Env } from "../graph/trace.ts"
import type { Model } from "../model/capabilities.ts"
import type { Metrics } from "../train/executor.ts"

/** Measures a model on the validation split while it trains. */
export interface Validator {
  /** The metric that decides which checkpoint is best, smaller being better; none where no number can say it. */
  readonly objective: string | undefined
  measure(parameters: Parameters): Promise<Metrics>
  dispose(): Promise<void>
}

/** A validator for what the model can say: the negative bound it is trained on, the negative log-likelihood, or the squared error. */
export async function openValidator(model: Model, data: EvaluationData, threads: number): Promise<Validator> {
  const measured = objectiveOf(model)
  if (!measured) return { objective: undefined, measure: async () => ({}), dispose: async () => {} }
  const { objective, outputs } = measured
  const evaluator = await openEvaluator(model, outputs, { threads })
  return {
    objective,
    async measure(parameters) {
      const values = await evaluator.over(parameters, data)
      return Object.fromEntries(Object.entries(values).map(([name, each]) => [name, meanOf(each).value]))
    },
    dispose: () => evaluator.dispose(),
  }
}

interface Objective {
  readonly objective: string
  readonly outputs: (p: any, x: Tensor, env: Env) => Readonly<Record<string, Tensor>>
}

function objectiveOf(model: Model): Objective | undefined {
  switch (model.density) {
    case "bounded":
      return {
        objective: model.samples > 1 ? "negativeBound" : "negativeElbo",
        outputs: (p, x, env) => {
          const { reconstruction, kl } = model.elbo(p, x, env)
          const terms = { reconstruction: sub(0, reconstruction), kl, negativeElbo: sub(kl, reconstruction) }
          if (model.samples === 1) return terms
          const weights = model.logWeights(p, x, model.samples, { ...env, rng: env.rng.fork("importance") })
          return { ...terms, negativeBound: sub(Math.log(model.samples), logSumExp(weights, 1)) }
        },
      }
    case "tractable":
      return {
        objective: "negativeLogLikelihood",
        outputs: (p, x, env) => ({ negativeLogLikelihood: sub(0, model.logProb(p, x, env)) }),
      }
    case "unnormalized": // no log Z while training: free energies of two checkpoints do not compare
    case "implicit":
      return undefined
    case "none":
      if (model.classify) return classification(model)
      return {
        objective: "mse",
        outputs: (p, x, env) => {
          const error = square(sub(model.decode!(p, model.encode!(p, x, env), env), x))
          return { mse: mean(reshape(error, [x.shape[0]!, sizeOf(model.event)]), 1) }
        },
      }
  }
}

/** −log p(y|x) of the label each datum has. */
const classification = (model: Model): Objective => ({
  objective: "crossEntropy",
  outputs: (p, x, env) => {
    const logits = model.classify!(p, x, env)
    return { crossEntropy: sub(logSumExp(logits, 1), sum(mul(logits, env.label!), 1)) }
  },
})
