/** The scale that a model's log-probabilities live on: what they are called, and what they may be compared with. */
import { sizeOf } from "../core/shape.ts"
import type { Model } from "../model/capabilities.ts"
import { levelsOf } from "./baselines.ts"
import type { EvaluationData } from "./evaluator.ts"

type Stated = Pick<Model, "support" | "caution" | "classes" | "event">

export const densityOfBits = "a density of real numbers; not comparable with probabilities of bits"
export const densityOfGrey = "a density of grey values in [0, 1]; not comparable with likelihoods of levels"
export const densityOfReals = "a density of real numbers"
export const noDensity = "a Bernoulli likelihood of numbers that are no bits: neither a probability nor a density"

/**
 * Bits a dimension of 8-bit levels, given −log p in nats of a density over dequantized pixels that span `width`: 8 bits for
 * pixels in [0, 1), 7 for [−1, 1) (Theis et al. 2016, section 3.1).
 */
export const bitsPerDim = (nats: number, dimensions: number, width = 1): number =>
  nats / (dimensions * Math.LN2) + Math.log2(256 / width)

/** Nats, or bits/dim of 8-bit levels where a density has seen dequantized ones: −log₂ p / D + 8. */
export function inUnits(nats: { value: number; standardError: number }, model: Stated, data: EvaluationData) {
  if (levelsOf(data) !== 256 || model.support === "binary") return { ...nats, unit: "nats" }
  const perBit = sizeOf(model.event) * Math.LN2
  return {
    value: bitsPerDim(nats.value, sizeOf(model.event)),
    standardError: nats.standardError / perBit,
    unit: "bits/dim",
  }
}

/** Whether −log p of an exact density is exact for the data as stored, or bounds it by Jensen's inequality over their dequantization. */
export const kindOf = ({ support }: Stated, data: EvaluationData): "exact" | "bound" =>
  levelsOf(data) === 256 && support !== "levels" && support !== "binary" ? "bound" : "exact"

/** What must stand beside a likelihood of this model on these data; nothing where the unit says it all. */
export function likelihoodNotes({ support, caution, classes }: Stated, data: EvaluationData): string[] {
  const isGiven = classes === undefined ? [] : ["given the label"]
  return [...ofSupport(support, data), ...isGiven, ...(caution === undefined ? [] : [caution])]
}

function ofSupport(support: Stated["support"], data: EvaluationData): string[] {
  const levels = levelsOf(data)
  if (support === "binary") return levels === 2 ? [] : [noDensity]
  if (data.dataset.levels === "real") return [densityOfReals]
  if (levels === undefined) return [densityOfGrey]
  return levels === 2 && support !== undefined ? [densityOfBits] : []
}

/** Notes as a field of an estimate; none where there is nothing to say. */
export const noted = (...notes: readonly string[]): { readonly note?: string } =>
  notes.length > 0 ? { note: notes.join("; ") } : {}
