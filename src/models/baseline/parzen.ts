/**
 * The Parzen window: a Gaussian of one width on every training point. Its density is exact, and a warning: windows on points
 * found by k-means beat windows on the data itself (Theis et al. 2016, section 3.5 and table 1), so its likelihood is to be
 * reported, not ranked.
 */
import { z } from "zod"
import type { NdArray } from "../../core/array.ts"
import { EidosError } from "../../core/errors.ts"
import { sizeOf } from "../../core/shape.ts"
import { add, div, maximum, mul, sub } from "../../graph/ops/arithmetic.ts"
import { reshape, sum } from "../../graph/ops/broadcast.ts"
import { gather } from "../../graph/ops/gather.ts"
import { matmul } from "../../graph/ops/matmul.ts"
import { logSumExp, mean } from "../../graph/ops/reduce.ts"
import { log, square } from "../../graph/ops/unary.ts"
import { buffer, type Live } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import type { FitData } from "../../model/capabilities.ts"
import { defineModel } from "../../model/define.ts"
import { parzen1962, theis2016 } from "../citations.ts"
import { dataOf, spacedRows } from "./pixels.ts"

const config = z.strictObject({
  points: z.int().min(1).max(10_000).default(2000).meta({ title: "Training data that carry a window" }),
  sigma: z
    .number()
    .positive()
    .exactOptional()
    .meta({ title: "Standard deviation of a window; the best on validation unless told" }),
})

export const tooFewPoints = (points: number, count: number): string =>
  `parzen: ${points} windows were asked for, and the training split has ${count} data. Use --points ${count} or fewer.`

export const parzen = defineModel({
  name: "parzen",
  title: "Parzen window",
  cites: [parzen1962, theis2016],
  config,
  density: "tractable",
  sampling: "direct",
  data: () => dataOf("grey"),
  training: { steps: 0, batchSize: 128, learningRate: 1e-3 },
  build({ points, sigma }, event) {
    const dimensions = sizeOf(event)
    const params = { points: buffer([points, dimensions]), sigma: buffer([]) }
    type P = Live<typeof params>

    // ‖x − p‖² = ‖x‖² + ‖p‖² − 2 x·p, all relative to the points' centre, where 32 bits lose least
    const squaredDistances = (p: P, x: Tensor): Tensor => {
      const centre = mean(p.points, 0, true)
      const [centred, windows] = [sub(reshape(x, [x.shape[0]!, dimensions]), centre), sub(p.points, centre)]
      const lengths = add(sum(square(centred), 1, true), sum(square(windows), 1))
      return maximum(sub(lengths, mul(matmul(centred, windows, { transB: true }), 2)), 0) // [batch, points]
    }
    // log (1/N) Σᵢ N(x; pᵢ, σ²I)
    const logProb = (p: P, x: Tensor): Tensor => {
      const exponents = div(squaredDistances(p, x), mul(square(p.sigma), -2))
      const normaliser = mul(add(mul(log(p.sigma), 2), Math.log(2 * Math.PI)), dimensions / 2)
      return sub(sub(logSumExp(exponents, 1), Math.log(points)), normaliser)
    }
    const sample = (p: P, n: number, { rng }: Env): Tensor => {
      const chosen = gather(p.points, mul(rng.fork("point").uniform([n]), points))
      return reshape(add(chosen, mul(rng.fork("pixels").normal([n, dimensions]), p.sigma)), [n, ...event])
    }
    return {
      density: "tractable" as const,
      sampling: "direct" as const,
      event,
      support: "real" as const,
      caution: "report it, do not rank by it (Theis et al. 2016)",
      params,
      logProb,
      sample,
      fit: async (data: FitData) => {
        if (data.train.count < points) throw new EidosError("config", tooFewPoints(points, data.train.count))
        const windows = spacedRows(data.train, dimensions, points)
        const width = sigma ?? bestSigma(windows, data)
        return new Map<string, NdArray>([
          ["points", { shape: [points, dimensions], data: windows }],
          ["sigma", { shape: [], data: Float32Array.of(width) }],
        ])
      },
      players: {},
    }
  },
})

// As many validation data as make the error of the mean small beside the steps between candidates.
const mostValidation = 1000
const candidates = 40

/** The width with the highest mean log-density of validation data, among widths from a hundredth of the data's spread up to it. */
function bestSigma(windows: Float32Array, { validation, dimensions }: FitData): number {
  const rows = spacedRows(validation, dimensions, mostValidation)
  const distances = distancesBetween(rows, windows, dimensions)
  const spread = spreadOf(windows, dimensions)
  const widths = Array.from({ length: candidates }, (_, i) => spread * 0.01 ** (1 - i / (candidates - 1)))
  const scores = widths.map((sigma) => meanLogDensity(distances, windows.length / dimensions, sigma, dimensions))
  return widths[scores.indexOf(Math.max(...scores))]!
}

/** Root of the mean variance of a coordinate. */
function spreadOf(rows: Float32Array, dimensions: number): number {
  const count = rows.length / dimensions
  const centre = new Float64Array(dimensions)
  for (let i = 0; i < rows.length; i++) centre[i % dimensions]! += rows[i]! / count
  return Math.sqrt(rows.reduce((total, x, i) => total + (x - centre[i % dimensions]!) ** 2, 0) / rows.length)
}

/** Squared distances of rows to windows: [rows, windows] flat. */
function distancesBetween(rows: Float32Array, windows: Float32Array, dimensions: number): Float64Array {
  const [n, m] = [rows.length / dimensions, windows.length / dimensions]
  const out = new Float64Array(n * m)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) {
      let total = 0
      for (let d = 0; d < dimensions; d++) total += (rows[i * dimensions + d]! - windows[j * dimensions + d]!) ** 2
      out[i * m + j] = total
    }
  return out
}

function meanLogDensity(distances: Float64Array, windows: number, sigma: number, dimensions: number): number {
  const rows = distances.length / windows
  let total = 0
  for (let i = 0; i < rows; i++) {
    const row = distances.subarray(i * windows, (i + 1) * windows)
    const nearest = row.reduce((least, d) => Math.min(least, d), Number.POSITIVE_INFINITY)
    const rest = row.reduce((sum, d) => sum + Math.exp((nearest - d) / (2 * sigma * sigma)), 0)
    total += Math.log(rest) - nearest / (2 * sigma * sigma)
  }
  return total / rows - Math.log(windows) - (dimensions / 2) * Math.log(2 * Math.PI * sigma * sigma)
}
