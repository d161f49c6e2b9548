import type { NdArray } from "../core/array.ts"
import { fillNormal, fillUniform, type Stream } from "../core/random.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { type Entry, entries, type Mapped, mapTree } from "../core/tree.ts"
import { input } from "./ops/source.ts"
import type { Tensor } from "./tensor.ts"

/** How a parameter starts: values of this shape from this stream. */
export type Init = (shape: Shape, stream: Stream) => Float32Array

/** A parameter before it exists. Weights are moved by optimisers; buffers only by a player's `assign` or a fit. */
export interface Leaf {
  readonly kind: "weight" | "buffer"
  readonly shape: Shape
  readonly init: Init
  /** Which of its numbers may differ from zero; all unless told. Training starts from zeros elsewhere, and the model sends them no gradient. */
  readonly keeps?: (at: number) => boolean
}

/** A parameter tree while tracing: tensors in place of leaves. */
export type Live<P> = Mapped<P, Leaf, Tensor>
/** A parameter tree at rest: numbers in place of leaves. */
export type Stored<P> = Mapped<P, Leaf, NdArray>
/** Parameters at rest by path, as checkpoints keep them. */
export type Parameters = ReadonlyMap<string, NdArray>

export const isLeaf = (node: unknown): node is Leaf =>
  typeof node === "object" && node !== null && "init" in node && "kind" in node

export const zeros: Init = (shape) => new Float32Array(sizeOf(shape))

/** N(0, std²). */
export const normalInit =
  (std: number): Init =>
  (shape, stream) =>
    fillNormal(stream, new Float32Array(sizeOf(shape))).map((x) => std * x)

/** U(−a, a) with a = √(6 / (inputs + outputs)) (Glorot and Bengio 2010, eq. 16) of a matrix [inputs, outputs]. */
export const glorotUniform: Init = (shape, stream) => {
  const limit = Math.sqrt(6 / ((shape[0] ?? 1) + (shape[1] ?? 1)))
  return fillUniform(stream, new Float32Array(sizeOf(shape))).map((u) => limit * (2 * u - 1))
}

export const weight = (shape: Shape, init: Init): Leaf => ({ kind: "weight", shape, init })
/** A weight of which only the numbers at the places that `keeps` names differ from zero. */
export const sparseWeight = (shape: Shape, init: Init, keeps: (at: number) => boolean): Leaf => ({
  ...weight(shape, init),
  keeps,
})
export const buffer = (shape: Shape, init: Init = zeros): Leaf => ({ kind: "buffer", shape, init })

/** Leaves with their paths, such as `decoder.0.w`. */
export const leaves = (params: unknown): Entry<Leaf>[] => entries(params, isLeaf)

/** The tree with each leaf replaced by the graph input that carries it; the input's name is the leaf's path. */
export const live = <P>(params: P): Live<P> => mapTree(params, isLeaf, (leaf, path) => input(path, leaf.shape))

/** The same array, with zeros where its leaf keeps nothing. */
export function confine(array: Float32Array, { keeps }: Leaf): Float32Array {
  if (keeps) for (let at = 0; at < array.length; at++) if (!keeps(at)) array[at] = 0
  return array
}

/** First values of all parameters: a pure function of the seed and the leaf's path. */
export const initialize = (params: unknown, seed: number): Map<string, NdArray> =>
  new Map(
    leaves(params).map(({ path, value }) => [
      path,
      { shape: value.shape, data: confine(value.init(value.shape, { seed, name: `init/${path}` }), value) },
    ]),
  )

/** Number of trainable weights. */
export const countWeights = (params: unknown): number =>
  leaves(params).reduce((total, { value }) => total + (value.kind === "weight" ? sizeOf(value.shape) : 0), 0)
