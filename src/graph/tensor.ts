import type { NdArray } from "../core/array.ts"
import type { Shape } from "../core/shape.ts"

/** Values of one tensor in the reference interpreter: 64-bit, row-major. */
export type Values = Float64Array

/** A symbolic tensor: which op makes it, from what. It owns no buffer, so there is nothing to dispose. */
export interface Tensor {
  readonly op: Op<any> // any: a graph mixes ops of all attribute types
  readonly inputs: readonly Tensor[]
  readonly attrs: any
  readonly shape: Shape
}

/** Attributes of an ONNX node; a bare number is an integer, `{ float }` a float. */
export type Attributes = Readonly<Record<string, number | string | { readonly float: number } | readonly number[]>>

/** Where an ONNX program will run, as far as the choice of operators depends on it. */
export interface Target {
  /** `any` is a file that must run anywhere: standard operators only. */
  readonly provider: "any" | "cpu" | "wasm" | "webgpu" | "cuda"
  /** Channels in a block of the processor's own convolution layout; absent where there is none, or it was not probed. */
  readonly block?: number
}

/** The body of a node: from its ports to its outputs; it may also read values of the graph around it. */
export interface InnerGraph {
  readonly ports: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  readonly around: ReadonlyMap<Tensor, string>
}

/** What an op may ask of the ONNX graph under construction. Names are value names. */
export interface Emitter {
  readonly target: Target
  /** A node of the standard operators, or of another domain. */
  node(type: string, inputs: readonly string[], attributes?: Attributes, domain?: string): string
  /** A node of the standard operators with several results. */
  outputs(count: number, type: string, inputs: readonly string[], attributes?: Attributes): string[]
  /** A 32-bit float scalar constant. */
  scalar(value: number): string
  /** A 1-D int64 constant. */
  ints(values: readonly number[]): string
  array(value: NdArray): string
  /** What `make` names, made once for the same key and operands: the results of an op that has several. */
  once(key: object, operands: readonly string[], make: () => readonly string[]): readonly string[]
  /** Values of `outputs`, made in this graph from those of the ports. */
  inline(outputs: readonly Tensor[], ports: ReadonlyMap<Tensor, string>): string[]
  /** A node with several results and a graph of its own as the attribute `body`. */
  nested(count: number, type: string, inputs: readonly string[], attributes: Attributes, body: InnerGraph): string[]
  /** A 1-D int64 operand of Reshape or Expand, in which a symbolic batch axis is written as the operator expects it. */
  shape(shape: Shape): string
}

/** A point where the contract test plays the rules of an op off against one another. */
export interface Example<A> {
  readonly shapes: readonly Shape[]
  readonly attrs: A
  /** Inputs are drawn uniformly from here; [-2, 2] unless told. */
  readonly range?: readonly [low: number, high: number]
  /** Inputs keep this distance from kinks, where central differences say nothing. */
  readonly kinks?: readonly number[]
  /** Inputs whose pairwise differences matter (max, comparisons) are spread so that no two are close. */
  readonly distinct?: boolean
}

/** Everything eidos knows about one primitive. */
export interface Op<A> {
  readonly name: string
  /** Shape of the result. Throws ShapeError. */
  shape(inputs: readonly Shape[], attrs: A): Shape
  /** The slow, obvious definition: the oracle every provider is compared with. */
  reference(inputs: readonly Values[], shapes: readonly Shape[], attrs: A): Values
  /** Cotangents of the inputs given `g`, the cotangent of `y`; null where not differentiable. Written in differentiable ops. */
  vjp(g: Tensor, y: Tensor, inputs: readonly Tensor[], attrs: A): readonly (Tensor | null)[]
  /** Adds the op to an ONNX graph and returns the name of its result. */
  onnx(emit: Emitter, inputs: readonly string[], attrs: A, shapes: readonly Shape[]): string
  readonly examples: readonly Example<A>[]
  /** Its result has the shape of its one operand, and each element depends on the element in its place alone. */
  readonly elementwise?: true
  /** Range of inputs, the same for each, over which no result and no cotangent may be NaN. */
  readonly finite?: readonly [low: number, high: number]
}

/** The tensor that `op` makes of `inputs`. Throws ShapeError while tracing when they do not fit. */
export const apply = <A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor => ({
  op,
  inputs,
  attrs,
  shape: op.shape(
    inputs.map((input) => input.shape),
    attrs,
  ),
})

export const isTensor = (node: unknown): node is Tensor =>
  typeof node === "object" && node !== null && "op" in node && "inputs" in node
