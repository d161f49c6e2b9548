/**
 * Convolution of images, and its two adjoints. The three are bilinear in the same taps, so each one's cotangents are the other
 * two, to any order of differentiation. Images are [batch, channels, height, width], kernels [out, in / groups, height, width].
 */
import { ShapeError } from "../../core/errors.ts"
import { formatShape, type Shape, sameShape, sizeOf } from "../../core/shape.ts"
import { apply, type Op, type Tensor } from "../tensor.ts"
import { mul } from "./arithmetic.ts"
import { sum } from "./broadcast.ts"
import { type Activated, emitConv, emitConvTranspose, type ToImages } from "./conv-emission.ts"
import { type Geometry, outputLength, type Sides, tapMask, tapsOf } from "./conv-geometry.ts"
import { emitKernelGradient, type KernelGradient } from "./conv-kernel-emission.ts"
import { constant } from "./source.ts"
import { positive } from "./unary.ts"

export const channelsDoNotFit = (x: Shape, w: Shape, groups: number): string =>
  `conv: a kernel ${formatShape(w)} in ${groups} group${groups === 1 ? "" : "s"} does not fit images ${formatShape(x)}; images are [batch, channels, height, width], kernels [out, channels / groups, height, width].`
export const kernelTooLarge = (x: Shape, w: Shape): string =>
  `conv: a kernel ${formatShape(w)} is larger than the padded images ${formatShape(x)}.`

/** Shape of the images that a convolution makes. Throws ShapeError. */
function convShape(x: Shape, w: Shape, geometry: Geometry): Shape {
  const { groups } = geometry
  if (x.length !== 4 || w.length !== 4 || x[1] !== w[1]! * groups || w[0]! % groups !== 0)
    throw new ShapeError(channelsDoNotFit(x, w, groups))
  const size = ([0, 1] as const).map((side) => outputLength(x[2 + side]!, w[2 + side]!, side, geometry))
  if (size.some((length) => length < 1)) throw new ShapeError(kernelTooLarge(x, w))
  return [x[0]!, w[0]!, ...size]
}

const fitsBias = (bias: Shape | undefined, channels: number): void => {
  if (bias && !sameShape(bias, [channels]))
    throw new ShapeError(`conv: a bias of shape ${formatShape(bias)} came for ${channels} channels.`)
}

/** Starts images [batch, channels, …] from a bias of each channel, or from zero. */
function biased(shape: Shape, bias: ArrayLike<number> | undefined): Float64Array {
  const pixels = shape[2]! * shape[3]!
  return Float64Array.from({ length: sizeOf(shape) }, (_, i) => bias?.[Math.floor(i / pixels) % shape[1]!] ?? 0)
}

/** The cotangent before the activation. */
const beforeActivation = (g: Tensor, y: Tensor, activation: Activated["activation"]): Tensor =>
  activation ? mul(g, positive(y)) : g

const activated = (y: Float64Array, { activation }: Activated): Float64Array =>
  activation ? y.map((value) => Math.max(value, 0)) : y

const overPixels = (g: Tensor): Tensor => sum(g, [0, 2, 3])

/** y = Σ over taps of w · x, plus a bias of each channel when a third input comes, and an activation over it. */
export const convOp: Op<Activated> = {
  name: "conv",
  shape: ([x, w, bias], geometry) => {
    fitsBias(bias, w![0]!)
    return convShape(x!, w!, geometry)
  },
  reference: ([x, w, bias], [from, kernel], geometry) => {
    const shape = convShape(from!, kernel!, geometry)
    const y = biased(shape, bias)
    tapsOf(from!, kernel!, shape, geometry, (i, j, k) => {
      y[k]! += x![i]! * w![j]!
    })
    return activated(y, geometry)
  },
  vjp: (cotangent, y, [x, w, bias], { activation, ...geometry }) => {
    const g = beforeActivation(cotangent, y, activation)
    return [
      convTranspose(g, w!, { ...geometry, size: [x!.shape[2]!, x!.shape[3]!] }),
      kernelGradient(x!, g, { ...geometry, kernel: [w!.shape[2]!, w!.shape[3]!] }),
      ...(bias ? [overPixels(g)] : []),
    ]
  },
  onnx: emitConv,
  examples: [
    { shapes: [[2, 2, 4, 4], [3, 2, 3, 3], [3]], attrs: geometryOf({ padding: 1 }) },
    {
      shapes: [[2, 2, 4, 4], [3, 2, 3, 3], [3]],
      attrs: { ...geometryOf({ padding: 1 }), activation: "relu" as const },
    },
    {
      shapes: [
        [1, 2, 6, 5],
        [3, 2, 4, 3],
      ],
      attrs: geometryOf({ stride: 2, padding: [1, 1, 2, 0] }),
    },
    { shapes: [[1, 4, 5, 5], [4, 2, 2, 2], [4]], attrs: geometryOf({ groups: 2, dilation: 2 }) },
    {
      shapes: [
        [2, 3, 3, 3],
        [2, 3, 1, 1],
      ],
      attrs: geometryOf({}),
    },
  ],
}

/** The adjoint of `conv` in its images: x = Σ over taps of w · y, as images of the given height and width; a bias may be added, and an activation follow. */
export const convTransposeOp: Op<ToImages> = {
  name: "convTranspose",
  shape: ([y, w, bias], { size, ...geometry }) => {
    const shape = [y![0]!, w![1]! * geometry.groups, ...size]
    fitsBias(bias, shape[1]!)
    if (!sameShape(convShape(shape, w!, geometry), y!))
      throw new ShapeError(
        `convTranspose: no images of ${size.join(" × ")} become ${formatShape(y!)} under a kernel ${formatShape(w!)}.`,
      )
    return shape
  },
  reference: ([y, w, bias], [from, kernel], { size, ...geometry }) => {
    const shape = [from![0]!, kernel![1]! * geometry.groups, ...size]
    const x = biased(shape, bias)
    tapsOf(shape, kernel!, from!, geometry, (i, j, k) => {
      x[i]! += y![k]! * w![j]!
    })
    return activated(x, geometry)
  },
  vjp: (cotangent, x, [y, w, bias], { size: _size, activation, ...geometry }) => {
    const g = beforeActivation(cotangent, x, activation)
    return [
      conv(g, w!, geometry),
      kernelGradient(g, y!, { ...geometry, kernel: [w!.shape[2]!, w!.shape[3]!] }),
      ...(bias ? [overPixels(g)] : []),
    ]
  },
  onnx: emitConvTranspose,
  examples: [
    ...[{}, { activation: "relu" as const }].map((activation) => ({
      shapes: [[2, 3, 2, 2], [3, 2, 4, 4], [2]],
      attrs: { ...geometryOf({ stride: 2, padding: 1 }), size: [4, 4] as const, ...activation },
    })),
    {
      shapes: [
        [1, 2, 2, 3],
        [2, 1, 3, 2],
      ],
      attrs: { ...geometryOf({ stride: 2, padding: [1, 0, 1, 0] }), size: [4, 6] },
    },
    {
      shapes: [
        [2, 3, 4, 4],
        [3, 2, 3, 3],
      ],
      attrs: { ...geometryOf({ padding: 1 }), size: [4, 4] },
    },
    { shapes: [[1, 4, 3, 3], [4, 2, 2, 2], [4]], attrs: { ...geometryOf({ groups: 2, dilation: 2 }), size: [5, 5] } },
    { shapes: [[1, 4, 3, 3], [4, 2, 3, 3], [4]], attrs: { ...geometryOf({ groups: 2, padding: 1 }), size: [3, 3] } },
  ],
}

/** `tapMask` as a constant. */
export const firstTaps = (kernel: Sides, count: number): Tensor => constant(tapMask(kernel, count))

/** The adjoint of `conv` in its kernel: w = Σ over taps of x · y, as kernels of the given height and width. */
export const kernelGradientOp: Op<KernelGradient> = {
  name: "kernelGradient",
  shape: ([x, y], { kernel, seen: _seen, form: _form, ...geometry }) => {
    const shape = [y![1]!, x![1]! / geometry.groups, ...kernel]
    if (!sameShape(convShape(x!, shape, geometry), y!))
      throw new ShapeError(
        `kernelGradient: no kernel of ${kernel.join(" × ")} takes ${formatShape(x!)} to ${formatShape(y!)}.`,
      )
    return shape
  },
  reference: ([x, y], [from, to], { kernel, seen = sizeOf(kernel), ...geometry }) => {
    const shape = [to![1]!, from![1]! / geometry.groups, ...kernel]
    const w = new Float64Array(sizeOf(shape))
    const taps = sizeOf(kernel)
    tapsOf(from!, shape, to!, geometry, (i, j, k) => {
      if (j % taps < seen) w[j]! += x![i]! * y![k]!
    })
    return w
  },
  vjp: (g, _, [x, y], { kernel, seen = sizeOf(kernel), form: _form, ...geometry }) => {
    const w = seen === sizeOf(kernel) ? g : mul(g, firstTaps(kernel, seen))
    return [convTranspose(y!, w, { ...geometry, size: [x!.shape[2]!, x!.shape[3]!] }), conv(x!, w, geometry)]
  },
  onnx: emitKernelGradient,
  examples: [
    {
      shapes: [
        [2, 2, 4, 4],
        [2, 3, 4, 4],
      ],
      attrs: { ...geometryOf({ padding: 1 }), kernel: [3, 3] },
    },
    ...(["gathered", "channelsLast", "split", "convolved"] as const).flatMap((form) =>
      [12, 7].map((seen) => ({
        shapes: [
          [2, 2, 4, 5],
          [2, 3, 4, 4],
        ],
        attrs: { ...geometryOf({ padding: [2, 1, 0, 1] }), kernel: [3, 4] as const, seen, form },
      })),
    ),
    ...(["gathered", "channelsLast", "convolved"] as const).map((form) => ({
      shapes: [
        [2, 2, 6, 5],
        [2, 3, 3, 2],
      ],
      attrs: { ...geometryOf({ stride: 2, padding: [1, 1, 2, 0] }), kernel: [4, 3] as const, form },
    })),
    {
      shapes: [
        [2, 2, 6, 5],
        [2, 3, 3, 2],
      ],
      attrs: { ...geometryOf({ stride: 2, padding: [1, 1, 2, 0] }), kernel: [4, 3] },
    },
    {
      shapes: [
        [1, 4, 5, 5],
        [1, 4, 3, 3],
      ],
      attrs: { ...geometryOf({ groups: 2, dilation: 2 }), kernel: [2, 2] },
    },
    {
      shapes: [
        [2, 3, 3, 3],
        [2, 2, 3, 3],
      ],
      attrs: { ...geometryOf({}), kernel: [1, 1] },
    },
  ],
}

/** How a convolution's taps lie; every number counts for both sides unless a pair or, for padding, [top, left, bottom, right] comes. */
export interface ConvOptions {
  readonly stride?: number | Sides
  readonly padding?: number | readonly [top: number, left: number, bottom: number, right: number]
  readonly dilation?: number | Sides
  readonly groups?: number
}

/** The geometry these options stand for: stride 1, no padding, no dilation and one group unless told. */
export function geometryOf({ stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvOptions): Geometry {
  const both = (value: number | Sides): Sides => (typeof value === "number" ? [value, value] : value)
  return {
    stride: both(stride),
    padding: typeof padding === "number" ? [padding, padding, padding, padding] : padding,
    dilation: both(dilation),
    groups,
  }
}

/** Convolution of images [batch, in, height, width] with kernels [out, in / groups, height, width], plus a bias [out]. Throws ShapeError. */
export const conv = (x: Tensor, w: Tensor, geometry: Geometry, bias?: Tensor): Tensor =>
  apply(convOp, bias ? [x, w, bias] : [x, w], geometry)

/**
 * Images [batch, in, ...size] that are the adjoint of a convolution with `w` [out, in / groups, height, width] applied to `y`
 * [batch, out, rows, columns], plus a bias [in]: a transposed convolution. Throws ShapeError when no such images exist.
 */
export const convTranspose = (
  y: Tensor,
  w: Tensor,
  geometry: Geometry & { readonly size: Sides },
  bias?: Tensor,
): Tensor => apply(convTransposeOp, bias ? [y, w, bias] : [y, w], geometry)

const kernelGradient = (x: Tensor, y: Tensor, geometry: KernelGradient): Tensor =>
  apply(kernelGradientOp, [x, y], geometry)
