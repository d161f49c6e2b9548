/** Reductions built on sums: mean, maximum and the log-sum-exp family, stable by the max-shift. */
import { apply, type Op, type Tensor } from "../tensor.ts"
import { add, div, equal, mul, sub } from "./arithmetic.ts"
import { axesOf, broadcastTo, fold, reducedShape, reshape, sum } from "./broadcast.ts"
import { stopGradient } from "./source.ts"
import { exp, log } from "./unary.ts"

type Over = number | readonly number[]

/** The largest element over axes; at a tie the gradient is shared equally. */
export const maxOp: Op<{ readonly axes: readonly number[]; readonly keep: boolean }> = {
  name: "max",
  shape: ([x], attrs) => reducedShape(x!, attrs),
  reference: ([x], [shape], { axes }) => fold(x!, shape!, axes, Number.NEGATIVE_INFINITY, Math.max),
  vjp: (g, y, [x], { axes }) => {
    const kept = x!.shape.map((n, axis) => (axes.includes(axis) ? 1 : n))
    const chosen = equal(x!, broadcastTo(reshape(y, kept), x!.shape))
    return [mul(div(chosen, sum(chosen, axes, true)), reshape(g, kept))]
  },
  onnx: (emit, [x], { axes, keep }) => emit.node("ReduceMax", [x!, emit.ints(axes)], { keepdims: keep ? 1 : 0 }),
  examples: [
    { shapes: [[3, 4]], attrs: { axes: [1], keep: false }, distinct: true },
    { shapes: [[2, 3, 2]], attrs: { axes: [0, 2], keep: true }, distinct: true },
  ],
}

export const max = (x: Tensor, over?: Over, keep = false): Tensor => apply(maxOp, [x], axesOf("max", x, over, keep))

/** Arithmetic mean over axes, over everything unless told. */
export function mean(x: Tensor, over?: Over, keep = false): Tensor {
  const count = axesOf("mean", x, over).axes.reduce((n, axis) => n * x.shape[axis]!, 1)
  return mul(sum(x, over, keep), 1 / count)
}

/** log Σ eˣ over one axis, shifted by the maximum so that nothing overflows. */
export function logSumExp(x: Tensor, axis: number, keep = false): Tensor {
  const top = stopGradient(max(x, axis, true))
  const total = add(log(sum(exp(sub(x, top)), axis, true)), top)
  return reshape(total, reducedShape(x.shape, axesOf("logSumExp", x, axis, keep)))
}
