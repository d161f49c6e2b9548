/** What a classifier says of data: which class, and how sure it is. */
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { sizeOf } from "../core/shape.ts"
import { input } from "../graph/ops/source.ts"
import type { Classifies, Model, Needs, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { compileFor, type EvaluationData, openEvaluator } from "./evaluator.ts"

/** What a model must be to say p(y|x). */
export type ClassifiesOnly<M> = Needs<
  M,
  Classifies<any>,
  "no p(y|x): the model is not a classifier. Train one with `eidos train classifier`."
>

/** Classes given to data, each with its probability. */
export interface Predictions {
  /** The likeliest class of each datum, the first of equals: [count]. */
  readonly labels: Uint8Array
  /** max_y p(y|x), from 1/classes to 1: [count]. */
  readonly confidences: Float64Array
}

export const noTruth = (split: string): string =>
  `classify: the ${split} split has no labels, so nothing says which classes are right.`

/** What a classifier says of each datum of a split; labels of the data are not looked at. */
export async function predictions<M extends Model>(
  trained: Trained<M> & ClassifiesOnly<M>,
  data: EvaluationData,
  options: SessionOptions = {},
): Promise<Predictions> {
  const { classes: _, ...model } = trained.model as Model & Classifies<any> // guaranteed by the parameter's type
  const evaluator = await openEvaluator(model as Model, (p, x, env) => ({ logits: model.classify(p, x, env) }), options)
  const { logits } = await evaluator.over(trained.parameters, data)
  await evaluator.dispose()
  return predictionsOf(logits!, model.labels)
}

/** The likeliest class and its softmax probability of logits [count, labels]. */
export function predictionsOf(logits: Float32Array, labels: number): Predictions {
  const count = logits.length / labels
  const best = new Uint8Array(count)
  const confidences = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const row = logits.subarray(i * labels, (i + 1) * labels)
    const top = Math.max(...row)
    best[i] = row.indexOf(top)
    confidences[i] = 1 / row.reduce((total, logit) => total + Math.exp(logit - top), 0)
  }
  return { labels: best, confidences }
}

// Rows in one run: enough for full-speed products, little enough for memory.
const rowsPerRun = 500

/** p(y|x) of events [n, ...event]: [n, labels]. */
export async function classProbabilities<M extends Model>(
  trained: Trained<M> & ClassifiesOnly<M>,
  events: NdArray,
  options: SessionOptions = {},
): Promise<Float64Array> {
  const { classes: _, ...model } = trained.model as Model & Classifies<any> // guaranteed by the parameter's type
  const [n, width] = [events.shape[0]!, sizeOf(model.event)]
  const rows = Math.min(n, rowsPerRun)
  const program = await compileFor(
    model as Model,
    (p, env) => ({ logits: model.classify(p, input("x", [rows, ...model.event]), env) }),
    options,
  )
  const out = new Float64Array(n * model.labels)
  for (let first = 0; first < n; first += rows) {
    const data = new Float32Array(rows * width) // the last run is filled up with zeros, whose rows are dropped
    data.set(events.data.subarray(first * width, Math.min(n, first + rows) * width))
    const { logits } = await program.run(trained.parameters, { x: { shape: [rows, ...model.event], data } })
    out.set(softmaxRows(logits!.data, model.labels).subarray(0, (n - first) * model.labels), first * model.labels)
  }
  await program.dispose()
  return out
}

/** Softmax of each row of logits [n, labels], in 64 bits. */
function softmaxRows(logits: Float32Array, labels: number): Float64Array {
  const out = new Float64Array(logits.length)
  for (let first = 0; first < logits.length; first += labels) {
    const row = logits.subarray(first, first + labels)
    const top = Math.max(...row)
    const total = row.reduce((sum, logit) => sum + Math.exp(logit - top), 0)
    for (let y = 0; y < labels; y++) out[first + y] = Math.exp(row[y]! - top) / total
  }
  return out
}

/** 1 where the predicted class is not the datum's own, else 0: [count]. Throws EidosError("data") where there are no labels. */
export function mistakes({ labels }: Predictions, { dataset, split }: EvaluationData): Uint8Array {
  const truth = dataset.splits[split].labels
  if (!truth) throw new EidosError("data", noTruth(split))
  return labels.map((label, i) => (label === truth[i] ? 0 : 1))
}
