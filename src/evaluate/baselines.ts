/** What trivial models reach on the same split with the same preprocessing: they stand beside every number. */
import type { Estimate } from "../core/estimate.ts"
import { sizeOf } from "../core/shape.ts"
import {
  histogramBitsPerDim,
  type Measured,
  marginalBernoulliNats,
  pixelHistogramBitsPerDim,
  uniformBitsPerDim,
  uniformNats,
} from "../data/baselines.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { type EvaluationData, eventsOf } from "./evaluator.ts"
import { principalOf } from "./principal.ts"
import { meanOf } from "./statistics.ts"

/** Distinct values a prepared pixel takes, where it is a count: 2 when binary, 256 when dequantized; none for plain grey. */
export function levelsOf({
  dataset,
  preprocessing,
}: Pick<EvaluationData, "dataset" | "preprocessing">): 2 | 256 | undefined {
  if (dataset.levels === "real") return undefined
  if (dataset.levels === 2 || preprocessing.binarize !== "none") return 2
  return preprocessing.dequantize ? 256 : undefined
}

const wholeSplit = (data: EvaluationData, event: readonly number[]): Float32Array =>
  eventsOf(
    data,
    event,
    Uint32Array.from({ length: data.dataset.splits[data.split].count }, (_, i) => i),
  ).data

/** Grey levels as stored. */
const bytes = ({ dataset }: EvaluationData, split: EvaluationData["split"]) =>
  dataset.splits[split].pixels as Uint8Array

const baseline = (quantity: string, measured: Measured, unit: string, note?: string): Estimate => ({
  quantity,
  kind: "baseline",
  value: measured.value,
  unit,
  ...(measured.standardError > 0 && { standardError: measured.standardError }),
  ...(note !== undefined && { note }),
})

/** −log p of trivial models on a split, in nats when pixels are binary, in bits/dim when they are dequantized grey levels. */
export async function likelihoodBaselines(
  data: EvaluationData,
  event: readonly number[],
  session: SessionOptions = {},
): Promise<Estimate[]> {
  const eventSize = sizeOf(event)
  const levels = levelsOf(data)
  if (levels === undefined) return data.dataset.levels === "real" ? [await fullGaussian(data, event, session)] : []
  const { components, ...gaussian } = await pcaGaussian(data, event, levels, session)
  const note = `at most, by uniform dequantization; ${components} components chosen on validation`
  if (levels === 2) {
    const both = { train: wholeSplit({ ...data, split: "train" }, event), test: wholeSplit(data, event), eventSize }
    return [
      baseline("uniform", uniformNats(eventSize), "nats"),
      baseline("per-pixel marginal", marginalBernoulliNats(both), "nats"),
      baseline("PCA-Gaussian", gaussian, "nats", note),
    ]
  }
  const both = { train: bytes(data, "train"), test: bytes(data, data.split), eventSize }
  const bits = (nats: number) => nats / eventSize / Math.LN2
  const inBits = { value: bits(gaussian.value), standardError: bits(gaussian.standardError) }
  return [
    baseline("uniform", uniformBitsPerDim, "bits/dim"),
    baseline("global histogram", histogramBitsPerDim(both), "bits/dim"),
    baseline("per-pixel histogram", pixelHistogramBitsPerDim(both), "bits/dim"),
    baseline("PCA-Gaussian", inBits, "bits/dim", note),
  ]
}

/** −log N(x; μ, Σ) in nats of real numbers, with the mean and the covariance of the training data. */
async function fullGaussian(
  data: EvaluationData,
  event: readonly number[],
  session: SessionOptions,
): Promise<Estimate> {
  const principal = await principalOf(data, event, session)
  // A direction in which training data do not vary at all keeps a share of the largest variance; a density needs one.
  const floor = 1e-7 * principal.variances[0]!
  const variances = principal.variances.map((variance) => Math.max(variance, floor))
  const squares = await principal.squaredProjections(data)
  const measured = meanOf(gaussianNats(squares, variances, variances.length))
  return baseline(
    "Gaussian",
    measured,
    "nats",
    "a density of real numbers; full covariance, fitted to the training split",
  )
}

const componentCounts = [1, 2, 5, 10, 20, 50, 100, 200, 400, 783]

/**
 * −log P(x) ≤ E_u[−log N(x + u; μ, C)] of levels x with u uniform on one level's width, in nats, with C of probabilistic PCA
 * (Tipping and Bishop 1999) fitted to training data. The expectation is exact: the noise adds its variance 1/12 to every
 * squared projection.
 */
async function pcaGaussian(data: EvaluationData, event: readonly number[], levels: 2 | 256, session: SessionOptions) {
  const grey: EvaluationData = levels === 2 ? data : { ...data, preprocessing: { binarize: "none", dequantize: false } }
  const principal = await principalOf(grey, event, session)
  const scale = (levels - 1) ** 2 // prepared pixels are k / (levels − 1); the bound is stated on k itself
  const variances = principal.variances.map((variance) => variance * scale + 1 / 12)
  const choices = componentCounts.filter((count) => count < sizeOf(event))
  const nats = async (split: EvaluationData["split"]) => {
    const squares = await principal.squaredProjections({ ...grey, split })
    const noisy = squares.map((square) => square * scale + 1 / 12)
    return (components: number) => gaussianNats(noisy, variances, components)
  }
  const validation = await nats("validation")
  const scores = choices.map((components) => meanOf(validation(components)).value)
  const components = choices[scores.indexOf(Math.min(...scores))]!
  const measured = data.split === "validation" ? validation : await nats(data.split)
  return { ...meanOf(measured(components)), components }
}

/** −log density of each datum of these squared projections: variances along the leading axes, their mean elsewhere. */
function gaussianNats(squares: Float32Array, variances: Float64Array, components: number): Float64Array {
  const dimensions = variances.length
  const rest = variances.subarray(components).reduce((a, b) => a + b, 0) / (dimensions - components)
  const used = variances.map((variance, k) => (k < components ? variance : rest))
  const logDet = used.reduce((total, variance) => total + Math.log(variance), 0)
  const constant = dimensions * Math.log(2 * Math.PI) + logDet
  return Float64Array.from({ length: squares.length / dimensions }, (_, row) => {
    let quadratic = 0
    for (let k = 0; k < dimensions; k++) quadratic += squares[row * dimensions + k]! / used[k]!
    return 0.5 * (constant + quadratic)
  })
}

/** Squared error per pixel of the mean training image and of PCA with as many components as the model's code. */
export async function reconstructionBaselines(
  data: EvaluationData,
  event: readonly number[],
  latent: number,
  session: SessionOptions = {},
): Promise<Estimate[]> {
  const dimensions = sizeOf(event)
  const squares = await (await principalOf(data, event, session)).squaredProjections(data)
  // What the leading axes do not explain; the axes are orthonormal, so squared projections add up to squared distances.
  const errors = (components: number) =>
    Float64Array.from({ length: squares.length / dimensions }, (_, row) => {
      let left = 0
      for (let k = components; k < dimensions; k++) left += squares[row * dimensions + k]!
      return left / dimensions
    })
  const unit = "squared error per pixel"
  const code = latent < dimensions ? [baseline(`PCA-${latent}`, meanOf(errors(latent)), unit)] : []
  return [baseline("mean image", meanOf(errors(0)), unit), ...code]
}
