/** Partitions of images for coupling layers (Dinh et al. 2017, section 3.4 and 3.6): checkerboards, channels, and the squeeze between them. */

import { pixelShuffle, pixelUnshuffle } from "../graph/ops/pixels.ts"
import { constant } from "../graph/ops/source.ts"
import type { Tensor } from "../graph/tensor.ts"

/** Images in 2 × 2 blocks, each block's pixels as channels: [batch, 4·channels, height/2, width/2]. Throws ShapeError. */
export const squeeze = (x: Tensor): Tensor => pixelUnshuffle(x, 2)
/** The inverse of `squeeze`: [batch, channels/4, 2·height, 2·width]. Throws ShapeError. */
export const unsqueeze = (x: Tensor): Tensor => pixelShuffle(x, 2)

/** 1 where row + column is odd (even when inverted), else 0: [1, 1, height, width]. */
export function checkerboard(height: number, width: number, inverted = false): Tensor {
  const odd = inverted ? 0 : 1
  const data = Float32Array.from({ length: height * width }, (_, i) =>
    (Math.floor(i / width) + (i % width)) % 2 === odd ? 1 : 0,
  )
  return constant({ shape: [1, 1, height, width], data })
}

/** 1 for the first half of the channels (the second when inverted), else 0: [1, channels, 1, 1]. */
export function channelMask(channels: number, inverted = false): Tensor {
  const data = Float32Array.from({ length: channels }, (_, i) => (i < channels / 2 !== inverted ? 1 : 0))
  return constant({ shape: [1, channels, 1, 1], data })
}
