/**
 * The Parzen window estimate of a sampler's log-likelihood (Breuleux et al. 2011): the density of a mixture of Gaussians,
 * one at each sample. Theis, van den Oord and Bethge 2016 show that it ranks models wrongly, so it is reported, never ranked.
 */
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { sizeOf } from "../core/shape.ts"
import { graphOf } from "../graph/graph.ts"
import { add, mul, sub } from "../graph/ops/arithmetic.ts"
import { reshape, sum } from "../graph/ops/broadcast.ts"
import { concat } from "../graph/ops/layout.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { logSumExp } from "../graph/ops/reduce.ts"
import { input } from "../graph/ops/source.ts"
import { square } from "../graph/ops/unary.ts"
import { simplify } from "../graph/simplify.ts"
import { compile, type SessionOptions } from "../runtime/ort-node.ts"
import { logAddExp, meanOf } from "./statistics.ts"

/** Widths of the window that are tried on validation data, a factor of about 1.3 apart. */
export const usualWidths: readonly number[] = [0.05, 0.065, 0.085, 0.11, 0.14, 0.18, 0.24, 0.3, 0.4, 0.5]

export interface ParzenEstimate {
  /** Mean log density of the test events, in nats. */
  readonly value: number
  /** Over the test events. */
  readonly standardError: number
  /** The width chosen on validation. */
  readonly sigma: number
  /** Number of samples. */
  readonly samples: number
}

export interface ParzenOptions extends SessionOptions {
  readonly widths?: readonly number[]
}

export const noSamples = "parzen: no samples came; the estimate needs at least one."

/** Mean log density of `test` under windows on `samples`, their width chosen on `validation`; events are rows of flat or shaped arrays. Throws EidosError("usage"). */
export async function parzenEstimate(
  { samples, validation, test }: { readonly samples: NdArray; readonly validation: NdArray; readonly test: NdArray },
  { widths = usualWidths, ...session }: ParzenOptions = {},
): Promise<ParzenEstimate> {
  const tried = await parzenLogDensities(samples, validation, widths, session)
  const scores = tried.map((logDensities) => meanOf(logDensities).value)
  const sigma = widths[scores.indexOf(Math.max(...scores))]!
  const [measured] = await parzenLogDensities(samples, test, [sigma], session)
  return { ...meanOf(measured!), sigma, samples: samples.shape[0]! }
}

const [rowsPerRun, samplesPerRun] = [500, 1000]

/**
 * log (1/n) Σᵢ N(x; sᵢ, σ²I) of each event x for each width, in nats: log-mean-exp over samples, less D·log(σ√2π). Squared
 * distances come from matrix products; the last samples of an uneven number are padded far away, where they weigh nothing.
 */
export async function parzenLogDensities(
  samples: NdArray,
  events: NdArray,
  widths: readonly number[],
  session: SessionOptions = {},
): Promise<Float64Array[]> {
  const [n = 0, count = 0] = [samples.shape[0], events.shape[0]]
  if (n === 0) throw new EidosError("usage", noSamples)
  const dimensions = sizeOf(events.shape.slice(1))
  const program = await compile(simplify(graphOf({ logSums: logSums(dimensions, widths) })), session)
  const totals = widths.map(() => new Float64Array(count).fill(Number.NEGATIVE_INFINITY))
  for (let s = 0; s < n; s += samplesPerRun) {
    const window = paddedRows(samples, s, samplesPerRun, dimensions)
    const far = { shape: [samplesPerRun], data: Float32Array.from(window.isReal, (real) => (real ? 0 : remote)) }
    for (let r = 0; r < count; r += rowsPerRun) {
      const x = paddedRows(events, r, rowsPerRun, dimensions).array
      const { logSums: found } = await program.run({ x, samples: window.array, far })
      for (const [w, total] of totals.entries())
        for (let i = 0; i < rowsPerRun && r + i < count; i++)
          total[r + i] = logAddExp(total[r + i]!, found!.data[i * widths.length + w]!)
    }
  }
  await program.dispose()
  const normaliser = (sigma: number) => Math.log(n) + dimensions * Math.log(sigma * Math.sqrt(2 * Math.PI))
  return totals.map((total, w) => total.map((value) => value - normaliser(widths[w]!)))
}

// Squared distance added to padding: e^(−10⁶ / 2σ²) is zero for every width below 100.
const remote = 1e6

/** log Σ exp(−‖x − s‖² / 2σ²) over one run's samples, for each width: [rows, widths]. */
function logSums(dimensions: number, widths: readonly number[]) {
  const x = input("x", [rowsPerRun, dimensions])
  const samples = input("samples", [samplesPerRun, dimensions])
  const norms = add(sum(square(samples), 1), input("far", [samplesPerRun]))
  const rowNorms = reshape(sum(square(x), 1), [rowsPerRun, 1])
  const distances = add(sub(rowNorms, mul(matmul(x, samples, { transB: true }), 2)), norms) // [rows, samples]
  return concat(
    widths.map((sigma) => logSumExp(mul(distances, -1 / (2 * sigma ** 2)), 1, true)),
    1,
  )
}

/** Rows `first … first + length − 1` as a matrix, zeros where there are no more, and which of them are real. */
function paddedRows({ data }: NdArray, first: number, length: number, dimensions: number) {
  const rows = new Float32Array(length * dimensions)
  rows.set(data.subarray(first * dimensions, (first + length) * dimensions))
  const isReal = Array.from({ length }, (_, i) => (first + i) * dimensions < data.length)
  return { array: { shape: [length, dimensions], data: rows }, isReal }
}
