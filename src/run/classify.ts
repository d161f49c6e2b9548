/** Giving labels while rejecting what does not belong: a classifier that may abstain on the word of another model. */
import { EidosError } from "../core/errors.ts"
import type { Sampled } from "../core/estimate.ts"
import type { Dataset } from "../data/dataset.ts"
import { limit } from "../data/select.ts"
import { auroc, aurocEstimate } from "../evaluate/auroc.ts"
import { mistakes, predictions } from "../evaluate/confidence.ts"
import type { OutlierSet } from "../evaluate/outlier-sets.ts"
import { confidenceScorer, type Scorer } from "../evaluate/outliers.ts"
import {
  acceptedShare,
  accuracyAt,
  areaEstimate,
  type RiskPoint,
  riskCoverage,
  thresholdFor,
} from "../evaluate/risk-coverage.ts"
import { meanOf } from "../evaluate/statistics.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { classifierOf } from "./compose.ts"
import type { OpenRun } from "./open.ts"
import { defined } from "./request.ts"
import { outlierSets, scorerOf, seenBy, splitOf } from "./score.ts"
import { sessionOf } from "./session.ts"

/** A model that says whom to reject, with the data it was trained on. */
export interface Rejector {
  readonly run: OpenRun
  readonly own: Dataset
}

export interface ClassifyOptions extends Pick<SessionOptions, "threads" | "device"> {
  readonly classifier: OpenRun
  /** The data the classifier was trained on. */
  readonly own: Dataset
  /** The data to classify. */
  readonly data: Dataset
  readonly rejector?: Rejector
  /** The rejector's score; its complexity score, or typicality where images have no compressed size, unless told. */
  readonly rejectBy?: string
  /** Share of the validation data that the threshold accepts. */
  readonly accept: number
  readonly against: readonly string[]
  /** Reads another data set by its name. */
  readonly load: (name: string) => Promise<Dataset>
  readonly n: number
  readonly k?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number) => void
}

/** What one way of rejecting is worth. */
export interface Rejection {
  /** As in `confidence`, or `complexity of vae`. */
  readonly by: string
  readonly points: readonly RiskPoint[]
  /** Area under the risk–coverage curve; smaller is better. */
  readonly area: Sampled
  /** Accuracy among those accepted, at given shares of the data. */
  readonly accuracies: readonly { readonly coverage: number; readonly accuracy: Sampled }[]
  /** The threshold that accepts a stated share of validation, and what it does on test. */
  readonly threshold: { readonly score: number; readonly accepted: number; readonly accuracy: Sampled | undefined }
  /** By set: how well the score parts it from the data, and the share of it that the threshold lets through. */
  readonly outliers: readonly { readonly set: string; readonly auroc: Sampled; readonly accepted: number }[]
}

export interface Classified {
  readonly n: number
  readonly accuracy: Sampled
  readonly accept: number
  readonly rejections: readonly Rejection[]
}

const coverages = [1, 0.95, 0.9, 0.8, 0.5]

/** Labels the test data with a classifier and measures what rejecting by its confidence, and by another model, gives. */
export async function classifyRun(options: ClassifyOptions): Promise<Classified> {
  const { classifier, own, rejector, accept } = options
  const data = limit(options.data, options.n)
  const seen = seenBy(classifier, own, data)
  const session = { ...sessionOf(options, classifier), ...(options.signal && { signal: options.signal }) }
  const trained = classifierOf(classifier)
  const test = splitOf(seen, "test")
  const wrong = mistakes(await predictions(trained, test, session), test)
  const confidence: Way = {
    by: "confidence",
    scorer: confidenceScorer(trained, session),
    view: seen,
    score: "confidence",
  }
  const ways = [confidence, ...(rejector ? [await wayOf(rejector, data, options)] : [])]
  const rejections: Rejection[] = []
  for (const way of ways) {
    rejections.push(await rejectionBy(way, wrong, options))
    options.onProgress?.(rejections.length / ways.length)
    options.signal?.throwIfAborted()
  }
  return { n: wrong.length, accuracy: accuracyOf(wrong), accept, rejections }
}

/** One score, and the data as its model sees them. */
interface Way {
  readonly by: string
  readonly scorer: Scorer
  readonly score: string
  readonly view: ReturnType<typeof seenBy>
}

export const noSuchScore = (model: string, asked: string, known: readonly string[]): string =>
  `${model} has no score "${asked}"; its scores are ${known.join(", ")}.`

/** A rejector by the score asked for, or its most corrected one: complexity, or typicality where images have no compressed size. */
async function wayOf({ run, own }: Rejector, data: Dataset, options: ClassifyOptions): Promise<Way> {
  const { n, k, threads, device, signal } = options
  const { scorer, scores } = await scorerOf(run, { own, n, ...defined({ k, threads, device, signal }) })
  const { rejectBy } = options
  if (rejectBy !== undefined && !(rejectBy in scores))
    throw new EidosError("usage", noSuchScore(run.config.model, rejectBy, Object.keys(scores)))
  const score = rejectBy ?? ["complexity", "typicality", "confidence"].find((name) => name in scores)!
  return { by: `${score} of ${run.config.model}`, scorer, score, view: seenBy(run, own, data) }
}

async function rejectionBy(
  { by, scorer, score, view }: Way,
  wrong: Uint8Array,
  { accept, against, load, n }: ClassifyOptions,
): Promise<Rejection> {
  const scoresOf = async (data: Parameters<Scorer>[0]) => (await scorer(data))[score]!
  const scores = await scoresOf(splitOf(view, "test"))
  const points = riskCoverage(scores, wrong)
  const threshold = thresholdFor(await scoresOf(splitOf(view, "validation")), accept)
  const kept = wrong.filter((_, i) => scores[i]! <= threshold)
  const outliers = []
  for (const set of await outlierSets(against, view, n, load))
    outliers.push(await outlierRow(set, scores, threshold, scoresOf))
  return {
    by,
    points,
    area: areaEstimate("area under the risk–coverage curve", scores, wrong),
    accuracies: coverages.map((share) => atCoverage(points, share, wrong.length)),
    threshold: {
      score: threshold,
      accepted: acceptedShare(scores, threshold),
      accuracy: kept.length > 0 ? accuracyOf(kept) : undefined,
    },
    outliers,
  }
}

async function outlierRow(
  { name, data }: OutlierSet,
  inliers: Float64Array,
  threshold: number,
  scoresOf: (data: OutlierSet["data"]) => Promise<Float64Array>,
): Promise<Rejection["outliers"][number]> {
  const outside = await scoresOf(data)
  return {
    set: name,
    auroc: aurocEstimate("AUROC", auroc(inliers, outside)),
    accepted: acceptedShare(outside, threshold),
  }
}

const accuracyOf = (wrong: Uint8Array): Sampled => shareRight(1 - meanOf(wrong).value, wrong.length)

/** A share of n with the standard error √(p̃(1 − p̃)/n) of p̃ = (np + 1)/(n + 2) (Laplace's rule), which is not 0 where all are right. */
export function shareRight(value: number, n: number): Sampled {
  const smoothed = (n * value + 1) / (n + 2)
  const standardError = Math.sqrt((smoothed * (1 - smoothed)) / n)
  return { quantity: "accuracy", kind: "estimate", value, unit: "share right", standardError }
}

function atCoverage(points: readonly RiskPoint[], share: number, n: number): Rejection["accuracies"][number] {
  const { accuracy, coverage } = accuracyAt(points, share)
  return { coverage, accuracy: shareRight(accuracy, Math.round(coverage * n)) }
}
