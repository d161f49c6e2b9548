import type { Model, Needs, Tractable, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { type EvaluationData, openEvaluator } from "./evaluator.ts"
import { withoutNaN } from "./statistics.ts"

type TractableOnly<M> = Needs<
  M,
  Tractable<any>,
  "no exact log p(x): the model is not tractable. Use elboTerms() or importanceBound() where there is a bound."
>

/** log p(x) of each datum [count], in nats, exactly. Throws EidosError("diverged") when one is NaN. */
export async function logLikelihood<M extends Model>(
  trained: Trained<M> & TractableOnly<M>,
  data: EvaluationData,
  options: SessionOptions = {},
): Promise<Float32Array> {
  const model = trained.model as Model & Tractable<any> // guaranteed by the parameter's type
  const evaluator = await openEvaluator(model, (p, x, env) => ({ logProb: model.logProb(p, x, env) }), options)
  const { logProb } = await evaluator.over(trained.parameters, data)
  await evaluator.dispose()
  return withoutNaN(logProb!)
}
