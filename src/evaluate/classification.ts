/** How well a classifier does on labelled data, beside what is reached by looking at labels alone. */
import { EidosError } from "../core/errors.ts"
import type { Estimate } from "../core/estimate.ts"
import { mul, sub } from "../graph/ops/arithmetic.ts"
import { sum } from "../graph/ops/broadcast.ts"
import { logSumExp } from "../graph/ops/reduce.ts"
import type { Classifies, Model, Needs, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { noTruth } from "./confidence.ts"
import { type EvaluationData, openEvaluator } from "./evaluator.ts"
import { meanOf } from "./statistics.ts"

type ClassifiesOnly<M> = Needs<M, Classifies<any>, "no p(y|x): the model is not a classifier.">

const shareRight = "share right"

/** Accuracy and −log p(y|x) of a split, after those of the training labels' frequencies. Throws EidosError("data") where labels are missing. */
export async function classificationEstimates<M extends Model>(
  trained: Trained<M> & ClassifiesOnly<M>,
  data: EvaluationData,
  options: SessionOptions = {},
): Promise<Estimate[]> {
  const model = trained.model as Model & Classifies<any> // guaranteed by the parameter's type
  const truth = labelsOf(data, data.split)
  const labelled = { ...model, classes: model.labels } // a model of both x and y may not be conditioned on y
  const evaluator = await openEvaluator(
    labelled,
    (p, x, env) => {
      const logits = model.classify(p, x, env)
      return { logits, crossEntropy: sub(logSumExp(logits, 1), sum(mul(logits, env.label!), 1)) }
    },
    options,
  )
  const { logits, crossEntropy } = await evaluator.over(trained.parameters, data)
  await evaluator.dispose()
  return [
    ...labelBaselines(labelsOf(data, "train"), truth, model.labels),
    {
      quantity: "accuracy",
      kind: "exact",
      ...shareOf(truth, (i) => largest(logits!, i, model.labels)),
      unit: shareRight,
    },
    { quantity: "cross-entropy −log p(y|x)", kind: "exact", ...meanOf(crossEntropy!), unit: "nats" },
  ]
}

function labelsOf({ dataset }: EvaluationData, split: EvaluationData["split"]): Uint8Array {
  const { labels } = dataset.splits[split]
  if (!labels) throw new EidosError("data", noTruth(split))
  return labels
}

/** The first of the largest logits of row `i`. */
function largest(logits: Float32Array, i: number, labels: number): number {
  const row = logits.subarray(i * labels, (i + 1) * labels)
  return row.indexOf(Math.max(...row))
}

/** Share of labels that a guess gets right, with the standard error of that share. */
const shareOf = (truth: Uint8Array, guess: (i: number) => number) => meanOf(truth.map((y, i) => Number(guess(i) === y)))

/** Always the commonest class; and the classes' frequencies (n + ½)/(N + C/2), after Jeffreys. */
function labelBaselines(known: Uint8Array, truth: Uint8Array, classes: number): Estimate[] {
  const counts = new Float64Array(classes)
  for (const label of known) counts[label]!++
  const commonest = counts.indexOf(Math.max(...counts))
  const costs = counts.map((n) => Math.log((known.length + classes / 2) / (n + 0.5)))
  const { value, standardError } = meanOf(Float64Array.from(truth, (label) => costs[label]!))
  return [
    { quantity: "commonest class", kind: "baseline", ...shareOf(truth, () => commonest), unit: shareRight },
    { quantity: "class frequencies", kind: "baseline", value, standardError, unit: "nats" },
  ]
}
