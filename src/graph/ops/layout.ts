/** Ops that move numbers without changing them: transpose, slice and pad (each the other's adjoint), concatenation. */
import { ShapeError } from "../../core/errors.ts"
import { formatShape, normalizeAxis, type Shape, sizeOf, stridesOf } from "../../core/shape.ts"
import { apply, type Op, type Tensor, type Values } from "../tensor.ts"

/** Values of the result whose element at each position is read from `source(position)` in `x`. */
function gatherFrom(x: Values, shape: Shape, source: (position: readonly number[]) => number): Values {
  const strides = stridesOf(shape)
  return Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const from = source(shape.map((n, axis) => Math.floor(i / strides[axis]!) % n))
    return from < 0 ? 0 : x[from]!
  })
}
const at = (position: readonly number[], shape: Shape): number =>
  stridesOf(shape).reduce((offset, stride, axis) => offset + stride * position[axis]!, 0)
const withLength = (shape: Shape, axis: number, length: number): Shape => shape.map((n, i) => (i === axis ? length : n))
const moved = (position: readonly number[], axis: number, by: number): number[] =>
  position.map((p, i) => (i === axis ? p + by : p))

export const transposeOp: Op<{ readonly order: readonly number[] }> = {
  name: "transpose",
  shape: ([x], { order }) => {
    if ([...order].sort((a, b) => a - b).join() !== x!.map((_, i) => i).join())
      throw new ShapeError(`transpose: [${order}] is no order of the axes of ${formatShape(x!)}.`)
    return order.map((axis) => x![axis]!)
  },
  reference: ([x], [from], { order }) =>
    gatherFrom(
      x!,
      order.map((axis) => from![axis]!),
      (position) =>
        at(
          from!.map((_, axis) => position[order.indexOf(axis)]!),
          from!,
        ),
    ),
  vjp: (g, _, __, { order }) => [
    transpose(
      g,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
  onnx: (emit, [x], { order }) => emit.node("Transpose", [x!], { perm: order }),
  examples: [
    { shapes: [[2, 3]], attrs: { order: [1, 0] } },
    { shapes: [[2, 3, 4]], attrs: { order: [2, 0, 1] } },
  ],
}

interface Range {
  readonly axis: number
  readonly start: number
  readonly end: number
}

export const sliceOp: Op<Range> = {
  name: "slice",
  shape: ([x], { axis, start, end }) => {
    if (start < 0 || end > x![axis]! || start >= end)
      throw new ShapeError(`slice: ${start}..${end} does not lie within axis ${axis} of ${formatShape(x!)}.`)
    return withLength(x!, axis, end - start)
  },
  reference: ([x], [from], { axis, start, end }) =>
    gatherFrom(x!, withLength(from!, axis, end - start), (position) => at(moved(position, axis, start), from!)),
  vjp: (g, _, [x], { axis, start, end }) => [pad(g, axis, start, x!.shape[axis]! - end)],
  onnx: (emit, [x], { axis, start, end }) =>
    emit.node("Slice", [x!, emit.ints([start]), emit.ints([end]), emit.ints([axis])]),
  examples: [
    { shapes: [[4, 3]], attrs: { axis: 0, start: 1, end: 3 } },
    { shapes: [[4, 3]], attrs: { axis: 1, start: 0, end: 2 } },
  ],
}

/** Zeros before and after along one axis. */
export const padOp: Op<{ readonly axis: number; readonly before: number; readonly after: number }> = {
  name: "pad",
  shape: ([x], { axis, before, after }) => withLength(x!, axis, before + x![axis]! + after),
  reference: ([x], [from], { axis, before, after }) =>
    gatherFrom(x!, withLength(from!, axis, before + from![axis]! + after), (position) => {
      const inside = position[axis]! >= before && position[axis]! < before + from![axis]!
      return inside ? at(moved(position, axis, -before), from!) : -1
    }),
  vjp: (g, _, [x], { axis, before }) => [slice(g, axis, before, before + x!.shape[axis]!)],
  onnx: (emit, [x], { axis, before, after }, [shape]) => {
    const pads = [0, 1].flatMap((side) => shape!.map((_, i) => (i === axis ? [before, after][side]! : 0)))
    return emit.node("Pad", [x!, emit.ints(pads)])
  },
  examples: [{ shapes: [[2, 3]], attrs: { axis: 1, before: 1, after: 2 } }],
}

export const concatOp: Op<{ readonly axis: number }> = {
  name: "concat",
  shape: (shapes, { axis }) => {
    const [first] = shapes
    const rest = (shape: Shape) => withLength(shape, axis, 0).join()
    const odd = shapes.find((shape) => rest(shape) !== rest(first!))
    if (odd) throw new ShapeError(`concat: ${formatShape(first!)} and ${formatShape(odd)} differ beside axis ${axis}.`)
    return withLength(
      first!,
      axis,
      shapes.reduce((total, shape) => total + shape[axis]!, 0),
    )
  },
  reference: (parts, shapes, attrs) => {
    const out = new Float64Array(sizeOf(concatOp.shape(shapes, attrs)))
    const rows = sizeOf(shapes[0]!.slice(0, attrs.axis))
    const widths = shapes.map((shape) => sizeOf(shape.slice(attrs.axis)))
    let to = 0
    for (let row = 0; row < rows; row++)
      for (const [i, part] of parts.entries()) {
        out.set(part.subarray(row * widths[i]!, (row + 1) * widths[i]!), to)
        to += widths[i]!
      }
    return out
  },
  vjp: (g, _, inputs, { axis }) => {
    let end = 0
    return inputs.map((x) => {
      end += x.shape[axis]!
      return slice(g, axis, end - x.shape[axis]!, end)
    })
  },
  onnx: (emit, names, { axis }) => emit.node("Concat", names, { axis }),
  examples: [
    {
      shapes: [
        [2, 3],
        [2, 1],
      ],
      attrs: { axis: 1 },
    },
    { shapes: [[2], [3], [1]], attrs: { axis: 0 } },
  ],
}

export const transpose = (
  x: Tensor,
  order: readonly number[] = x.shape.map((_, i) => x.shape.length - 1 - i),
): Tensor => apply(transposeOp, [x], { order: [...order] })
/** Elements `start..end` along an axis (negative axes count from the back). */
export const slice = (x: Tensor, axis: number, start: number, end: number): Tensor =>
  start === 0 && end === x.shape.at(axis)
    ? x
    : apply(sliceOp, [x], { axis: normalizeAxis("slice", axis, x.shape), start, end })
export const pad = (x: Tensor, axis: number, before: number, after: number): Tensor =>
  before === 0 && after === 0 ? x : apply(padOp, [x], { axis: normalizeAxis("pad", axis, x.shape), before, after })
export const concat = (parts: readonly Tensor[], axis = 0): Tensor =>
  parts.length === 1 ? parts[0]! : apply(concatOp, parts, { axis: normalizeAxis("concat", axis, parts[0]!.shape) })
/** The first and second half along the last axis. Throws ShapeError when its length is odd. */
export function halves(x: Tensor): [Tensor, Tensor] {
  const width = x.shape.at(-1) ?? 0
  if (width % 2 !== 0) throw new ShapeError(`halves: the last axis of ${formatShape(x.shape)} is odd.`)
  return [slice(x, -1, 0, width / 2), slice(x, -1, width / 2, width)]
}
