/** One line of a scoreboard: what a model reached, what the number is worth, and the receipt to check it by. */
import type { Estimate } from "../../core/estimate.ts"
import { sizeOf } from "../../core/shape.ts"
import type { Dataset } from "../../data/dataset.ts"
import { levelsOf } from "../../evaluate/baselines.ts"
import type { EvaluationData } from "../../evaluate/evaluator.ts"
import { densityOfBits, densityOfReals, likelihoodNotes } from "../../evaluate/scale.ts"
import type { Model } from "../../model/capabilities.ts"
import type { RunConfig } from "../config.ts"

/** What makes a figure checkable. */
export interface Receipt {
  /** The run's configuration; a trivial model has none. */
  readonly config?: RunConfig
  /** sha256 of the configuration and eidos's version: a run of the same digest is not made again. */
  readonly digest?: string
  readonly seed: number
  readonly dataDigest: string
  readonly eidos: string
  /** The command line that makes it again. */
  readonly command: string
  /** What the command gives: the same bits, or a run that ends where its time does. */
  readonly repeats: "bit for bit" | "as far as the same minutes reach"
  /** Folder of the run, inside the board's. */
  readonly run?: string
  readonly steps?: number
  readonly seconds?: number
  /** Step of the weights that were measured, the best on validation. */
  readonly checkpoint?: number
}

/** A model's line. */
export interface BoardRow extends Receipt {
  readonly model: string
  readonly title: string
  /** Trivial models stand first: they are what the others must beat. */
  readonly isBaseline: boolean
  readonly preprocessing: string
  /** Everything that was measured, each number with its kind; trivial models are left out. */
  readonly estimates: readonly Estimate[]
  /** −log p(x) of the test split, or the best bound on it; absent where the model gives none. */
  readonly figure?: Estimate
  /** The figure in bits a dimension, where it is one of levels. */
  readonly bitsPerDim?: number
  /** Why the figure, or what stands in its place, must not be ranked with the others; absent where it may. */
  readonly doNotRank?: string
  /** Trainable weights; absent for trivial models. */
  readonly parameters?: number
  readonly secondsPerEpoch?: number
  readonly samplesPerSecond?: number
  /** File of ten samples, inside the board's folder. */
  readonly strip?: string
  /** Why there is no result. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string }
}

export const noDensityAtAll = "gives no density: nothing to rank"

/** The likelihood among a model's estimates, the exact or tightest first. */
export function figureOf(estimates: readonly Estimate[]): Estimate | undefined {
  const own = estimates.filter(({ kind }) => kind !== "baseline")
  return own.find(({ quantity }) => quantity === "−log p(x)") ?? own.find(({ quantity }) => quantity === "−ELBO")
}

/** Whether a model's own preference says that its events are real numbers, where it does not state its support. */
interface Preferring {
  readonly binarize: string
}

/** Why a model's figure on these data must not be ranked, or nothing. */
export function whyNotRanked(
  model: Model,
  preferred: Preferring,
  data: EvaluationData,
  figure: Estimate | undefined,
): string | undefined {
  if (figure === undefined) return noDensityAtAll
  const unstated = model.support === undefined && levelsOf(data) === 2 && preferred.binarize === "none"
  const notes = unstated ? [densityOfBits] : likelihoodNotes(model, data)
  const reasons = notes.filter(
    (note) => note !== densityOfReals && (note !== model.caution || /do not rank/i.test(note)),
  )
  if (reasons.length > 0) return reasons.join("; ")
  return /do not rank/i.test(figure.note ?? "") ? figure.note : undefined
}

/** A likelihood in bits a dimension; none for densities of real numbers. */
export function inBits(
  figure: Estimate | undefined,
  data: EvaluationData,
  event: readonly number[],
): number | undefined {
  if (figure === undefined) return undefined
  if (figure.unit === "bits/dim") return figure.value
  return levelsOf(data) === 2 && figure.unit === "nats" ? figure.value / (sizeOf(event) * Math.LN2) : undefined
}

/** Trivial models that a registry model states too: its row says more. */
const statedBy: Readonly<Record<string, string>> = {
  uniform: "uniform",
  "per-pixel marginal": "marginal",
  "per-pixel histogram": "marginal",
}

/** The lines of trivial models, as the runs measured them, each once a preprocessing. */
export function baselineRows(
  measured: readonly {
    readonly preprocessing: string
    readonly data: EvaluationData
    readonly estimates: readonly Estimate[]
  }[],
  models: readonly string[],
  dataset: Dataset,
  receipt: (data: EvaluationData) => Pick<Receipt, "seed" | "eidos" | "command">,
): BoardRow[] {
  const rows = new Map<string, BoardRow>()
  for (const { preprocessing, data, estimates } of measured)
    for (const figure of estimates.filter(isTrivial)) {
      if (models.includes(statedBy[figure.quantity] ?? "")) continue
      const bits = inBits(figure, data, dataset.event)
      rows.set(`${preprocessing}: ${figure.quantity}`, {
        ...{ model: figure.quantity, title: figure.note ?? "trivial model", isBaseline: true, preprocessing },
        ...{ estimates: [figure], figure, ...(bits !== undefined && { bitsPerDim: bits }) },
        ...{ dataDigest: dataset.digest, repeats: "bit for bit", ...receipt(data) },
      })
    }
  return [...rows.values()]
}

const isTrivial = ({ kind, unit, quantity }: Estimate): boolean =>
  kind === "baseline" && (unit === "nats" || unit === "bits/dim") && !/parzen/i.test(quantity)
