import { broadcastShapes, type Shape } from "../../core/shape.ts"
import { apply, type Example, type Op, type Tensor } from "../tensor.ts"
import { broadcastIndex, sumTo } from "./broadcast.ts"
import { lift, type Operand } from "./source.ts"

type Cotangents = readonly [Tensor | null, Tensor | null]

interface Binary {
  readonly name: string
  readonly value: (a: number, b: number) => number
  readonly vjp: (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => Cotangents
  /** An ONNX operator, or an emission from the two operands' names. */
  readonly onnx: string | Op<null>["onnx"]
  readonly examples?: Partial<Example<null>>
}

const operandShapes: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[2, 1], [3]],
  [[], [2, 3]],
]

/** An elementwise op of two operands under broadcasting; its cotangents are summed back to the operands' shapes. */
export const binaryOp = (rule: Binary): Op<null> => ({
  name: rule.name,
  shape: ([a, b]) => broadcastShapes(rule.name, a!, b!),
  reference: ([a, b], [from, other]) => {
    const shape = broadcastShapes(rule.name, from!, other!)
    const [i, j] = [broadcastIndex(from!, shape), broadcastIndex(other!, shape)]
    return Float64Array.from(i, (position, k) => rule.value(a![position]!, b![j[k]!]!))
  },
  vjp: (g, y, [a, b]) => {
    const [da, db] = rule.vjp(g, a!, b!, y)
    return [da && sumTo(da, a!.shape), db && sumTo(db, b!.shape)]
  },
  onnx: typeof rule.onnx === "string" ? (emit, names) => emit.node(rule.onnx as string, names) : rule.onnx,
  examples: operandShapes.map((shapes) => ({ shapes, attrs: null, ...rule.examples })),
})

export const addOp = binaryOp({ name: "add", value: (a, b) => a + b, vjp: (g) => [g, g], onnx: "Add" })
export const subOp = binaryOp({ name: "sub", value: (a, b) => a - b, vjp: (g) => [g, neg(g)], onnx: "Sub" })
export const mulOp = binaryOp({
  name: "mul",
  value: (a, b) => a * b,
  vjp: (g, a, b) => [mul(g, b), mul(g, a)],
  onnx: "Mul",
})
export const divOp = binaryOp({
  name: "div",
  value: (a, b) => a / b,
  vjp: (g, _, b, y) => [div(g, b), neg(mul(g, div(y, b)))],
  onnx: "Div",
  examples: { range: [0.5, 2] },
})

const comparison = (name: string, onnx: string, value: (a: number, b: number) => boolean) =>
  binaryOp({
    name,
    value: (a, b) => (value(a, b) ? 1 : 0),
    vjp: () => [null, null],
    onnx: (emit, operands) => emit.node("Cast", [emit.node(onnx, operands)], { to: 1 }),
    examples: { distinct: true },
  })

/** 1 where a > b, else 0. */
export const greaterOp = comparison("greater", "Greater", (a, b) => a > b)
/** 1 where a = b, else 0. */
export const equalOp = comparison("equal", "Equal", (a, b) => a === b)

/** The larger operand; at a tie the gradient goes to the second. */
export const maximumOp = binaryOp({
  name: "maximum",
  value: Math.max,
  vjp: (g, a, b) => [mul(g, greater(a, b)), mul(g, sub(1, greater(a, b)))],
  onnx: "Max",
  examples: { distinct: true },
})

const operator =
  (op: Op<null>) =>
  (a: Operand, b: Operand): Tensor =>
    apply(op, [lift(a), lift(b)], null)
export const add = operator(addOp)
export const sub = operator(subOp)
export const mul = operator(mulOp)
export const div = operator(divOp)
export const greater = operator(greaterOp)
export const equal = operator(equalOp)
export const maximum = operator(maximumOp)
export const minimum = (a: Operand, b: Operand): Tensor => neg(maximum(neg(lift(a)), neg(lift(b))))
export const neg = (x: Tensor): Tensor => mul(x, -1)
