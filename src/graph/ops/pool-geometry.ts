/** Which pixels lie in which window of a pooling of images [batch, channels, height, width]. */
import { ShapeError } from "../../core/errors.ts"
import { formatShape, type Shape } from "../../core/shape.ts"
import type { Sides } from "./conv-geometry.ts"

/** Where the windows of a pooling lie. */
export interface Windows {
  readonly kernel: Sides
  readonly stride: Sides
  /** Zeros (nothing, for a maximum) on either side of the image. */
  readonly padding: Sides
}

/** One number for both sides, or one each; windows stand side by side and within the image unless told. */
export interface PoolOptions {
  readonly kernel: number | Sides
  readonly stride?: number | Sides
  readonly padding?: number | Sides
}

const bothSides = (x: number | Sides): Sides => (typeof x === "number" ? [x, x] : x)
/** The windows that options mean, with their defaults. */
export const windowsOf = ({ kernel, stride = kernel, padding = 0 }: PoolOptions): Windows => ({
  kernel: bothSides(kernel),
  stride: bothSides(stride),
  padding: bothSides(padding),
})

export const windowsDoNotFit = (shape: Shape, { kernel, padding }: Windows): string =>
  `pool: windows of ${kernel.join(" × ")} with padding ${padding.join(" × ")} do not fit ${formatShape(shape)}; images are [batch, channels, height, width], no smaller than a window once padded, and padding is smaller than a window.`

/** Shape of the pooled images: ⌊(length + 2·padding − kernel) / stride⌋ + 1 a side. Throws ShapeError. */
export function pooledShape(shape: Shape, windows: Windows): Shape {
  const { kernel, stride, padding } = windows
  const lengths = [0, 1].map((side) =>
    Math.floor((shape[2 + side]! + 2 * padding[side]! - kernel[side]!) / stride[side]! + 1),
  )
  if (shape.length !== 4 || lengths.some((n) => n < 1) || kernel.some((n, side) => padding[side]! >= n))
    throw new ShapeError(windowsDoNotFit(shape, windows))
  return [shape[0]!, shape[1]!, ...lengths]
}

/** Whether every pixel lies in exactly one window. */
export const areTiles = (shape: Shape, { kernel, stride, padding }: Windows): boolean =>
  kernel.every((n, side) => n === stride[side] && padding[side] === 0 && shape[2 + side]! % n === 0)

/** Calls `visit(pixel, window)` with flat positions for every pixel of every window, row by row. */
export function eachPixel(shape: Shape, windows: Windows, visit: (pixel: number, window: number) => void): void {
  const [images, channels, height, width] = shape as readonly [number, number, number, number]
  const [, , rows, columns] = pooledShape(shape, windows)
  const { kernel, stride, padding } = windows
  for (let plane = 0; plane < images * channels; plane++)
    for (let i = 0; i < rows!; i++)
      for (let j = 0; j < columns!; j++)
        for (let a = 0; a < kernel[0]; a++)
          for (let b = 0; b < kernel[1]; b++) {
            const [y, x] = [i * stride[0] + a - padding[0], j * stride[1] + b - padding[1]]
            if (y < 0 || y >= height || x < 0 || x >= width) continue
            visit((plane * height + y) * width + x, (plane * rows! + i) * columns! + j)
          }
}

/** The windows as attributes of ONNX operators. */
export const onnxWindows = ({ kernel, stride, padding }: Windows) => ({
  kernel_shape: kernel,
  strides: stride,
  pads: [...padding, ...padding],
})
