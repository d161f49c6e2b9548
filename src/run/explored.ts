/** A run with its data at hand: what every picture of it is drawn from. */
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { permutation } from "../core/random.ts"
import type { Dataset, SplitName } from "../data/dataset.ts"
import { noLabels } from "../data/labels.ts"
import { type EvaluationData, eventsOf } from "../evaluate/evaluator.ts"
import type { Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import type { OpenRun } from "./open.ts"

/** A picture, and the numbers it was drawn from where they are events: [n, ...event]. */
export interface Drawing {
  readonly png: Uint8Array
  readonly events?: NdArray
  readonly svg?: string
  /** One sentence: what is shown, in which order. */
  readonly caption: string
}

/** A run with its data at hand. */
export interface Explored extends Pick<OpenRun, "trained" | "config"> {
  readonly dataset: Dataset
  /** Where the model's programs run; on the processor unless told. */
  readonly session?: SessionOptions
}

export const cannot = (model: string, what: string): string => `${model} ${what}.`

/** The model as one that has these capabilities, known only at run time. Throws EidosError("usage") in words. */
export function capable({ trained, config }: Explored, needs: readonly ("encode" | "decode")[]): Trained<any> {
  for (const need of needs)
    if (!trained.model[need]) throw new EidosError("usage", cannot(config.model, `cannot ${need}: it has no code`))
  return trained
}

export const evaluationDataOf = (
  { config, dataset }: Explored,
  split: SplitName,
): EvaluationData & { dataset: Dataset } => ({
  dataset,
  split,
  preprocessing: config.preprocessing,
})

/** `n` different rows of a split, the same for the same seed: files may be ordered by class. */
export function someRows({ dataset }: Explored, split: SplitName, n: number, seed: number): Uint32Array {
  const { count } = dataset.splits[split]
  return permutation({ seed, name: "explore/rows" }, count).subarray(0, Math.min(n, count))
}

/** Rows of a split as the model sees them: [rows, ...event]. */
export const eventsAt = (run: Explored, split: SplitName, rows: ArrayLike<number>): NdArray =>
  eventsOf(evaluationDataOf(run, split), run.config.event, rows)

export const unconditional = (model: string): string =>
  `--label: this ${model} is not conditioned on labels; train one with --classes, or leave --label out.`
export const noSuchLabel = (label: number, classes: number): string =>
  `--label: ${label} came, but the model's labels are 0 to ${classes - 1}.`

/** The label asked for, once for each of n things; undefined where none was. Throws EidosError("usage") where it cannot be. */
export function labelsAsked(
  { trained, config }: Pick<Explored, "trained" | "config">,
  label: number | undefined,
  n: number,
): number[] | undefined {
  if (label === undefined) return undefined
  const { classes } = trained.model
  if (classes === undefined) throw new EidosError("usage", unconditional(config.model))
  if (label >= classes) throw new EidosError("usage", noSuchLabel(label, classes))
  return Array<number>(n).fill(label)
}

/** Labels of rows of a split for a conditional model; undefined for another. */
export function labelsAt(run: Explored, split: SplitName, rows: ArrayLike<number>): number[] | undefined {
  if (run.trained.model.classes === undefined) return undefined
  const { labels } = run.dataset.splits[split]
  if (!labels) throw new EidosError("data", noLabels)
  return Array.from(rows, (row) => labels[row]!)
}
