import { ShapeError } from "./errors.ts"

/** Lengths of a tensor's axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[]

/** Number of elements of a tensor of this shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1)

/** `[2, 3]`, as printed in errors and graphs. */
export const formatShape = (shape: Shape): string => `[${shape.join(", ")}]`

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis])

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1)
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!
  return strides
}

export const cannotBroadcast = (where: string, a: Shape, b: Shape): string =>
  `${where}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast; aligned from the right, lengths must be equal or 1.`

/** Shape of an elementwise operation of `a` and `b` under NumPy's broadcasting rule. Throws ShapeError. */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const m = a[i - rank + a.length] ?? 1
    const n = b[i - rank + b.length] ?? 1
    if (m !== n && m !== 1 && n !== 1) throw new ShapeError(cannotBroadcast(where, a, b))
    return m === 1 ? n : m
  })
}

export const axisOutOfRange = (where: string, axis: number, shape: Shape): string =>
  `${where}: axis ${axis} does not exist in shape ${formatShape(shape)}.`

/** `axis` counted from the front; negative axes count from the back. Throws ShapeError. */
export function normalizeAxis(where: string, axis: number, shape: Shape): number {
  const positive = axis < 0 ? axis + shape.length : axis
  if (!Number.isInteger(positive) || positive < 0 || positive >= shape.length)
    throw new ShapeError(axisOutOfRange(where, axis, shape))
  return positive
}
