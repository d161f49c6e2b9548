/** Layers over images [batch, channels, height, width]. */
import { fillUniform } from "../core/random.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { mul } from "../graph/ops/arithmetic.ts"
import { type ConvOptions, conv, convTranspose, firstTaps, geometryOf } from "../graph/ops/conv.ts"
import { type Init, type Live, weight, zeros } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"

/** U(−a, a) with a = √(6 / (inputs + outputs)) (Glorot and Bengio 2010, eq. 16), both counted over all taps of a kernel [out, in, …]. */
export const glorotKernel: Init = (shape, stream) => {
  const taps = sizeOf(shape.slice(2))
  const limit = Math.sqrt(6 / ((shape[0]! + shape[1]!) * taps))
  return fillUniform(stream, new Float32Array(sizeOf(shape))).map((u) => limit * (2 * u - 1))
}

export interface ConvLayerOptions extends ConvOptions {
  readonly weights?: Init
  /** Whether a bias of each channel is added; yes unless told. */
  readonly bias?: boolean
}

const sides = (kernel: number | readonly [number, number]): readonly [number, number] =>
  typeof kernel === "number" ? [kernel, kernel] : kernel

/** The parameters of a convolution: `w` [out, in / groups, ...kernel] and, unless left out, `b` of as many channels as come out. */
const convParams = (shape: Shape, channels: number, { weights = glorotKernel, bias = true }: ConvLayerOptions) => ({
  w: weight(shape, weights),
  ...(bias && { b: weight([channels], zeros) }),
})
type ConvParams = ReturnType<typeof convParams>

/** Convolution: [batch, inputs, height, width] → [batch, outputs, …]. */
export function convLayer(
  inputs: number,
  outputs: number,
  kernel: number | readonly [number, number],
  options: ConvLayerOptions = {},
) {
  const geometry = geometryOf(options)
  return {
    params: convParams([outputs, inputs / geometry.groups, ...sides(kernel)], outputs, options),
    apply: (p: Live<ConvParams>, x: Tensor): Tensor => conv(x, p.w, geometry, p.b),
  }
}

/** Transposed convolution to images of the given height and width: [batch, inputs, …] → [batch, outputs, ...size]. */
export function convTransposeLayer(
  inputs: number,
  outputs: number,
  kernel: number | readonly [number, number],
  { size, ...options }: ConvLayerOptions & { readonly size: readonly [height: number, width: number] },
) {
  const geometry = { ...geometryOf(options), size }
  return {
    params: convParams([inputs, outputs / geometry.groups, ...sides(kernel)], outputs, options),
    apply: (p: Live<ConvParams>, y: Tensor): Tensor => convTranspose(y, p.w, geometry, p.b),
  }
}

/** Whether a pixel's own value is hidden from it (A, for the first layer) or seen (B) (van den Oord et al. 2016, section 3.4). */
export type MaskType = "A" | "B"

/**
 * Convolution of each pixel with those before it in raster order: [batch, inputs, height, width] → [batch, outputs, height,
 * width]. Rows below the pixel are not part of the kernel [outputs, inputs, (size + 1) / 2, size], which saves almost half the
 * products of a kernel whose lower half is masked.
 */
export function causalConv(
  inputs: number,
  outputs: number,
  size: number,
  type: MaskType,
  weights: Init = glorotKernel,
) {
  const [rows, before] = [(size + 1) / 2, (size - 1) / 2]
  const seen = before + (type === "B" ? 1 : 0)
  const mask = firstTaps([rows, size], (rows - 1) * size + seen)
  const geometry = geometryOf({ padding: [before, before, 0, before] })
  return {
    params: { w: weight([outputs, inputs, rows, size], weights), b: weight([outputs], zeros) },
    apply: (p: Live<{ w: ReturnType<typeof weight>; b: ReturnType<typeof weight> }>, x: Tensor): Tensor =>
      conv(x, mul(p.w, mask), geometry, p.b),
  }
}
