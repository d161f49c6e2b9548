/** Choosing between values: by a condition, or by limits. */
import { broadcastShapes } from "../../core/shape.ts"
import { apply, type Op, type Tensor } from "../tensor.ts"
import { mul, sub } from "./arithmetic.ts"
import { broadcastIndex, sumTo } from "./broadcast.ts"
import { lift, type Operand } from "./source.ts"
import { positive } from "./unary.ts"

/** a where the condition is above ½, else b; unlike a sum of products, infinities on the side not chosen do no harm. */
export const selectOp: Op<null> = {
  name: "select",
  shape: ([condition, a, b]) => broadcastShapes("select", condition!, broadcastShapes("select", a!, b!)),
  reference: ([condition, a, b], shapes) => {
    const shape = selectOp.shape(shapes, null)
    const [i, j, k] = shapes.map((from) => broadcastIndex(from, shape))
    return Float64Array.from(i!, (at, cell) => (condition![at]! > 0.5 ? a![j![cell]!]! : b![k![cell]!]!))
  },
  vjp: (g, _, [condition, a, b]) => [
    null,
    sumTo(select(condition!, g, 0), a!.shape),
    sumTo(select(condition!, 0, g), b!.shape),
  ],
  onnx: (emit, [condition, a, b]) => emit.node("Where", [emit.node("Greater", [condition!, emit.scalar(0.5)]), a!, b!]),
  examples: [
    {
      shapes: [
        [2, 3],
        [2, 3],
        [2, 3],
      ],
      attrs: null,
      kinks: [0.5],
    },
    { shapes: [[2, 1], [3], []], attrs: null, kinks: [0.5] },
  ],
}

interface Limits {
  readonly low: number
  readonly high: number
}

/** x, or the limit it lies beyond; no gradient flows there. */
export const clampOp: Op<Limits> = {
  name: "clamp",
  shape: ([x]) => x!,
  reference: ([x], _, { low, high }) => x!.map((value) => Math.min(Math.max(value, low), high)),
  vjp: (g, _, [x], { low, high }) => [mul(g, mul(positive(sub(x!, low)), positive(sub(high, x!))))],
  onnx: (emit, [x], { low, high }) => emit.node("Clip", [x!, emit.scalar(low), emit.scalar(high)]),
  examples: [{ shapes: [[3, 4]], attrs: { low: -1, high: 0.5 }, kinks: [-1, 0.5] }],
  finite: [-1e30, 1e30],
}

/** a where the condition is 1 and b where it is 0, under broadcasting. No gradient flows to the condition. Throws ShapeError. */
export const select = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  apply(selectOp, [condition, lift(a), lift(b)], null)
/** x held between two limits; shaped like x. */
export const clamp = (x: Tensor, low: number, high: number): Tensor => apply(clampOp, [x], { low, high })
