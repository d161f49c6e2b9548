import type { Estimate } from "../core/estimate.ts"
import type { Dataset } from "../data/dataset.ts"
import type { Model, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { likelihoodBaselines, reconstructionBaselines } from "./baselines.ts"
import { elboTerms, importanceBound } from "./bound.ts"
import { classificationEstimates } from "./classification.ts"
import { adaptiveEstimates } from "./continuous.ts"
import type { EvaluationData } from "./evaluator.ts"
import { parzenEstimates, planeEstimates } from "./implicit.ts"
import { logLikelihood } from "./likelihood.ts"
import { nearestNeighbourAccuracy } from "./neighbours.ts"
import { codesOf, squaredErrors } from "./reconstruction.ts"
import { inUnits, kindOf, likelihoodNotes, noted } from "./scale.ts"
import { meanOf } from "./statistics.ts"
import { unnormalizedEstimates } from "./unnormalized.ts"

export interface SummaryOptions extends SessionOptions {
  /** Importance samples per datum for bounds; 0 leaves that bound out. */
  readonly k: number
  /** Temperatures of annealed importance sampling where log Z is estimated so. */
  readonly betas?: number
  /** Seed of the model's noise, `evaluationSeed` unless told; that of the data is fixed. */
  readonly seed?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number) => void
}

/** Everything that can honestly be said about a model on a split: baselines first, then its own numbers, each with its kind. */
export async function summarize(
  trained: Trained<Model>,
  data: EvaluationData & { readonly dataset: Dataset },
  options: SummaryOptions,
): Promise<Estimate[]> {
  const { model } = trained
  const own = await likelihoodEstimates(trained, data, options)
  const likelihoods = own.length > 0 ? [...(await likelihoodBaselines(data, model.event, options)), ...own] : []
  const reconstructs = model.encode && model.decode && model.latent !== undefined
  const errors = reconstructs ? await reconstructionEstimates(trained, data, options) : []
  const windows = model.density === "implicit" ? await parzenEstimates(trained, data, options) : []
  const plane = model.density === "implicit" ? await planeEstimates(trained, data, options) : []
  const judged = model.classify ? await classificationEstimates(trained as Trained<any>, data, options) : []
  return [...judged, ...plane, ...likelihoods, ...errors, ...windows]
}

const negated = (values: ArrayLike<number>): Float64Array => Float64Array.from(values, (value) => -value)

async function likelihoodEstimates(
  trained: Trained<Model>,
  data: EvaluationData,
  options: SummaryOptions,
): Promise<Estimate[]> {
  const { model, parameters } = trained
  switch (model.density) {
    case "none":
    case "implicit":
      return []
    case "unnormalized":
      return unnormalizedEstimates({ model, parameters }, data, options)
    case "tractable": {
      const measured = meanOf(negated(await logLikelihood({ model, parameters }, data, options)))
      const notes = likelihoodNotes(model, data)
      return [
        { quantity: "−log p(x)", kind: kindOf(model, data), ...inUnits(measured, model, data), ...noted(...notes) },
        ...(await adaptiveEstimates({ model, parameters }, data, options)),
      ]
    }
    case "bounded": {
      const notes = likelihoodNotes(model, data)
      const { reconstruction, kl, elbo } = await elboTerms({ model, parameters }, data, options)
      const terms: Estimate[] = [
        { quantity: "−ELBO", kind: "bound", ...inUnits(meanOf(negated(elbo)), model, data), k: 1, ...noted(...notes) },
        {
          quantity: "−E log p(x|z)",
          kind: "estimate",
          ...meanOf(negated(reconstruction)),
          unit: "nats",
          note: "one z for each datum",
        },
        { quantity: "KL(q(z|x) ‖ p(z))", kind: "exact", ...meanOf(kl), unit: "nats" },
      ]
      if (options.k < 1) return terms
      const bound = await importanceBound({ model, parameters }, data, options)
      const measured = inUnits(meanOf(negated(bound)), model, data)
      const weighted = noted("importance-weighted", ...notes)
      return [{ quantity: "−log p(x)", kind: "bound", ...measured, k: options.k, ...weighted }, ...terms]
    }
  }
}

const mostCodes = 20_000

async function reconstructionEstimates(
  trained: Trained<Model>,
  data: EvaluationData & { readonly dataset: Dataset },
  options: SessionOptions,
): Promise<Estimate[]> {
  const { model, parameters } = trained as Trained<any>
  const errors = meanOf(await squaredErrors({ model, parameters }, data, options))
  const estimates: Estimate[] = [
    ...(await reconstructionBaselines(data, model.event, model.latent, options)),
    { quantity: "reconstruction", kind: "exact", ...errors, unit: "squared error per pixel" },
  ]
  const known = data.dataset.splits.train
  const { labels, count } = data.dataset.splits[data.split]
  if (model.latent !== 2 || !labels || !known.labels || known.count > mostCodes) return estimates
  const [trainCodes, codes] = [
    await codesOf({ model, parameters }, { ...data, split: "train" }, options),
    await codesOf({ model, parameters }, data, options),
  ]
  const value = nearestNeighbourAccuracy({ points: trainCodes, labels: known.labels }, { points: codes, labels })
  const standardError = Math.sqrt((value * (1 - value)) / count)
  return [
    ...estimates,
    { quantity: "3-nearest-neighbour accuracy of codes", kind: "estimate", value, unit: "share right", standardError },
  ]
}
