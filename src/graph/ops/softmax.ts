/** The softmax family along one axis, shifted by the maximum so that nothing overflows. */
import { ShapeError } from "../../core/errors.ts"
import { formatShape, normalizeAxis, type Shape, sameShape } from "../../core/shape.ts"
import { apply, type Emitter, type Op, type Tensor, type Values } from "../tensor.ts"
import { mul, neg, sub } from "./arithmetic.ts"
import { broadcastIndex, fold, reshape, sum } from "./broadcast.ts"
import { exp } from "./unary.ts"

interface Axis {
  readonly axis: number
}

const kept = (shape: Shape, axis: number): Shape => shape.map((n, i) => (i === axis ? 1 : n))

/** log Σ eˣ along the axis, as the definition of the family in 64 bits; one value a line along the axis. */
function logSums(x: Values, shape: Shape, axis: number): Values {
  const index = broadcastIndex(kept(shape, axis), shape)
  const top = fold(x, shape, [axis], Number.NEGATIVE_INFINITY, Math.max)
  const total = fold(
    x.map((value, i) => Math.exp(value - top[index[i]!]!)),
    shape,
    [axis],
    0,
    (a, b) => a + b,
  )
  return total.map((value, i) => Math.log(value) + top[i]!)
}

function logShares(x: Values, shape: Shape, axis: number): Values {
  const index = broadcastIndex(kept(shape, axis), shape)
  const total = logSums(x, shape, axis)
  return x.map((value, i) => value - total[index[i]!]!)
}

/** x − max and log Σ e^(x − max) and the maximum itself, the sums with the axis kept. */
function emitShifted(emit: Emitter, x: string, axis: number) {
  const top = emit.node("ReduceMax", [x, emit.ints([axis])], { keepdims: 1 })
  const shifted = emit.node("Sub", [x, top])
  const total = emit.node("ReduceSum", [emit.node("Exp", [shifted]), emit.ints([axis])], { keepdims: 1 })
  return { top, shifted, logTotal: emit.node("Log", [total]) }
}

/** The axis counted from the last, which is −1. */
const fromEnd = (axis: number, shape: Shape): number => axis - shape.length

const examples = [
  { shapes: [[2, 3]], attrs: { axis: 1 } },
  { shapes: [[2, 3, 2]], attrs: { axis: 1 } },
]

/** eˣ / Σ eˣ along an axis. */
export const softmaxOp: Op<Axis> = {
  name: "softmax",
  shape: ([x]) => x!,
  reference: ([x], [shape], { axis }) => logShares(x!, shape!, axis).map(Math.exp),
  vjp: (g, y, _, { axis }) => {
    const weighed = mul(g, y)
    return [sub(weighed, mul(y, sum(weighed, axis, true)))]
  },
  onnx: (emit, [x], { axis }, [shape]) => emit.node("Softmax", [x!], { axis: fromEnd(axis, shape!) }),
  examples,
}

/** x − log Σ eˣ along an axis. */
export const logSoftmaxOp: Op<Axis> = {
  name: "logSoftmax",
  shape: ([x]) => x!,
  reference: ([x], [shape], { axis }) => logShares(x!, shape!, axis),
  vjp: (g, y, _, { axis }) => [sub(g, mul(exp(y), sum(g, axis, true)))],
  onnx: (emit, [x], { axis }, [shape]) => {
    if (emit.target.provider !== "webgpu") return emit.node("LogSoftmax", [x!], { axis: fromEnd(axis, shape!) })
    const { shifted, logTotal } = emitShifted(emit, x!, axis)
    return emit.node("Sub", [shifted, logTotal])
  },
  examples,
}

export const targetDoesNotFit = (logits: Shape, target: Shape): string =>
  `crossEntropy: logits ${formatShape(logits)} and target ${formatShape(target)} must have one shape; turn class numbers into rows with oneHot.`

/**
 * log Σ e^logits − Σ target·logits along an axis: −Σ target·log softmax(logits) of targets that sum to 1, in nats. One
 * record, because the gradient of the logits is then softmax − target.
 */
export const crossEntropyOp: Op<Axis> = {
  name: "crossEntropy",
  shape: ([logits, target], { axis }) => {
    if (!sameShape(logits!, target!)) throw new ShapeError(targetDoesNotFit(logits!, target!))
    return logits!.filter((_, i) => i !== axis)
  },
  reference: ([logits, target], [shape], { axis }) => {
    const hits = fold(
      logits!.map((logit, i) => logit * target![i]!),
      shape!,
      [axis],
      0,
      (a, b) => a + b,
    )
    return logSums(logits!, shape!, axis).map((total, i) => total - hits[i]!)
  },
  vjp: (g, _, [logits, target], { axis }) => {
    const each = reshape(g, kept(logits!.shape, axis))
    return [mul(each, sub(softmax(logits!, axis), target!)), neg(mul(each, logits!))]
  },
  onnx: (emit, [logits, target], { axis }) => {
    const { top, logTotal } = emitShifted(emit, logits!, axis)
    const hits = emit.node("ReduceSum", [emit.node("Mul", [target!, logits!]), emit.ints([axis])], { keepdims: 1 })
    const nats = emit.node("Sub", [emit.node("Add", [logTotal, top]), hits])
    return emit.node("Squeeze", [nats, emit.ints([axis])])
  },
  examples: [
    {
      shapes: [
        [2, 3],
        [2, 3],
      ],
      attrs: { axis: 1 },
    },
    {
      shapes: [
        [2, 3, 2],
        [2, 3, 2],
      ],
      attrs: { axis: 1 },
    },
  ],
}

const along =
  (op: Op<Axis>) =>
  (x: Tensor, axis = -1): Tensor =>
    apply(op, [x], { axis: normalizeAxis(op.name, axis, x.shape) })
/** eˣ / Σ eˣ along an axis, the last unless told; shaped like x. */
export const softmax = along(softmaxOp)
/** log of the softmax along an axis, the last unless told; shaped like x. */
export const logSoftmax = along(logSoftmaxOp)
/** −Σ target·log softmax(logits) along an axis (the last unless told), which disappears, in nats; targets sum to 1 along it. Throws ShapeError. */
export const crossEntropy = (logits: Tensor, target: Tensor, axis = -1): Tensor =>
  apply(crossEntropyOp, [logits, target], { axis: normalizeAxis("crossEntropy", axis, logits.shape) })
