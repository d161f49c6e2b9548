/** Elementwise functions between layers that are one ONNX operator or a short composition. */
import { apply, type Op, type Tensor } from "../tensor.ts"
import { add, maximum, mul, neg, sub } from "./arithmetic.ts"
import { erf, erfValue } from "./special.ts"
import { exp, positive, relu, sigmoid, square, unaryOp } from "./unary.ts"

/** x above zero, slope·x below, for a slope between 0 and 1. */
export const leakyReluOp: Op<{ readonly slope: number }> = {
  name: "leakyRelu",
  elementwise: true,
  shape: ([x]) => x!,
  reference: ([x], _, { slope }) => x!.map((value) => (value > 0 ? value : slope * value)),
  vjp: (g, y, _, { slope }) => [mul(g, maximum(positive(y), slope))],
  onnx: (emit, [x], { slope }) => emit.node("LeakyRelu", [x!], { alpha: { float: slope } }),
  examples: [{ shapes: [[2, 3]], attrs: { slope: 0.2 }, kinks: [0] }],
  finite: [-1e30, 1e30],
}

/** x above zero, eˣ − 1 below (Clevert et al. 2016, with α = 1): its slope below is y + 1. */
export const eluOp = unaryOp({
  name: "elu",
  value: (x) => (x > 0 ? x : Math.expm1(x)),
  vjp: (g, _, y) => mul(g, sub(1, relu(neg(y)))),
  onnx: "Elu",
  finite: [-1e30, 1e30],
  example: { kinks: [0] },
})

// Φ and φ, the distribution function and the density of a standard normal number
const normalShare = (x: Tensor): Tensor => add(mul(erf(mul(x, Math.SQRT1_2)), 0.5), 0.5)
const normalDensity = (x: Tensor): Tensor => mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI))

/** x·Φ(x) (Hendrycks and Gimpel 2016), the exact form. */
export const geluOp = unaryOp({
  name: "gelu",
  value: (x) => (x / 2) * (1 + erfValue(x * Math.SQRT1_2)),
  vjp: (g, x) => mul(g, add(normalShare(x), mul(x, normalDensity(x)))),
  onnx: "Gelu",
  finite: [-1e15, 1e15],
})

/** x above zero, slope·x below; shaped like x. The slope lies between 0 and 1. */
export const leakyRelu = (x: Tensor, slope: number): Tensor => apply(leakyReluOp, [x], { slope })
/** x above zero, eˣ − 1 below, elementwise. */
export const elu = (x: Tensor): Tensor => apply(eluOp, [x], null)
/** x·Φ(x) with the normal distribution function Φ, elementwise. */
export const gelu = (x: Tensor): Tensor => apply(geluOp, [x], null)
/** x·σ(x), elementwise (Elfwing et al. 2018). */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x))
