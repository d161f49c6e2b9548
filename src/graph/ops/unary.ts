import { apply, type Example, type Op, type Tensor } from "../tensor.ts"
import { div, mul, sub } from "./arithmetic.ts"

interface Unary {
  readonly name: string
  readonly value: (x: number) => number
  readonly vjp: (g: Tensor, x: Tensor, y: Tensor) => Tensor | null
  /** An ONNX operator, or an emission from the operand's name. */
  readonly onnx: string | Op<null>["onnx"]
  readonly finite?: readonly [low: number, high: number]
  readonly example?: Partial<Example<null>>
}

/** An elementwise op of one operand. */
export const unaryOp = (rule: Unary): Op<null> => ({
  name: rule.name,
  elementwise: true,
  shape: ([x]) => x!,
  reference: ([x]) => x!.map(rule.value),
  vjp: (g, y, [x]) => [rule.vjp(g, x!, y)],
  onnx: typeof rule.onnx === "string" ? (emit, [x]) => emit.node(rule.onnx as string, [x!]) : rule.onnx,
  examples: [{ shapes: [[2, 3]], attrs: null, ...rule.example }],
  ...(rule.finite && { finite: rule.finite }),
})

export const expOp = unaryOp({
  name: "exp",
  value: Math.exp,
  vjp: (g, _, y) => mul(g, y),
  onnx: "Exp",
  finite: [-1e4, 80],
})
export const logOp = unaryOp({
  name: "log",
  value: Math.log,
  vjp: (g, x) => div(g, x),
  onnx: "Log",
  finite: [1e-30, 1e30],
  example: { range: [0.2, 3] },
})
export const sqrtOp = unaryOp({
  name: "sqrt",
  value: Math.sqrt,
  vjp: (g, _, y) => div(mul(g, 0.5), y),
  onnx: "Sqrt",
  finite: [1e-30, 1e30],
  example: { range: [0.2, 3] },
})
/** Pow and Square have no fast kernel; a product has. */
export const squareOp = unaryOp({
  name: "square",
  value: (x) => x * x,
  vjp: (g, x) => mul(g, mul(x, 2)),
  onnx: (emit, [x]) => emit.node("Mul", [x!, x!]),
  finite: [-1e18, 1e18],
})
export const tanhOp = unaryOp({
  name: "tanh",
  value: Math.tanh,
  vjp: (g, _, y) => mul(g, sub(1, square(y))),
  onnx: "Tanh",
  finite: [-1e30, 1e30],
})
export const sigmoidOp = unaryOp({
  name: "sigmoid",
  value: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  vjp: (g, _, y) => mul(g, mul(y, sub(1, y))),
  onnx: "Sigmoid",
  finite: [-1e30, 1e30],
})
/** log(1 + eˣ) as relu(x) − log σ(|x|): ONNX Runtime's Softplus is scalar code, five times slower. */
export const softplusOp = unaryOp({
  name: "softplus",
  value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  vjp: (g, x) => mul(g, sigmoid(x)),
  onnx: (emit, [x]) =>
    emit.node("Sub", [emit.node("Relu", [x!]), emit.node("Log", [emit.node("Sigmoid", [emit.node("Abs", [x!])])])]),
  finite: [-1e30, 1e30],
})
export const reluOp = unaryOp({
  name: "relu",
  value: (x) => Math.max(x, 0),
  vjp: (g, _, y) => mul(g, positive(y)),
  onnx: "Relu",
  finite: [-1e30, 1e30],
  example: { kinks: [0] },
})
/** 1 where x > 0, else 0. A hard sigmoid this steep is that step for every normal float, and a vectorised kernel. */
export const positiveOp = unaryOp({
  name: "positive",
  value: (x) => (x > 0 ? 1 : 0),
  vjp: () => null,
  onnx: (emit, [x]) => emit.node("HardSigmoid", [x!], { alpha: { float: 3e38 }, beta: { float: 0 } }),
  finite: [-1e30, 1e30],
  example: { kinks: [0] },
})
export const absOp = unaryOp({
  name: "abs",
  value: Math.abs,
  vjp: (g, x) => mul(g, sub(mul(positive(x), 2), 1)),
  onnx: "Abs",
  finite: [-1e30, 1e30],
  example: { kinks: [0] },
})

const operator =
  (op: Op<null>) =>
  (x: Tensor): Tensor =>
    apply(op, [x], null)
export const exp = operator(expOp)
export const log = operator(logOp)
export const sqrt = operator(sqrtOp)
export const square = operator(squareOp)
export const tanh = operator(tanhOp)
export const sigmoid = operator(sigmoidOp)
export const softplus = operator(softplusOp)
export const relu = operator(reluOp)
export const positive = operator(positiveOp)
export const abs = operator(absOp)
