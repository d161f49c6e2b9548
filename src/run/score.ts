/** A run's model as a detector of outliers: its scores on its own test data and on what does not belong. */
import { EidosError } from "../core/errors.ts"
import { formatShape, sameShape } from "../core/shape.ts"
import type { Dataset } from "../data/dataset.ts"
import { limit } from "../data/select.ts"
import { defaultK, densityWords } from "../evaluate/density.ts"
import type { EvaluationData } from "../evaluate/evaluator.ts"
import { isMade } from "../evaluate/outlier-names.ts"
import { asLevels, foreignSet, type Inliers, madeSet, type OutlierSet } from "../evaluate/outlier-sets.ts"
import {
  classifierScores,
  confidenceScorer,
  densityScorer,
  densityScores,
  type Scorer,
  type Separation,
  separations,
} from "../evaluate/outliers.ts"
import type { Classifies, Model, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import type { OpenRun } from "./open.ts"
import { defined, noBound } from "./request.ts"
import { sessionOf } from "./session.ts"

export interface ScoreOptions extends Pick<SessionOptions, "threads" | "device"> {
  /** The data the run was trained on. */
  readonly own: Dataset
  /** At most this many data of each split and each set. */
  readonly n: number
  /** Importance samples per datum where log p(x) is bounded. */
  readonly k?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number) => void
}

/** A run's scores: what they are in words, and the function that gives them. */
export interface RunScorer {
  readonly scorer: Scorer
  /** Words by the name of the score. */
  readonly scores: Readonly<Record<string, string>>
  /** What stands for log p(x), in words; absent for classifiers. */
  readonly density?: string
  /** H, the mean of −log p(x) on validation, in nats. */
  readonly typical?: { readonly value: number; readonly standardError: number }
}

export const nothingToScore = (model: string): string =>
  `${model} gives no log p(x), no bound on it, no free energy and no p(y|x): nothing to score data by.`
export const otherEvents = (folder: string, needed: readonly number[], data: string, came: readonly number[]): string =>
  `${folder}: the model reads events of shape ${formatShape(needed)}, and those of ${data} have ${formatShape(came)}.`

/** A data set as the model of a run sees it: in the levels it was trained on, prepared as then. Throws EidosError("usage"). */
export function seenBy(
  { folder, config }: OpenRun,
  own: Dataset,
  data: Dataset,
): Inliers & { readonly dataset: Dataset } {
  if (!sameShape(data.event, config.event))
    throw new EidosError("usage", otherEvents(folder, config.event, data.name, data.event))
  return { dataset: asLevels(data, own.levels), preprocessing: config.preprocessing }
}

/** The split of what a model sees. */
export const splitOf = (seen: Inliers, split: EvaluationData["split"]): EvaluationData => ({ ...seen, split })

/** The scores that a run's model can give; those of a density and of a classifier where it is both. Throws EidosError("usage"). */
export async function scorerOf(run: OpenRun, options: ScoreOptions): Promise<RunScorer> {
  const { trained, config } = run
  const { model, parameters } = trained
  const { k, n } = options
  const session = { ...sessionOf(options, run), ...(options.signal && { signal: options.signal }) }
  if (k !== undefined && model.density !== "bounded") throw new EidosError("usage", noBound(config.model))
  const asClassifier = { model, parameters } as Trained<Model & Classifies<any>> // used where `classify` is there
  const classifier = model.classify && confidenceScorer(asClassifier, session)
  const hasDensity = model.density !== "none" && model.density !== "implicit"
  if (!hasDensity && !classifier) throw new EidosError("usage", nothingToScore(config.model))
  if (!hasDensity) return { scorer: classifier!, scores: classifierScores }
  const validation = splitOf(seenBy(run, options.own, limit(options.own, n)), "validation")
  const { scorer, typical } = await densityScorer({ model, parameters }, validation, { ...session, ...defined({ k }) })
  const both: Scorer = async (data) => ({ ...(await scorer(data)), ...(await classifier?.(data)) })
  const { complexity: _, ...withoutSize } = densityScores
  const words = options.own.levels === "real" ? withoutSize : densityScores
  return {
    scorer: classifier ? both : scorer,
    scores: { ...words, ...(classifier && classifierScores) },
    density: densityWords(model, k ?? defaultK),
    typical,
  }
}

/** Outlier sets by name: those that are made from the inliers, and other data sets, which `load` reads. */
export async function outlierSets(
  names: readonly string[],
  inliers: Inliers,
  n: number,
  load: (name: string) => Promise<Dataset>,
): Promise<OutlierSet[]> {
  const sets: OutlierSet[] = []
  for (const name of names)
    sets.push(isMade(name) ? madeSet(name, inliers) : foreignSet(limit(await load(name), n), inliers))
  return sets
}

/** What scoring a run gives. */
export interface Scored extends Omit<RunScorer, "scorer"> {
  /** Test data that count as in. */
  readonly n: number
  /** Mean of each score over them. */
  readonly inliers: Readonly<Record<string, number>>
  readonly separations: readonly Separation[]
}

/** The AUROC of every score of a run's model for each set of outliers. */
export async function scoreRun(
  run: OpenRun,
  seen: Inliers,
  sets: readonly OutlierSet[],
  options: ScoreOptions,
): Promise<Scored> {
  const { scorer, ...words } = await scorerOf(run, options)
  const found = await separations(scorer, splitOf(seen, "test"), sets, options.onProgress)
  options.signal?.throwIfAborted()
  return { ...words, n: seen.dataset.splits.test.count, ...found }
}
