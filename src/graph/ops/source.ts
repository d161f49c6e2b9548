import type { NdArray } from "../../core/array.ts"
import type { Shape } from "../../core/shape.ts"
import { apply, type Op, type Tensor } from "../tensor.ts"

const noInputs = (name: string) => (): never => {
  throw new Error(`${name}: a source has no rule of its own; the interpreter and the lowering supply its value.`)
}

interface Port {
  readonly name: string
  readonly shape: Shape
}

/** A named input of the graph: a parameter, a batch, a scalar such as the learning rate. */
export const inputOp: Op<Port> = {
  name: "input",
  shape: (_, { shape }) => shape,
  reference: noInputs("input"),
  vjp: () => [],
  onnx: noInputs("input"),
  examples: [],
}

export type Distribution = "normal" | "uniform"

/** Noise: an input that the runtime fills from (seed, step, name) with the counter-based generator. */
export const drawOp: Op<Port & { readonly distribution: Distribution }> = {
  name: "draw",
  shape: (_, { shape }) => shape,
  reference: noInputs("draw"),
  vjp: () => [],
  onnx: noInputs("draw"),
  examples: [],
}

/** A number or an array known while tracing. */
export const constantOp: Op<{ readonly value: number } | { readonly value: NdArray }> = {
  name: "constant",
  shape: (_, { value }) => (typeof value === "number" ? [] : value.shape),
  reference: (_, __, { value }) => (typeof value === "number" ? Float64Array.of(value) : Float64Array.from(value.data)),
  vjp: () => [],
  onnx: (emit, _, { value }) => (typeof value === "number" ? emit.scalar(value) : emit.array(value)),
  examples: [
    { shapes: [], attrs: { value: 1.5 } },
    { shapes: [], attrs: { value: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } } },
  ],
}

/** Its input, of which no gradient flows back. */
export const stopGradientOp: Op<null> = {
  name: "stopGradient",
  shape: ([x]) => x!,
  reference: ([x]) => x!.slice(),
  vjp: () => [null],
  onnx: (emit, [x]) => emit.node("Identity", [x!]),
  examples: [{ shapes: [[2, 3]], attrs: null }],
}

export const input = (name: string, shape: Shape): Tensor => apply(inputOp, [], { name, shape })
export const draw = (name: string, shape: Shape, distribution: Distribution): Tensor =>
  apply(drawOp, [], { name, shape, distribution })
export const constant = (value: number | NdArray): Tensor => apply(constantOp, [], { value } as { value: number })
export const stopGradient = (x: Tensor): Tensor => apply(stopGradientOp, [x], null)

/** A tensor, or a number standing for a constant scalar. */
export type Operand = Tensor | number
export const lift = (x: Operand): Tensor => (typeof x === "number" ? constant(x) : x)
