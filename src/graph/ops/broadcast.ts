/** Summing over axes and repeating along axes: each is the other's adjoint. */
import { ShapeError } from "../../core/errors.ts"
import {
  broadcastShapes,
  formatShape,
  normalizeAxis,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
} from "../../core/shape.ts"
import { apply, type Op, type Tensor, type Values } from "../tensor.ts"
import { emitSumOverData } from "./sum-emission.ts"

/** For each element of `big`, the position in `small` it is broadcast from. */
export function broadcastIndex(small: Shape, big: Shape): Uint32Array {
  const lead = big.length - small.length
  const strides = stridesOf(small).map((stride, axis) => (small[axis] === 1 ? 0 : stride))
  const index = new Uint32Array(sizeOf(big))
  const bigStrides = stridesOf(big)
  for (let i = 0; i < index.length; i++) {
    let position = 0
    for (let axis = lead; axis < big.length; axis++)
      position += (Math.floor(i / bigStrides[axis]!) % big[axis]!) * strides[axis - lead]!
    index[i] = position
  }
  return index
}

interface Axes {
  /** Sorted, distinct, counted from the front. */
  readonly axes: readonly number[]
  readonly keep: boolean
}

const keptShape = (shape: Shape, axes: readonly number[]): Shape => shape.map((n, i) => (axes.includes(i) ? 1 : n))
export const reducedShape = (shape: Shape, { axes, keep }: Axes): Shape =>
  keep ? keptShape(shape, axes) : shape.filter((_, i) => !axes.includes(i))

/** Folds `x` over axes, starting each cell from `start`. */
export function fold(
  x: Values,
  shape: Shape,
  axes: readonly number[],
  start: number,
  f: (a: number, b: number) => number,
) {
  const index = broadcastIndex(keptShape(shape, axes), shape)
  const out = new Float64Array(sizeOf(keptShape(shape, axes))).fill(start)
  for (let i = 0; i < x.length; i++) out[index[i]!] = f(out[index[i]!]!, x[i]!)
  return out
}

export const sumOp: Op<Axes> = {
  name: "sum",
  shape: ([x], attrs) => reducedShape(x!, attrs),
  reference: ([x], [shape], { axes }) => fold(x!, shape!, axes, 0, (a, b) => a + b),
  vjp: (g, _, [x], { axes }) => [broadcastTo(reshape(g, keptShape(x!.shape, axes)), x!.shape)],
  onnx: (emit, [x], { axes, keep }, [shape]) =>
    emitSumOverData(emit, x!, { shape: shape!, axes, keep }) ??
    emit.node("ReduceSum", [x!, emit.ints(axes)], { keepdims: keep ? 1 : 0 }),
  examples: [
    { shapes: [[3, 4]], attrs: { axes: [0], keep: false } },
    { shapes: [[3, 4]], attrs: { axes: [1], keep: false } },
    { shapes: [[3, 4]], attrs: { axes: [0], keep: true } },
    { shapes: [[2, 3, 2]], attrs: { axes: [0, 1, 2], keep: false } },
    { shapes: [[2, 3, 2]], attrs: { axes: [0, 2], keep: false } },
  ],
}

/** Repeats along axes of length 1 and along new leading axes. */
export const broadcastOp: Op<{ readonly shape: Shape }> = {
  name: "broadcast",
  shape: ([x], { shape }) => {
    if (!sameShape(broadcastShapes("broadcast", x!, shape), shape))
      throw new ShapeError(`broadcast: ${formatShape(x!)} does not broadcast to ${formatShape(shape)}.`)
    return shape
  },
  reference: ([x], [from], { shape }) => Float64Array.from(broadcastIndex(from!, shape), (i) => x![i]!),
  vjp: (g, _, [x]) => [sumTo(g, x!.shape)],
  onnx: (emit, [x], { shape }) => emit.node("Expand", [x!, emit.shape(shape)]),
  examples: [
    { shapes: [[3, 1]], attrs: { shape: [3, 4] } },
    { shapes: [[4]], attrs: { shape: [2, 3, 4] } },
    { shapes: [[]], attrs: { shape: [2, 3] } },
  ],
}

export const wrongReshape = (from: Shape, to: Shape) =>
  `reshape: ${formatShape(from)} has ${sizeOf(from)} elements, ${formatShape(to)} needs ${sizeOf(to)}.`

export const reshapeOp: Op<{ readonly shape: Shape }> = {
  name: "reshape",
  shape: ([x], { shape }) => {
    if (sizeOf(x!) !== sizeOf(shape)) throw new ShapeError(wrongReshape(x!, shape))
    return shape
  },
  reference: ([x]) => x!.slice(),
  vjp: (g, _, [x]) => [reshape(g, x!.shape)],
  onnx: (emit, [x], { shape }) => emit.node("Reshape", [x!, emit.shape(shape)]),
  examples: [
    { shapes: [[3, 4]], attrs: { shape: [2, 6] } },
    { shapes: [[1, 1]], attrs: { shape: [] } },
  ],
}

const sortedAxes = (where: string, x: Tensor, over: number | readonly number[] | undefined): readonly number[] => {
  const listed = over === undefined ? x.shape.map((_, axis) => axis) : typeof over === "number" ? [over] : over
  return [...new Set(listed.map((axis) => normalizeAxis(where, axis, x.shape)))].sort((a, b) => a - b)
}

/** Attributes of a reduction over the given axes, all of them unless told. */
export const axesOf = (where: string, x: Tensor, over?: number | readonly number[], keep = false): Axes => ({
  axes: sortedAxes(where, x, over),
  keep,
})

export const sum = (x: Tensor, over?: number | readonly number[], keep = false): Tensor => {
  const attrs = axesOf("sum", x, over, keep)
  return attrs.axes.length === 0 ? x : apply(sumOp, [x], attrs)
}

export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(reshapeOp, [x], { shape: [...shape] })

export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(broadcastOp, [x], { shape: [...shape] })

/** Adjoint of broadcasting: sums `g` down to `shape`. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g
  const lead = g.shape.length - shape.length
  const axes = g.shape.flatMap((n, axis) => (axis < lead || (shape[axis - lead] === 1 && n !== 1) ? [axis] : []))
  return reshape(sum(g, axes), shape)
}
