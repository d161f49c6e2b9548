/** Resizing images [batch, channels, height, width], and trading pixels for channels. All of it is linear and composed. */
import { ShapeError } from "../../core/errors.ts"
import { formatShape, type Shape } from "../../core/shape.ts"
import type { Tensor } from "../tensor.ts"
import { batchMatmul } from "./batch-matmul.ts"
import { reshape } from "./broadcast.ts"
import type { Sides } from "./conv-geometry.ts"
import { transpose } from "./layout.ts"
import { constant } from "./source.ts"

export const notImages = (where: string, shape: Shape): string =>
  `${where}: ${formatShape(shape)} came; images are [batch, channels, height, width].`

function imagesOf(where: string, { shape }: Tensor): readonly [number, number, number, number] {
  if (shape.length !== 4) throw new ShapeError(notImages(where, shape))
  return shape as unknown as readonly [number, number, number, number]
}

/**
 * Weights [to, from] of linear interpolation on a line: pixels are intervals, values sit at their centres, and beyond the
 * outermost centres the line goes on as it ends.
 */
function interpolation(from: number, to: number): Float32Array {
  const weights = new Float32Array(to * from)
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1)
    const [left, share] = [Math.floor(at), at % 1]
    weights[i * from + left]! += 1 - share
    weights[i * from + Math.min(left + 1, from - 1)]! += share
  }
  return weights
}

/** Images resized to a height and width by bilinear interpolation between pixel centres, without smoothing: [batch, channels, height, width]. */
export function resizeBilinear(x: Tensor, [rows, columns]: Sides): Tensor {
  const [, , height, width] = imagesOf("resizeBilinear", x)
  const across = constant({ shape: [columns, width], data: interpolation(width, columns) })
  const down = constant({ shape: [rows, height], data: interpolation(height, rows) })
  return batchMatmul(down, batchMatmul(x, transpose(across)))
}

export const channelsDoNotSplit = (shape: Shape, by: number): string =>
  `pixelShuffle: the channels of ${formatShape(shape)} are no multiple of ${by}² = ${by * by}.`
export const sidesDoNotSplit = (shape: Shape, by: number): string =>
  `pixelUnshuffle: height and width of ${formatShape(shape)} must be multiples of ${by}.`

/** Channel c·r² + i·r + j becomes pixel (i, j) of a block (Shi et al. 2016): [batch, channels / r², height · r, width · r]. Throws ShapeError. */
export function pixelShuffle(x: Tensor, by: number): Tensor {
  const [batch, channels, height, width] = imagesOf("pixelShuffle", x)
  if (channels % (by * by) !== 0) throw new ShapeError(channelsDoNotSplit(x.shape, by))
  const kept = channels / (by * by)
  const blocks = reshape(x, [batch, kept, by, by, height, width])
  return reshape(transpose(blocks, [0, 1, 4, 2, 5, 3]), [batch, kept, height * by, width * by])
}

/** The inverse of pixelShuffle, the squeeze of flows (Dinh et al. 2017, section 3.6): [batch, channels · r², height / r, width / r]. Throws ShapeError. */
export function pixelUnshuffle(x: Tensor, by: number): Tensor {
  const [batch, channels, height, width] = imagesOf("pixelUnshuffle", x)
  if (height % by !== 0 || width % by !== 0) throw new ShapeError(sidesDoNotSplit(x.shape, by))
  const [rows, columns] = [height / by, width / by]
  const blocks = reshape(x, [batch, channels, rows, by, columns, by])
  return reshape(transpose(blocks, [0, 1, 3, 5, 2, 4]), [batch, channels * by * by, rows, columns])
}
