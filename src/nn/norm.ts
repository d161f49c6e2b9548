/**
 * Normalisation from primitives, so that gradients and all providers agree. Inputs are [batch, channels] or
 * [batch, channels, height, width]. Scales are folded into the reciprocal deviations first, which are small, so that an
 * image is passed over as rarely as can be: y = (x − mean)·(scale/σ) + shift.
 */
import { ShapeError } from "../core/errors.ts"
import { formatShape, type Shape, sizeOf } from "../core/shape.ts"
import { add, mul, sub } from "../graph/ops/arithmetic.ts"
import { axesOf, reshape } from "../graph/ops/broadcast.ts"
import { meanSquare } from "../graph/ops/moment.ts"
import { mean } from "../graph/ops/reduce.ts"
import { stopGradient } from "../graph/ops/source.ts"
import { rsqrt } from "../graph/ops/special.ts"
import { buffer, type Init, type Live, weight, zeros } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Env } from "../graph/trace.ts"

const ones: Init = (shape) => new Float32Array(sizeOf(shape)).fill(1)
const scaleAndShift = (shape: Shape) => ({ scale: weight(shape, ones), shift: weight(shape, zeros) })

export const wrongChannels = (where: string, shape: Shape, channels: number): string =>
  `${where}: ${formatShape(shape)} came; its second axis must be the ${channels} channels.`

/** A tensor of one number a channel, [channels], against [batch, channels, …]. Throws ShapeError. */
function perChannel(where: string, x: Tensor, channels: number): (p: Tensor) => Tensor {
  if (x.shape[1] !== channels) throw new ShapeError(wrongChannels(where, x.shape, channels))
  const shape = x.shape.map((_, axis) => (axis === 1 ? channels : 1))
  return (p) => reshape(p, shape)
}

/** x − mean and the variance (divided by the count) over axes, which stay with length 1. */
function centred(x: Tensor, over: readonly number[]) {
  const average = mean(x, over, true)
  const difference = sub(x, average)
  return { average, difference, variance: meanSquare(difference, over) }
}

export interface BatchNormOptions {
  /** Share of each batch in the running statistics. */
  readonly momentum?: number
  /** Added to variances: a channel that is constant in a batch stays finite. */
  readonly epsilon?: number
}

/** What a layer with running statistics gives: its result, and next values of buffers for the player's `assign`. */
export interface Normalized {
  readonly y: Tensor
  readonly assign: readonly (readonly [buffer: Tensor, next: Tensor])[]
}

export const batchOfOne = "batchNorm: one number a channel came; batch statistics need at least two."

/**
 * Batch normalisation (Ioffe and Szegedy 2015, alg. 1 and 2). In training the statistics are the batch's and the running ones
 * move towards them, the variance divided by the count less one, as PyTorch does; else the running ones are used. Throws ShapeError.
 */
export function batchNorm(channels: number, { momentum = 0.1, epsilon = 1e-5 }: BatchNormOptions = {}) {
  const params = { ...scaleAndShift([channels]), mean: buffer([channels]), variance: buffer([channels], ones) }
  type P = Live<typeof params>
  const evaluated = (p: P, x: Tensor): Normalized => {
    const wide = perChannel("batchNorm", x, channels)
    const scale = mul(p.scale, rsqrt(add(p.variance, epsilon)))
    return { y: add(mul(x, wide(scale)), wide(sub(p.shift, mul(p.mean, scale)))), assign: [] }
  }
  const trained = (p: P, x: Tensor): Normalized => {
    const wide = perChannel("batchNorm", x, channels)
    const count = sizeOf(x.shape) / channels
    if (count < 2) throw new ShapeError(batchOfOne)
    const over = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]))
    const { average, difference, variance } = centred(x, over)
    const scale = mul(wide(p.scale), rsqrt(add(variance, epsilon)))
    const next = (running: Tensor, found: Tensor, correction = 1) =>
      add(mul(running, 1 - momentum), mul(reshape(stopGradient(found), [channels]), momentum * correction))
    return {
      y: add(mul(difference, scale), wide(p.shift)),
      assign: [
        [p.mean, next(p.mean, average)],
        [p.variance, next(p.variance, variance, count / (count - 1))],
      ],
    }
  }
  return {
    params,
    apply: (p: P, x: Tensor, { training }: Pick<Env, "training">): Normalized => (training ? trained : evaluated)(p, x),
  }
}

export const wrongEvent = (shape: Shape, event: Shape): string =>
  `layerNorm: ${formatShape(shape)} does not end in the axes ${formatShape(event)} to normalise.`

/** Layer normalisation (Ba et al. 2016, eq. 4) over the last axes, those of `event`, with a scale and a shift for each element. Throws ShapeError. */
export function layerNorm(event: Shape, { epsilon = 1e-5 }: Pick<BatchNormOptions, "epsilon"> = {}) {
  const params = scaleAndShift(event)
  return {
    params,
    apply: (p: Live<typeof params>, x: Tensor): Tensor => {
      const lead = x.shape.length - event.length
      if (event.some((n, i) => n !== x.shape[lead + i])) throw new ShapeError(wrongEvent(x.shape, event))
      const { difference, variance } = centred(
        x,
        event.map((_, i) => lead + i),
      )
      return add(mul(mul(difference, rsqrt(add(variance, epsilon))), p.scale), p.shift)
    },
  }
}

export const unevenGroups = (channels: number, groups: number): string =>
  `groupNorm: ${channels} channels do not split into ${groups} groups of one size.`

/** Group normalisation (Wu and He 2018, eq. 1 and 7): statistics of each datum over a group of channels and all pixels. Throws ShapeError. */
export function groupNorm(
  channels: number,
  groups: number,
  { epsilon = 1e-5 }: Pick<BatchNormOptions, "epsilon"> = {},
) {
  if (channels % groups !== 0) throw new ShapeError(unevenGroups(channels, groups))
  const params = scaleAndShift([channels])
  return {
    params,
    apply: (p: Live<typeof params>, x: Tensor): Tensor => {
      const wide = perChannel("groupNorm", x, channels)
      const [batch, , ...pixels] = x.shape
      const size = channels / groups
      const { difference, variance } = centred(reshape(x, [batch!, groups, size * sizeOf(pixels)]), [2])
      const scale = mul(rsqrt(add(variance, epsilon)), reshape(p.scale, [1, groups, size])) // [batch, groups, size]
      const scales = reshape(scale, [batch!, channels, ...pixels.map(() => 1)])
      return add(mul(reshape(difference, x.shape), scales), wide(p.shift))
    },
  }
}

/** Instance normalisation (Ulyanov et al. 2016): group normalisation with a group for each channel. Throws ShapeError. */
export const instanceNorm = (channels: number, options: Pick<BatchNormOptions, "epsilon"> = {}) =>
  groupNorm(channels, channels, options)

/** w = g·v/‖v‖ (Salimans and Kingma 2016, eq. 2), with lengths ‖v‖ over axes; g broadcasts against v. Shaped like v. */
export function weightNorm(v: Tensor, g: Tensor, over: number | readonly number[]): Tensor {
  const count = axesOf("weightNorm", v, over).axes.reduce((n, axis) => n * v.shape[axis]!, 1)
  return mul(v, mul(g, rsqrt(mul(meanSquare(v, over), count))))
}
