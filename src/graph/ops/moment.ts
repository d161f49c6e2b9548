import { apply, type Op, type Tensor } from "../tensor.ts"
import { mul } from "./arithmetic.ts"
import { axesOf, fold, reducedShape } from "./broadcast.ts"
import { emitSumOverData } from "./sum-emission.ts"

const countOf = (shape: readonly number[], axes: readonly number[]): number =>
  axes.reduce((n, axis) => n * shape[axis]!, 1)

/** The mean of x² over axes, which stay with length 1. One record, because its gradient is then one pass over memory. */
export const meanSquareOp: Op<{ readonly axes: readonly number[] }> = {
  name: "meanSquare",
  shape: ([x], { axes }) => reducedShape(x!, { axes, keep: true }),
  reference: ([x], [shape], { axes }) =>
    fold(x!, shape!, axes, 0, (total, value) => total + value * value).map((total) => total / countOf(shape!, axes)),
  vjp: (g, _, [x], { axes }) => [mul(x!, mul(g, 2 / countOf(x!.shape, axes)))],
  onnx: (emit, [x], { axes }, [shape]) => {
    const squares = emit.node("Mul", [x!, x!])
    const sum = { shape: shape!, axes, keep: true }
    return (
      emitSumOverData(emit, squares, sum, 1 / countOf(shape!, axes)) ??
      emit.node("ReduceMean", [squares, emit.ints(axes)], { keepdims: 1 })
    )
  },
  examples: [
    { shapes: [[3, 4]], attrs: { axes: [1] } },
    { shapes: [[2, 3, 2]], attrs: { axes: [0, 2] } },
  ],
}

/** The mean of x² over axes (all unless told), which stay with length 1. */
export const meanSquare = (x: Tensor, over?: number | readonly number[]): Tensor =>
  apply(meanSquareOp, [x], { axes: axesOf("meanSquare", x, over).axes })
