/** What can be said about models that only draw samples: the Parzen window estimate, with its warning. */
import type { NdArray } from "../core/array.ts"
import type { Estimate } from "../core/estimate.ts"
import { permutation } from "../core/random.ts"
import type { Dataset } from "../data/dataset.ts"
import { evaluationSeed } from "../data/preprocess.ts"
import { samplesOf } from "../explore/samples.ts"
import type { Model, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { type EvaluationData, eventsOf } from "./evaluator.ts"
import { type ParzenEstimate, parzenEstimate } from "./parzen.ts"
import { pointEstimates } from "./plane.ts"

export interface ImplicitOptions extends SessionOptions {
  readonly seed?: number
}

const samples = 10_000
const mostValidation = 1000 // enough to tell widths apart

/**
 * Parzen window estimates of log p(x) of a split of images, in nats: of the model's samples, and of as many training images
 * in their place, which is what a sampler without fault would reach. No rows for other data, nor for models that cannot draw.
 */
export async function parzenEstimates(
  { model, parameters }: Trained<Model>,
  data: EvaluationData,
  { seed = evaluationSeed, ...session }: ImplicitOptions,
): Promise<Estimate[]> {
  const isImage = model.event.length === 3 && model.event[1]! > 1
  if (!isImage || model.sampling === "none" || model.classes !== undefined) return []
  const [validation, test] = [
    someEvents({ ...data, split: "validation" }, model.event, mostValidation),
    someEvents(data, model.event, data.dataset.splits[data.split].count),
  ]
  const measure = (windows: NdArray) => parzenEstimate({ samples: windows, validation, test }, session)
  const known = await measure(someEvents({ ...data, split: "train" }, model.event, samples))
  const own = await measure(await samplesOf({ model, parameters }, samples, { ...session, seed }))
  return [
    { quantity: "Parzen log p(x) of training images", kind: "baseline", ...rowOf(known) },
    { quantity: "Parzen log p(x)", kind: "estimate", ...rowOf(own) },
  ]
}

/** Modes reached and divergences from data of a model's samples, where events are points of the plane; no rows for other data. */
export async function planeEstimates(
  { model, parameters }: Trained<Model>,
  { dataset, split }: EvaluationData & { readonly dataset: Dataset },
  { seed = evaluationSeed, ...session }: ImplicitOptions,
): Promise<Estimate[]> {
  const isPlane = dataset.levels === "real" && model.event.length === 1 && model.event[0] === 2
  if (!isPlane || model.sampling === "none") return []
  const points = await samplesOf({ model, parameters }, samples, { ...session, seed })
  return pointEstimates(dataset, split, points.data)
}

const rowOf = ({ value, standardError, sigma, samples }: ParzenEstimate) => ({
  value,
  standardError,
  unit: "nats",
  note: `do not rank: such windows prefer averaged images to true ones (Theis et al. 2016); n = ${samples}, σ = ${sigma} chosen on validation`,
})

/** Up to n different events of a split, the same each time. */
function someEvents(data: EvaluationData, event: readonly number[], n: number): NdArray {
  const { count } = data.dataset.splits[data.split]
  return eventsOf(data, event, permutation({ seed: evaluationSeed, name: "parzen" }, count).subarray(0, n))
}
