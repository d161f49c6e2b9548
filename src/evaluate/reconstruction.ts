import { sizeOf } from "../core/shape.ts"
import { sub } from "../graph/ops/arithmetic.ts"
import { reshape } from "../graph/ops/broadcast.ts"
import { mean } from "../graph/ops/reduce.ts"
import { square } from "../graph/ops/unary.ts"
import type { Decodes, Encodes, Model, Needs, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { type EvaluationData, openEvaluator } from "./evaluator.ts"

type Reconstructs = Encodes<any> & Decodes<any>
type ReconstructsOnly<M> = Needs<M, Reconstructs, "no reconstruction: the model has no encoder and decoder.">

/** Squared error of x and g(f(x)), averaged over the pixels of each datum: [count]. */
export async function squaredErrors<M extends Model>(
  trained: Trained<M> & ReconstructsOnly<M>,
  data: EvaluationData,
  options: SessionOptions = {},
): Promise<Float32Array> {
  const model = trained.model as Model & Reconstructs // guaranteed by the parameter's type
  const dimensions = sizeOf(model.event)
  const evaluator = await openEvaluator(
    model,
    (p, x, env) => {
      const error = square(sub(model.decode(p, model.encode(p, x, env), env), x))
      return { mse: mean(reshape(error, [x.shape[0]!, dimensions]), 1) }
    },
    options,
  )
  const { mse } = await evaluator.over(trained.parameters, data)
  await evaluator.dispose()
  return mse!
}

/** Codes of a split: [count, latent]. */
export async function codesOf<M extends Model>(
  trained: Trained<M> & Needs<M, Encodes<any>, "no codes: the model has no encoder.">,
  data: EvaluationData,
  options: SessionOptions = {},
): Promise<Float32Array> {
  const model = trained.model as Model & Encodes<any> // guaranteed by the parameter's type
  const evaluator = await openEvaluator(model, (p, x, env) => ({ codes: model.encode(p, x, env) }), options)
  const { codes } = await evaluator.over(trained.parameters, data)
  await evaluator.dispose()
  return codes!
}
