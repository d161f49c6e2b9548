/**
 * Telling outliers from inliers by a model. A small log p(x) is a poor sign of one (Nalisnick et al. 2019a: simple images
 * are likelier than the data themselves), so it stands beside two corrections, each with its AUROC.
 */
import type { Model, Trained } from "../model/capabilities.ts"
import { type Auroc, auroc } from "./auroc.ts"
import { complexities } from "./complexity.ts"
import { type ClassifiesOnly, predictions } from "./confidence.ts"
import { type DensityOptions, type HasDensity, logDensities } from "./density.ts"
import type { EvaluationData } from "./evaluator.ts"
import type { OutlierSet } from "./outlier-sets.ts"
import { meanOf } from "./statistics.ts"

/** Numbers of each datum [count] by the name of the score; larger is more outlying. */
export type Scores = Readonly<Record<string, Float64Array>>
/** Scores the data of a split. */
export type Scorer = (data: EvaluationData) => Promise<Scores>

/** The scores of a model with a density, in words. */
export const densityScores = {
  raw: "−log p(x), in nats",
  typicality: "|−log p(x) − H|, H the mean of −log p on validation (Nalisnick et al. 2019b)",
  complexity: "−log₂ p(x) − bits of the image compressed by Deflate (Serrà et al. 2020)",
} as const
/** The score of a classifier, in words. */
export const classifierScores = { confidence: "−max p(y|x) (Hendrycks and Gimpel 2017)" } as const
export type ScoreName = keyof typeof densityScores | keyof typeof classifierScores

/** What the scores of a density rest on. */
export interface DensityScorer {
  readonly scorer: Scorer
  /** H: mean of −log p on validation, with its standard error, in nats. */
  readonly typical: { readonly value: number; readonly standardError: number }
}

/**
 * The scores of a model with a density, H measured on `validation`. A bound on log p stands for it, and −F(x) does: their
 * constant is the same for all images. Data of real numbers have no compressed size, and no complexity score.
 */
export async function densityScorer<M extends Model>(
  trained: Trained<M> & HasDensity<M>,
  validation: EvaluationData,
  options: DensityOptions = {},
): Promise<DensityScorer> {
  const typical = meanOf((await logDensities(trained, validation, options)).map((logP) => -logP))
  const scorer: Scorer = async (data) => {
    const raw = (await logDensities(trained, data, options)).map((logP) => -logP)
    const scores = { raw, typicality: raw.map((nats) => Math.abs(nats - typical.value)) }
    if (data.dataset.levels === "real") return scores
    const bits = complexities(data, trained.model.event)
    return { ...scores, complexity: raw.map((nats, i) => nats / Math.LN2 - bits[i]!) }
  }
  return { scorer, typical }
}

/** The score of a classifier: how unsure it is. */
export const confidenceScorer =
  <M extends Model>(trained: Trained<M> & ClassifiesOnly<M>, options: DensityOptions = {}): Scorer =>
  async (data) => ({
    confidence: (await predictions(trained, data, options)).confidences.map((confidence) => -confidence),
  })

/** How well each score parts one kind of outliers from the inliers. */
export interface Separation {
  readonly set: string
  readonly words: string
  readonly count: number
  readonly areas: Readonly<Record<string, Auroc>>
  /** Mean of each score over the outliers. */
  readonly means: Readonly<Record<string, number>>
}

/** The area under the ROC curve of every score for every kind of outliers, the sets in their order. */
export async function separations(
  scorer: Scorer,
  inliers: EvaluationData,
  sets: readonly OutlierSet[],
  onProgress: (done: number) => void = () => {},
): Promise<{ inliers: Readonly<Record<string, number>>; separations: Separation[] }> {
  const inside = await scorer(inliers)
  const found: Separation[] = []
  for (const { name, words, data } of sets) {
    onProgress((1 + found.length) / (1 + sets.length))
    const outside = await scorer(data)
    const areas = Object.entries(outside).map(([score, values]) => [score, auroc(inside[score]!, values)])
    const { count } = data.dataset.splits[data.split]
    found.push({ set: name, words, count, areas: Object.fromEntries(areas), means: meansOf(outside) })
  }
  return { inliers: meansOf(inside), separations: found }
}

const meansOf = (scores: Scores): Record<string, number> =>
  Object.fromEntries(Object.entries(scores).map(([name, values]) => [name, meanOf(values).value]))

/** Why a separation must not be trusted, in words; nothing where none of its scores fails. */
export function warningOf({ areas, means }: Separation): string | undefined {
  if (areas["raw"] && areas["raw"].value < 0.5) return "raw log p fails here"
  if (means["confidence"] !== undefined && -means["confidence"] > sure) return "stays confident here"
  return undefined
}

// A mean probability of 0.9 for the likeliest class of images that have none is the failure of row C15.
const sure = 0.9
