/** Pictures of what a model has learnt, as arrays of events in the data's own scale; `picture/` turns them into images. */
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { fillNormal } from "../core/random.ts"
import { sizeOf } from "../core/shape.ts"
import { compileFor, labelsInTurn, oneHotFeeds } from "../evaluate/evaluator.ts"
import { input } from "../graph/ops/source.ts"
import type { Decodes, Encodes, Model, Needs, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"

type DecodesOnly<M> = Needs<M, Decodes<any>, "no decoder: the model has no latent code to decode.">
type EncodesOnly<M> = Needs<M, Encodes<any>, "no encoder: the model gives no codes.">

/** Events [n, ...event] of codes [n, latent]; of a conditional model under these labels, in turn 0, 1, … unless told. */
export async function decodeCodes<M extends Model>(
  trained: Trained<M> & DecodesOnly<M>,
  codes: NdArray,
  labels?: readonly number[],
  session: SessionOptions = {},
): Promise<NdArray> {
  const model = trained.model as Model & Decodes<any> // guaranteed by the parameter's type
  const [n = 0, latent = 0] = codes.shape
  if (latent !== model.latent) throw new EidosError("usage", wrongCode(latent, model.latent))
  const program = await compileFor(model, (p, env) => ({ x: model.decode(p, input("z", [n, model.latent]), env) }), {
    ...session,
    rows: n,
  })
  const { x } = await program.run(trained.parameters, {
    z: codes,
    ...oneHotFeeds(model, labels ?? labelsInTurn(model, n)),
  })
  await program.dispose()
  return x!
}

export const wrongCode = (came: number, needed: number): string =>
  `decode: a code of ${came} numbers came, but the model's codes have ${needed}.`

/** Codes [n, latent] of events [n, ...event]; of a conditional model under these labels, in turn 0, 1, … unless told. */
export async function encodeEvents<M extends Model>(
  trained: Trained<M> & EncodesOnly<M>,
  events: NdArray,
  labels?: readonly number[],
  session: SessionOptions = {},
): Promise<NdArray> {
  const model = trained.model as Model & Encodes<any> // guaranteed by the parameter's type
  const n = events.shape[0]!
  const program = await compileFor(model, (p, env) => ({ z: model.encode(p, input("x", events.shape), env) }), {
    ...session,
    rows: n,
  })
  const { z } = await program.run(trained.parameters, {
    x: events,
    ...oneHotFeeds(model, labels ?? labelsInTurn(model, n)),
  })
  await program.dispose()
  return z!
}

/** g(f(x)) of events [n, ...event]. */
export async function reconstructions<M extends Model>(
  trained: Trained<M> & EncodesOnly<M> & DecodesOnly<M>,
  events: NdArray,
  labels?: readonly number[],
  session: SessionOptions = {},
): Promise<NdArray> {
  return decodeCodes(trained, await encodeEvents(trained, events, labels, session), labels, session)
}

/** N(m̂, diag Δ̂) fitted to codes [n, latent]: the sampler of a plain autoencoder, which has none of its own. */
export interface CodeGaussian {
  readonly mean: Float64Array
  readonly std: Float64Array
}

export function fitCodeGaussian(codes: Float32Array, latent: number): CodeGaussian {
  const n = codes.length / latent
  const mean = new Float64Array(latent)
  const std = new Float64Array(latent)
  for (let i = 0; i < codes.length; i++) mean[i % latent]! += codes[i]! / n
  for (let i = 0; i < codes.length; i++) std[i % latent]! += (codes[i]! - mean[i % latent]!) ** 2 / n
  return { mean, std: std.map(Math.sqrt) }
}

/** n codes [n, latent] drawn from the fitted Gaussian. */
export function drawCodes({ mean, std }: CodeGaussian, n: number, seed: number): NdArray {
  const latent = mean.length
  const noise = fillNormal({ seed, name: "codes" }, new Float32Array(n * latent))
  return { shape: [n, latent], data: noise.map((e, i) => mean[i % latent]! + std[i % latent]! * e) }
}

/** (1 − t)·a + t·b. */
export const linear = (a: ArrayLike<number>, b: ArrayLike<number>, t: number): Float32Array =>
  Float32Array.from(a, (value, i) => (1 - t) * value + t * b[i]!)

/** The great circle from a to b, which keeps the norm that linear paths between Gaussian codes lose (Shoemake 1985). */
export function spherical(a: ArrayLike<number>, b: ArrayLike<number>, t: number): Float32Array {
  const [x, y] = [Array.from(a), Array.from(b)]
  const dot = x.reduce((total, value, i) => total + value * y[i]!, 0)
  const cosine = Math.max(-1, Math.min(1, dot / (Math.hypot(...x) * Math.hypot(...y))))
  const angle = Math.acos(cosine)
  if (!(angle > 1e-6)) return linear(a, b, t) // parallel, or one of them zero: the arc is the line
  const [wa, wb] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)]
  return Float32Array.from(x, (value, i) => wa * value + wb * y[i]!)
}

/** Paths between the rows of `from` and `to` [n, width] by `path`: [n · frames, width], row by row. */
export function pathsBetween(from: NdArray, to: NdArray, frames: number, path: typeof linear): NdArray {
  const n = from.shape[0]!
  const width = sizeOf(from.shape.slice(1))
  const data = new Float32Array(n * frames * width)
  const row = (array: NdArray, i: number) => array.data.subarray(i * width, (i + 1) * width)
  for (let i = 0; i < n; i++)
    for (let f = 0; f < frames; f++)
      data.set(path(row(from, i), row(to, i), frames === 1 ? 0 : f / (frames - 1)), (i * frames + f) * width)
  return { shape: [n * frames, ...from.shape.slice(1)], data }
}

/** Codes that move one dimension of `code` [latent] through `values`, one row of pictures a dimension: [dims · values, latent]. */
export function traversal(code: ArrayLike<number>, dimensions: readonly number[], values: readonly number[]): NdArray {
  const latent = code.length
  const data = new Float32Array(dimensions.length * values.length * latent)
  for (const [i, dimension] of dimensions.entries())
    for (const [j, value] of values.entries()) {
      const at = (i * values.length + j) * latent
      data.set(Float32Array.from(code), at)
      data[at + dimension] = value
    }
  return { shape: [dimensions.length * values.length, latent], data }
}

/** The grid of 2-D codes with these coordinates, rows from the largest z₂ down: [ys · xs, 2]. */
export function codeGrid(xs: readonly number[], ys: readonly number[]): NdArray {
  const points = [...ys].reverse().flatMap((y) => xs.flatMap((x) => [x, y]))
  return { shape: [xs.length * ys.length, 2], data: Float32Array.from(points) }
}

/** n points that split N(0, 1) into equal shares: its quantiles at (i + ½)/n (Acklam's rational approximation, error < 1.2e-9). */
export const normalQuantiles = (n: number): number[] =>
  Array.from({ length: n }, (_, i) => inverseNormal((i + 0.5) / n))

function inverseNormal(p: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ]
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1]
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ]
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1]
  const horner = (terms: readonly number[], x: number) => terms.reduce((total, term) => total * x + term, 0)
  const tail = (q: number) => horner(c, q) / horner(d, q)
  if (p < 0.02425) return tail(Math.sqrt(-2 * Math.log(p)))
  if (p > 1 - 0.02425) return -tail(Math.sqrt(-2 * Math.log(1 - p)))
  const q = p - 0.5
  return (q * horner(a, q * q)) / horner(b, q * q)
}
