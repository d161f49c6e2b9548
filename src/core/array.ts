import { ShapeError } from "./errors.ts"
import { formatShape, type Shape, sizeOf } from "./shape.ts"

/** Numbers at rest: 32-bit floats in row-major order with their shape. */
export interface NdArray {
  readonly shape: Shape
  readonly data: Float32Array
}

export const wrongLength = (shape: Shape, length: number): string =>
  `array: shape ${formatShape(shape)} needs ${sizeOf(shape)} numbers, but ${length} came.`

/** An array of this shape over `data` (not copied); zeros when no data is given. Throws ShapeError when the length does not fit. */
export function ndarray(
  shape: Shape,
  data: Float32Array | readonly number[] = new Float32Array(sizeOf(shape)),
): NdArray {
  const floats = data instanceof Float32Array ? data : Float32Array.from(data)
  if (floats.length !== sizeOf(shape)) throw new ShapeError(wrongLength(shape, floats.length))
  return { shape: [...shape], data: floats }
}

export const isNdArray = (node: unknown): node is NdArray =>
  typeof node === "object" && node !== null && "data" in node && (node as NdArray).data instanceof Float32Array

/** Rows `start..end` of an array along its first axis, sharing memory. */
export function rows(array: NdArray, start: number, end: number): NdArray {
  const [, ...event] = array.shape
  const size = sizeOf(event)
  return { shape: [end - start, ...event], data: array.data.subarray(start * size, end * size) }
}
