/** Elementwise functions beyond those of unary.ts: reciprocal root, error function, sine and cosine. */
import { apply, type Op, type Tensor } from "../tensor.ts"
import { mul, neg } from "./arithmetic.ts"
import { exp, square, unaryOp } from "./unary.ts"

/** 1/√x. */
export const rsqrtOp = unaryOp({
  name: "rsqrt",
  value: (x) => 1 / Math.sqrt(x),
  vjp: (g, _, y) => mul(mul(g, -0.5), mul(y, square(y))),
  onnx: (emit, [x]) => emit.node("Reciprocal", [emit.node("Sqrt", [x!])]),
  finite: [1e-12, 1e30],
  example: { range: [0.2, 3] },
})

/** erf x = 2/√π e^(−x²) Σₙ 2ⁿ x^(2n+1) / (2n+1)!!: all terms of one sign (Abramowitz and Stegun 1964, eq. 7.1.6). */
export function erfValue(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x) // 1 − erf 6 is less than 10⁻¹⁶
  let [term, total] = [x, x]
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    total += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total
}

/** 2/√π ∫₀ˣ e^(−t²) dt. */
export const erfOp = unaryOp({
  name: "erf",
  value: erfValue,
  vjp: (g, x) => mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
  onnx: "Erf",
  finite: [-1e18, 1e18],
})
/** sin x. */
export const sinOp = unaryOp({ name: "sin", value: Math.sin, vjp: (g, x) => mul(g, cos(x)), onnx: "Sin" })
/** cos x. */
export const cosOp = unaryOp({ name: "cos", value: Math.cos, vjp: (g, x) => neg(mul(g, sin(x))), onnx: "Cos" })

const operator =
  (op: Op<null>) =>
  (x: Tensor): Tensor =>
    apply(op, [x], null)
/** 1/√x, elementwise. */
export const rsqrt = operator(rsqrtOp)
/** The error function, elementwise. */
export const erf = operator(erfOp)
/** The sine of an angle in radians, elementwise. */
export const sin = operator(sinOp)
/** The cosine of an angle in radians, elementwise. */
export const cos = operator(cosOp)
