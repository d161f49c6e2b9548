/** What any model with a density can say of each datum, whatever it is worth: for scores that compare, not for reports. */
import type { Bounded, Model, Needs, Tractable, Trained, Unnormalized } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { importanceBound } from "./bound.ts"
import type { EvaluationData } from "./evaluator.ts"
import { logLikelihood } from "./likelihood.ts"
import { logAddExp } from "./statistics.ts"
import { freeEnergies } from "./unnormalized.ts"

/** What a model must be to give every datum a log-density, a bound on one, or one up to a constant. */
export type HasDensity<M> = Needs<
  M,
  Tractable<any> | Bounded<any> | Unnormalized<any>,
  "no log p(x), no bound on it and no free energy: nothing says how likely a datum is."
>

export interface DensityOptions extends SessionOptions {
  /** Importance samples per datum where log p(x) is only bounded; 100 unless told. */
  readonly k?: number
  readonly signal?: AbortSignal
}

/** Importance samples per datum in scores unless told. */
export const defaultK = 100

/** What `logDensities` gives for this model, in words. */
export function densityWords(model: Model, k = defaultK): string {
  if (model.density === "tractable") return "log p(x), exact"
  if (model.density === "bounded") return `a bound on log p(x) from below, K = ${k}`
  return "−F(x): log p(x) up to a constant"
}

/**
 * log p(x) of each datum [count], in nats: exact, bounded from below, or up to the constant log Z. A conditional model is
 * averaged over its classes, all equally likely: log (1/C) Σ_y p(x|y), a bound where its terms are bounds.
 */
export async function logDensities<M extends Model>(
  trained: Trained<M> & HasDensity<M>,
  data: EvaluationData,
  options: DensityOptions = {},
): Promise<Float64Array> {
  const { model, parameters } = trained as Trained<Model>
  const { classes } = model
  if (classes === undefined) return ofOne({ model, parameters }, data, options)
  const total = new Float64Array(data.dataset.splits[data.split].count).fill(Number.NEGATIVE_INFINITY)
  for (let label = 0; label < classes; label++) {
    const given = await ofOne({ model, parameters }, allLabelled(data, label), options)
    for (let i = 0; i < total.length; i++) total[i] = logAddExp(total[i]!, given[i]! - Math.log(classes))
  }
  return total
}

/** The data as if every datum had this label. */
function allLabelled(data: EvaluationData, label: number): EvaluationData {
  const split = data.dataset.splits[data.split]
  const labelled = { ...split, labels: new Uint8Array(split.count).fill(label) }
  return { ...data, dataset: { ...data.dataset, splits: { ...data.dataset.splits, [data.split]: labelled } } }
}

async function ofOne(trained: Trained<Model>, data: EvaluationData, options: DensityOptions): Promise<Float64Array> {
  const { model, parameters } = trained
  switch (model.density) {
    case "tractable":
      return Float64Array.from(await logLikelihood({ model, parameters }, data, options))
    case "bounded":
      return importanceBound({ model, parameters }, data, { ...options, k: options.k ?? defaultK })
    case "unnormalized":
      return Float64Array.from(await freeEnergies({ model, parameters }, data, options), (energy) => -energy)
    case "implicit":
    case "none":
      throw new TypeError("a model without a density") // not reached from typed code
  }
}
