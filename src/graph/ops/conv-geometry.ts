/** Which input, which kernel entry and which output each product of a convolution belongs to. */
import type { NdArray } from "../../core/array.ts"
import type { Shape } from "../../core/shape.ts"
import { stridesOf } from "../../core/shape.ts"

/** One number for height, one for width. */
export type Sides = readonly [height: number, width: number]

export interface Geometry {
  readonly stride: Sides
  readonly padding: readonly [top: number, left: number, bottom: number, right: number]
  readonly dilation: Sides
  readonly groups: number
}

/** 1 at the first taps of a kernel, row by row, then 0: [1, 1, height, width]. */
export const tapMask = (kernel: Sides, count: number): NdArray => ({
  shape: [1, 1, ...kernel],
  data: Float32Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => (tap < count ? 1 : 0)),
})

/** Number of outputs along a side (0 height, 1 width). */
export function outputLength(
  length: number,
  kernel: number,
  side: 0 | 1,
  { stride, padding, dilation }: Geometry,
): number {
  const reach = dilation[side] * (kernel - 1) + 1
  return Math.floor((length + padding[side] + padding[side + 2]! - reach) / stride[side]) + 1
}

/** Calls `tap(input, kernel, output)` with flat positions for every product of a convolution of these shapes. */
export function tapsOf(
  images: Shape,
  kernels: Shape,
  outputs: Shape,
  { stride, padding, dilation, groups }: Geometry,
  tap: (input: number, kernel: number, output: number) => void,
): void {
  const [sx, sw, sy] = [stridesOf(images), stridesOf(kernels), stridesOf(outputs)] as [number[], number[], number[]]
  const [batch, out, rows, columns] = outputs as [number, number, number, number]
  const [, channels, kernelRows, kernelColumns] = kernels as [number, number, number, number]
  const group = out / groups
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < out; o++)
      for (let c = 0; c < channels; c++)
        for (let a = 0; a < kernelRows; a++)
          for (let b = 0; b < kernelColumns; b++)
            for (let r = 0; r < rows; r++) {
              const y = r * stride[0] + a * dilation[0] - padding[0]
              if (y < 0 || y >= images[2]!) continue
              const channel = Math.floor(o / group) * channels + c
              for (let q = 0; q < columns; q++) {
                const x = q * stride[1] + b * dilation[1] - padding[1]
                if (x < 0 || x >= images[3]!) continue
                const input = n * sx[0]! + channel * sx[1]! + y * sx[2]! + x
                const kernel = o * sw[0]! + c * sw[1]! + a * sw[2]! + b
                tap(input, kernel, n * sy[0]! + o * sy[1]! + r * sy[2]! + q)
              }
            }
}
