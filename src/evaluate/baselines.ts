/** What trivial models reach on the same split with the same preprocessing: they stand beside every number. */
import type { Estimate } from "../core/estimate.ts"
import { sizeOf } from "../core/shape.ts"
import {
  histogramBitsPerDim,
  type Measured,
  marginalBernoulliNats,
  pixelHistogramBitsPerDim,
  uniformNats,
} from "../data/baselines.ts"
import type { Moments } from "../model/capabilities.ts"
import { principalAxes } from "../models/autoencoder/pca.ts"
import { type EvaluationData, eventsOf } from "./evaluator.ts"
import { momentsOf } from "./moments.ts"
import { meanOf } from "./statistics.ts"

/** Distinct values a prepared pixel takes, where it is a count: 2 when binary, 256 when dequantized; none for plain grey. */
export function levelsOf({
  dataset,
  preprocessing,
}: Pick<EvaluationData, "dataset" | "preprocessing">): 2 | 256 | undefined {
  if (dataset.levels === 2 || preprocessing.binarize !== "none") return 2
  return preprocessing.dequantize ? 256 : undefined
}

const wholeSplit = (data: EvaluationData, event: readonly number[]): Float32Array =>
  eventsOf(
    data,
    event,
    Uint32Array.from({ length: data.dataset.splits[data.split].count }, (_, i) => i),
  ).data

const baseline = (quantity: string, measured: Measured, unit: string, note?: string): Estimate => ({
  quantity,
  kind: "baseline",
  value: measured.value,
  unit,
  ...(measured.standardError > 0 && { standardError: measured.standardError }),
  ...(note !== undefined && { note }),
})

/** −log p of trivial models on a split, in nats when pixels are binary, in bits/dim when they are dequantized grey levels. */
export async function likelihoodBaselines(data: EvaluationData, event: readonly number[]): Promise<Estimate[]> {
  const training: EvaluationData = { ...data, split: "train" }
  const eventSize = sizeOf(event)
  const levels = levelsOf(data)
  if (levels === undefined) return []
  const gaussian = await pcaGaussian(data, event, levels)
  if (levels === 2) {
    const both = { train: wholeSplit(training, event), test: wholeSplit(data, event), eventSize }
    return [
      baseline("uniform", uniformNats(eventSize), "nats"),
      baseline("per-pixel marginal", marginalBernoulliNats(both), "nats"),
      baseline(
        "PCA-Gaussian",
        gaussian,
        "nats",
        `at most, by uniform dequantization; ${gaussian.components} components chosen on validation`,
      ),
    ]
  }
  const both = { train: data.dataset.splits.train.pixels, test: data.dataset.splits[data.split].pixels, eventSize }
  const bits = (nats: number) => nats / eventSize / Math.LN2
  const inBits = { value: bits(gaussian.value), standardError: bits(gaussian.standardError) }
  return [
    baseline("uniform", { value: 8, standardError: 0 }, "bits/dim"),
    baseline("global histogram", histogramBitsPerDim(both), "bits/dim"),
    baseline("per-pixel histogram", pixelHistogramBitsPerDim(both), "bits/dim"),
    baseline(
      "PCA-Gaussian",
      inBits,
      "bits/dim",
      `at most, by uniform dequantization; ${gaussian.components} components chosen on validation`,
    ),
  ]
}

const componentCounts = [1, 2, 5, 10, 20, 50, 100, 200, 400, 783]

/**
 * −log P(x) ≤ E_u[−log N(x + u; μ, C)] of levels x with u uniform on one level's width, in nats, with C of probabilistic PCA
 * fitted to training data. The expectation is exact: the noise adds its variance 1/12 to every squared projection.
 */
async function pcaGaussian(data: EvaluationData, event: readonly number[], levels: 2 | 256) {
  const grey: EvaluationData = levels === 2 ? data : { ...data, preprocessing: { binarize: "none", dequantize: false } }
  const moments = await momentsOf({ ...grey, split: "train" }, event)
  const scale = levels - 1 // prepared pixels are k / (levels − 1); the bound is stated on k itself
  const axes = axesOfLevels(moments, scale)
  const choices = componentCounts.filter((count) => count < moments.mean.length)
  const nats = (split: EvaluationData["split"], counts: readonly number[]) =>
    gaussianNats(wholeSplit({ ...grey, split }, event), moments.mean, axes, scale, counts)
  const validation = nats("validation", choices).map((values) => meanOf(values).value)
  const components = choices[validation.indexOf(Math.min(...validation))]!
  const [values] = data.split === "validation" ? [nats("validation", [components])[0]!] : nats(data.split, [components])
  return { ...meanOf(values!), components }
}

/** Principal axes of the levels with dequantization noise, whose variance is 1/12 in every direction. */
function axesOfLevels(moments: Moments, scale: number) {
  const { variances, axes } = principalAxes(moments)
  return { axes, variances: variances.map((v) => v * scale ** 2 + 1 / 12) }
}

/** Expected −log density of each datum for each number of components: [counts][n]. */
function gaussianNats(
  events: Float32Array,
  mean: Float64Array,
  { axes, variances }: { axes: Float64Array[]; variances: Float64Array },
  scale: number,
  counts: readonly number[],
): Float64Array[] {
  const dimensions = mean.length
  const n = events.length / dimensions
  const models = counts.map((count) => {
    const noise = variances.subarray(count).reduce((a, b) => a + b, 0) / (dimensions - count)
    const used = variances.subarray(0, count)
    const logDet = used.reduce((total, v) => total + Math.log(v), 0) + (dimensions - count) * Math.log(noise)
    const jitter = (used.reduce((total, v) => total + 1 / v, 0) + (dimensions - count) / noise) / 12
    return { count, noise, constant: 0.5 * (dimensions * Math.log(2 * Math.PI) + logDet + jitter) }
  })
  const results = counts.map(() => new Float64Array(n))
  const most = Math.max(...counts)
  const centred = new Float64Array(dimensions)
  for (let row = 0; row < n; row++) {
    let left = 0
    for (let d = 0; d < dimensions; d++) {
      centred[d] = (events[row * dimensions + d]! - mean[d]!) * scale
      left += centred[d]! ** 2
    }
    let quadratic = 0
    let model = 0
    for (let k = 0; k <= most; k++) {
      if (models[model]?.count === k) {
        const { noise, constant } = models[model]!
        results[model++]![row] = constant + 0.5 * (quadratic + left / noise)
      }
      if (k === most) break
      const axis = axes[k]!
      let projection = 0
      for (let d = 0; d < dimensions; d++) projection += centred[d]! * axis[d]!
      quadratic += projection ** 2 / variances[k]!
      left -= projection ** 2
    }
  }
  return results
}

/** Squared error per pixel of the mean training image and of PCA with as many components as the model's code. */
export async function reconstructionBaselines(
  data: EvaluationData,
  event: readonly number[],
  latent: number,
): Promise<Estimate[]> {
  const moments = await momentsOf({ ...data, split: "train" }, event)
  const { axes } = principalAxes(moments)
  const dimensions = moments.mean.length
  const events = wholeSplit(data, event)
  const errors = (components: number) => {
    const used = axes.slice(0, components)
    return Float64Array.from({ length: events.length / dimensions }, (_, row) => {
      const centred = moments.mean.map((m, d) => events[row * dimensions + d]! - m)
      const kept = used.reduce((total, axis) => total + axis.reduce((dot, a, d) => dot + a * centred[d]!, 0) ** 2, 0)
      return (centred.reduce((total, c) => total + c * c, 0) - kept) / dimensions
    })
  }
  const unit = "squared error per pixel"
  return [
    baseline("mean image", meanOf(errors(0)), unit),
    ...(latent < dimensions ? [baseline(`PCA-${latent}`, meanOf(errors(latent)), unit)] : []),
  ]
}
