/**
 * p(x|y) ∝ p(x) p(y|x): any unconditional sampler becomes a conditional one beside a classifier, by importance resampling
 * (Rubin 1988). Draws x ~ p(x) are weighted by w = p(y|x) and drawn again in proportion; as few as the effective sample
 * size of them, (Σw)² / Σw² (Kong 1992), count.
 */
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import type { Sampled } from "../core/estimate.ts"
import { fillUniform } from "../core/random.ts"
import { formatShape, sameShape, sizeOf } from "../core/shape.ts"
import { type ClassifiesOnly, classProbabilities } from "../evaluate/confidence.ts"
import { meanOf } from "../evaluate/statistics.ts"
import { type SamplesOnly, samplesOf } from "../explore/samples.ts"
import type { Model, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"

export interface ProposalOptions extends SessionOptions {
  /** Draws from p(x). */
  readonly count: number
  readonly seed: number
  /**
   * `expected`: events as the sampler gives them, for some models expected values in [0, 1]. `drawn`: zeros and ones, each
   * 1 with the probability the sampler gives, for a classifier of binary pixels.
   */
  readonly pixels: "expected" | "drawn"
}

/** Draws from p(x) and what a classifier says of each. */
export interface Proposals {
  /** [count, ...event]. */
  readonly events: NdArray
  readonly classes: number
  /** p(y|x): [count, classes]. */
  readonly probabilities: Float64Array
}

export const conditionalAlready = (classes: number): string =>
  `bayes: the sampler is conditioned on ${classes} classes already; a p(x) without a condition is needed.`
export const otherEvents = (sampler: readonly number[], classifier: readonly number[]): string =>
  `bayes: the sampler draws events of shape ${formatShape(sampler)}, and the classifier reads ${formatShape(classifier)}.`
export const noSuchLabel = (label: number, classes: number): string =>
  `bayes: there is no class ${label}; the classifier knows 0 to ${classes - 1}.`
export const neverLikely = (label: number): string =>
  `bayes: the classifier gives class ${label} no probability for any draw, so nothing can be drawn for it.`

/** Draws x ~ p(x) and p(y|x) of each; one set of proposals serves all classes. Throws EidosError("usage") for models that do not fit together. */
export async function proposalsOf<M extends Model, C extends Model>(
  sampler: Trained<M> & SamplesOnly<M>,
  classifier: Trained<C> & ClassifiesOnly<C>,
  { count, seed, pixels, ...session }: ProposalOptions,
): Promise<Proposals> {
  const { classes, event } = sampler.model
  if (classes !== undefined) throw new EidosError("usage", conditionalAlready(classes))
  if (!sameShape(event, classifier.model.event))
    throw new EidosError("usage", otherEvents(event, classifier.model.event))
  const sampled = await samplesOf(sampler, count, { ...session, seed })
  const events = pixels === "drawn" ? coins(sampled, seed) : sampled
  const probabilities = await classProbabilities(classifier, events, session)
  return { events, classes: probabilities.length / count, probabilities }
}

/** Each value a probability, drawn; zeros and ones stay what they are. */
function coins({ shape, data }: NdArray, seed: number): NdArray {
  const noise = fillUniform({ seed, name: "bayes/pixels" }, new Float32Array(data.length))
  return { shape, data: Float32Array.from(data, (p, i) => (noise[i]! < p ? 1 : 0)) }
}

/** Draws from p(x|y) as the composition gives them. */
export interface Composed {
  /** [n, ...event]: draws from p(x), likelier ones several times. */
  readonly events: NdArray
  /** Rows of the proposals that were drawn: [n]. */
  readonly rows: Uint32Array
  /** How many independent draws from p(x|y) the weights are worth, from 1 to the number of proposals. */
  readonly effectiveSampleSize: number
  readonly proposals: number
  /** p(y) under the sampler: the mean weight. */
  readonly classProbability: Sampled
  /** The share of p(x|y) that the classifier itself puts into class y, over all weighted draws. */
  readonly agreement: Sampled
}

/**
 * n draws from p(x|y) among proposals, by systematic resampling (Carpenter et al. 1999): each proposal comes as often as
 * its share of the weight says, rounded up or down. Throws EidosError("usage") for a class that is none.
 */
export function resample(
  { events, classes, probabilities }: Proposals,
  { label, n, seed }: { readonly label: number; readonly n: number; readonly seed: number },
): Composed {
  if (!(Number.isInteger(label) && label >= 0 && label < classes))
    throw new EidosError("usage", noSuchLabel(label, classes))
  const proposals = events.shape[0]!
  const weights = Float64Array.from({ length: proposals }, (_, i) => probabilities[i * classes + label]!)
  const total = weights.reduce((a, b) => a + b, 0)
  if (total === 0) throw new EidosError("failed", neverLikely(label))
  const [offset] = fillUniform({ seed, name: "bayes/resample", item: label }, new Float32Array(1))
  const rows = systematic(weights, total, n, offset!)
  const classProbability: Sampled = {
    quantity: `p(y = ${label})`,
    kind: "estimate",
    ...meanOf(weights),
    unit: "probability",
    note: "mean of p(y|x) over draws from p(x)",
  }
  const effectiveSampleSize = total ** 2 / weights.reduce((sum, w) => sum + w * w, 0)
  const agreement = weightedAgreement(weights, total, { probabilities, classes, label })
  return { events: rowsOf(events, rows), rows, effectiveSampleSize, proposals, classProbability, agreement }
}

/** Σ w·right / Σ w with the standard error of a ratio of sums: √Σ (w/Σw)² (right − share)² (Owen 2013, eq. 9.8). */
function weightedAgreement(
  weights: Float64Array,
  total: number,
  { probabilities, classes, label }: { probabilities: Float64Array; classes: number; label: number },
): Sampled {
  const right = rightOnes(probabilities, classes, label)
  const value = weights.reduce((sum, w, i) => sum + w * right[i]!, 0) / total
  const squares = weights.reduce((sum, w, i) => sum + ((w / total) * (right[i]! - value)) ** 2, 0)
  return { ...sharedWords(label), value, standardError: Math.sqrt(squares) }
}

const sharedWords = (label: number) =>
  ({ quantity: `agreement with ${label}`, kind: "estimate", unit: "share" }) as const

/** 1 for each row of p(y|x) whose likeliest class is `label`, else 0. */
const rightOnes = (probabilities: Float64Array, classes: number, label: number): Float64Array =>
  Float64Array.from({ length: probabilities.length / classes }, (_, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes)
    return row.indexOf(Math.max(...row)) === label ? 1 : 0
  })

/** The rows under n marks at equal distances along the heaped weights. */
export function systematic(weights: Float64Array, total: number, n: number, offset: number): Uint32Array {
  const rows = new Uint32Array(n)
  let row = 0
  let heap = weights[0]!
  for (let i = 0; i < n; i++) {
    const mark = ((i + offset) / n) * total
    while (heap <= mark && row < weights.length - 1) heap += weights[++row]!
    rows[i] = row
  }
  return rows
}

function rowsOf({ shape, data }: NdArray, rows: Uint32Array): NdArray {
  const size = sizeOf(shape.slice(1))
  const out = new Float32Array(rows.length * size)
  for (const [i, row] of rows.entries()) out.set(data.subarray(row * size, (row + 1) * size), i * size)
  return { shape: [rows.length, ...shape.slice(1)], data: out }
}

/** n draws from p(x|y) composed of a sampler of p(x) and a classifier. */
export async function composeConditional<M extends Model, C extends Model>(
  sampler: Trained<M> & SamplesOnly<M>,
  classifier: Trained<C> & ClassifiesOnly<C>,
  { label, n, ...options }: ProposalOptions & { readonly label: number; readonly n: number },
): Promise<Composed> {
  return resample(await proposalsOf(sampler, classifier, options), { label, n, seed: options.seed })
}

/** The share of events [n, ...event] that a classifier gives this label, with its standard error. */
export async function agreement<C extends Model>(
  classifier: Trained<C> & ClassifiesOnly<C>,
  events: NdArray,
  label: number,
  session: SessionOptions = {},
): Promise<Sampled> {
  const probabilities = await classProbabilities(classifier, events, session)
  const classes = probabilities.length / events.shape[0]!
  return { ...sharedWords(label), ...meanOf(rightOnes(probabilities, classes, label)) }
}
