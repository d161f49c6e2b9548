/** How convolutions and transposed ones are written in ONNX: every form computes the same, which is fastest depends on shapes. */
import type { Shape } from "../../core/shape.ts"
import type { Attributes, Emitter } from "../tensor.ts"
import type { Geometry, Sides } from "./conv-geometry.ts"

export const attributesOf = ({ stride, padding, dilation, groups }: Geometry, kernel: Sides): Attributes => ({
  kernel_shape: kernel,
  strides: stride,
  pads: padding,
  dilations: dilation,
  group: groups,
})

/** A convolution with what is applied to every element at last. */
export interface Activated extends Geometry {
  /** Nothing unless told. */
  readonly activation?: "relu"
}
/** A convolution onto images of a given height and width. */
export interface ToImages extends Activated {
  readonly size: Sides
}

const sidesOf = (shape: Shape): Sides => [shape[2]!, shape[3]!]
export const isOnes = (sides: Sides): boolean => sides[0] === 1 && sides[1] === 1
const exchanged = {} // by which a graph knows what it has in that order already
/** The first two axes exchanged. */
export const swapped = (emit: Emitter, x: string): string =>
  emit.once(exchanged, [x], () => [emit.node("Transpose", [x], { perm: [1, 0, 2, 3] })])[0]!

const blockedDomain = "com.microsoft.nchwc"

/** Whether the processor's own layout, channels in blocks, can hold this many channels; single taps gain nothing by it. */
const suitsBlocks = ({ target: { block } }: Emitter, channels: readonly number[], kernel: Sides): boolean =>
  block !== undefined && !isOnes(kernel) && channels.every((length) => length % block === 0)

const kernelsInBlocks = {} // the same kernel goes over data and samples, or back through both
/**
 * A kernel in the order in which blocked convolutions read it, blocks of `in` inside blocks of `out`, from one that lies as
 * [in, out, height, width]: once its `out` is in blocks, only whole blocks move.
 */
const blockedKernel = (emit: Emitter, turned: string, [channels, out, ...kernel]: readonly number[]): string =>
  emit.once(kernelsInBlocks, [turned], () => {
    const block = emit.target.block!
    const taps = kernel[0]! * kernel[1]!
    const apart = emit.ints([channels! / block, block, out! / block, taps, block])
    const ordered = emit.node("Transpose", [emit.node("Reshape", [intoBlocks(emit, turned), apart])], {
      perm: [2, 0, 3, 1, 4],
    })
    return [emit.node("Reshape", [ordered, emit.ints([out!, channels!, ...kernel])])]
  })[0]!

const blocksOf = {} // by which a graph knows what it has in blocks already: a gradient goes into both the images' and the kernel's
const intoBlocks = (emit: Emitter, x: string): string =>
  emit.once(blocksOf, [x], () => [emit.node("ReorderInput", [x], {}, blockedDomain)])[0]!
function outOfBlocks(emit: Emitter, x: string, channels: number): string {
  const images = emit.node("ReorderOutput", [x], { channels }, blockedDomain)
  emit.once(blocksOf, [images], () => [x])
  return images
}

/** A convolution in blocks of images that may lie in any order, by a kernel that lies as [in, out, height, width]. */
function emitBlocked(
  emit: Emitter,
  [x, turned, ...bias]: readonly string[],
  { activation, ...geometry }: Activated,
  kernels: Shape,
): string {
  const operands = [x!, blockedKernel(emit, turned!, kernels), ...bias]
  const attributes = { ...attributesOf(geometry, sidesOf(kernels)), ...(activation && { activation: "Relu" }) }
  return emit.node("Conv", operands, attributes, blockedDomain)
}

/** A convolution by the ordinary operator, of images and kernels as they lie. */
function emitPlain(emit: Emitter, operands: readonly string[], { activation, ...geometry }: Activated, kernels: Shape) {
  const attributes = attributesOf(geometry, sidesOf(kernels))
  const { provider } = emit.target
  if (activation && (provider === "cpu" || provider === "wasm"))
    return emit.node("FusedConv", operands, { ...attributes, activation: "Relu" }, "com.microsoft")
  const y = emit.node("Conv", operands, attributes)
  return activation ? emit.node("Relu", [y]) : y
}

export function emitConv(
  emit: Emitter,
  [x, w, ...bias]: readonly string[],
  geometry: Activated,
  [, kernels]: readonly Shape[],
): string {
  const [out, channels, ...kernel] = kernels!
  if (geometry.groups > 1 || !suitsBlocks(emit, [out!, channels!], sidesOf(kernels!)))
    return emitPlain(emit, [x!, w!, ...bias], geometry, kernels!)
  return emitTurned(emit, [x!, swapped(emit, w!), ...bias], geometry, [channels!, out!, ...kernel])
}

/** A convolution by a kernel that lies as [in, out, height, width]. */
export function emitTurned(
  emit: Emitter,
  [x, turned, ...bias]: readonly string[],
  geometry: Activated,
  kernels: Shape,
): string {
  if (!suitsBlocks(emit, kernels.slice(0, 2), sidesOf(kernels)))
    return emitPlain(emit, [x!, swapped(emit, turned!), ...bias], geometry, kernels)
  const blocks = emitBlocked(emit, [intoBlocks(emit, x!), turned!, ...bias], geometry, kernels)
  return outOfBlocks(emit, blocks, kernels[1]!)
}

type EmitToImages<R> = (emit: Emitter, names: readonly string[], attrs: ToImages, shapes: readonly Shape[]) => R

export const emitConvTranspose: EmitToImages<string> = (...args) =>
  emitFlipped(...args) ?? emitPhases(...args) ?? emitAdjoint(...args)

/** The operator for it, which suits every geometry. */
const emitAdjoint: EmitToImages<string> = (emit, names, { size, activation, ...geometry }, [from, kernels]) => {
  const { stride, padding, dilation } = geometry
  const kernel = sidesOf(kernels!)
  const least = ([0, 1] as const).map((side) => {
    const reach = dilation[side] * (kernel[side] - 1) + 1
    return stride[side] * (from![2 + side]! - 1) + reach - padding[side] - padding[side + 2]!
  })
  const y = emit.node("ConvTranspose", names, {
    ...attributesOf(geometry, kernel),
    output_padding: [size[0] - least[0]!, size[1] - least[1]!],
  })
  return activation ? emit.node("Relu", [y]) : y
}

/** Every s-th number below `length`, the last first. */
const backwards = (length: number, step: number): number[] =>
  Array.from({ length: Math.ceil(length / step) }, (_, i) => length - 1 - i * step)

const choices = {} // by which a graph knows what it has chosen of a kernel already
/**
 * The kernel of some rows and columns, in this order, by a product with zeros and ones: the processor's slices backwards or in steps
 * move numbers one by one (a fourth of the taps of 128 × 64 kernels of 4 × 4: 0.34 ms, by the product 0.07 to 0.11).
 */
function chosenTaps(emit: Emitter, w: string, [out, channels, ...sides]: Shape, [rows, columns]: readonly number[][]) {
  const [height, width] = sides as unknown as Sides
  const taps = rows!.flatMap((row) => columns!.map((column) => row * width + column))
  const shape = [out!, channels!, rows!.length, columns!.length]
  const choice = new Float32Array(height * width * taps.length)
  for (const [i, tap] of taps.entries()) choice[tap * taps.length + i] = 1
  const operands = [w, emit.array({ shape: [height * width, taps.length], data: choice })]
  return emit.once(choices, operands, () => {
    const flat = emit.node("Reshape", [w, emit.ints([out! * channels!, height * width])])
    return [emit.node("Reshape", [emit.node("MatMul", [flat, operands[1]!]), emit.ints(shape)])]
  })[0]!
}

/** The kernel with rows and columns mirrored. */
function mirrored(emit: Emitter, w: string, kernels: Shape): string {
  const kernel = sidesOf(kernels)
  if (isOnes(kernel)) return w
  if (emit.target.provider === "cpu")
    return chosenTaps(emit, w, kernels, [backwards(kernel[0], 1), backwards(kernel[1], 1)])
  const last = emit.ints([-1, -1])
  return emit.node("Slice", [w, last, emit.ints([-1 - kernel[0], -1 - kernel[1]]), emit.ints([2, 3]), last])
}

const fewChannels = 4 // of the images: up to here the operator is the fastest form

/** Where steps are 1: a convolution with the kernel mirrored. */
const emitFlipped: EmitToImages<string | undefined> = (emit, [y, w, ...bias], attrs, [, kernels]) => {
  const { size: _size, ...geometry } = attrs
  const channels = kernels![1]!
  const kernel = sidesOf(kernels!)
  const mirror = (i: 0 | 1 | 2 | 3) => {
    const side = (i % 2) as 0 | 1
    return geometry.dilation[side] * (kernel[side] - 1) - geometry.padding[i]
  }
  const padding = [mirror(0), mirror(1), mirror(2), mirror(3)] as const
  const suits =
    isOnes(geometry.stride) && geometry.groups === 1 && channels > fewChannels && padding.every((n) => n >= 0)
  if (!suits) return undefined
  return emitTurned(emit, [y!, mirrored(emit, w!, kernels!), ...bias], { ...geometry, padding }, kernels!)
}

/** One side of a phase: which taps make every s-th pixel from `a` on, and how the outputs are padded for them. */
function phaseOf(a: number, side: 0 | 1, { size, stride, padding, dilation }: ToImages, from: Shape, kernel: Sides) {
  const s = stride[side]
  const first = (a + padding[side]) % s
  const taps = Math.ceil((kernel[side] - first) / s)
  const before = taps - 1 - (a + padding[side] - first) / s
  const after = size[side] / s - 1 + taps - from[2 + side]! - before
  const fits = dilation[side] === 1 && size[side] % s === 0 && taps > 0 && before >= 0 && after >= 0
  return fits ? { first, last: first + s * (taps - 1), taps, before, after } : undefined
}

/** Where steps are larger and blocks suit: a convolution for each phase of the pixels, woven together afterwards. */
const emitPhases: EmitToImages<string | undefined> = (emit, [y, w, ...bias], attrs, [from, kernels]) => {
  const { stride, groups, activation } = attrs
  const activated = activation && { activation }
  const [out, channels] = kernels!
  const kernel = sidesOf(kernels!)
  if (groups > 1 || stride[0] !== stride[1] || !suitsBlocks(emit, [out!, channels!], kernel)) return undefined
  const step = stride[0]
  const phases = Array.from({ length: step * step }, (_, i) => [
    phaseOf(Math.floor(i / step), 0, attrs, from!, kernel),
    phaseOf(i % step, 1, attrs, from!, kernel),
  ])
  if (phases.flat().includes(undefined)) return undefined
  const blocks = intoBlocks(emit, y!)
  const parts = phases.map(([rows, columns]) => {
    const taps = [rows!.taps, columns!.taps] as const
    const part = chosenTaps(emit, w!, kernels!, [backwards(rows!.last + 1, step), backwards(columns!.last + 1, step)])
    const padding = [rows!.before, columns!.before, rows!.after, columns!.after] as const
    const geometry = { stride: [1, 1], dilation: [1, 1], padding, groups: 1, ...activated } as const
    return emitBlocked(emit, [blocks, part, ...bias], geometry, [out!, channels!, ...taps])
  })
  return outOfBlocks(emit, woven(emit, parts, step, [from![0]!, channels!, ...attrs.size]), channels!)
}

/** Images in blocks from their phases, row by row of phases: pixels side by side, then rows. */
function woven(
  emit: Emitter,
  phases: readonly string[],
  step: number,
  [batch, channels, height, width]: readonly number[],
) {
  const block = emit.target.block!
  const planes = batch! * (channels! / block)
  const [rows, columns] = [height! / step, width! / step]
  const beside = (parts: readonly string[], shape: readonly number[], axis: number) =>
    emit.node(
      "Concat",
      parts.map((part) => emit.node("Reshape", [part, emit.shape(shape)])),
      { axis },
    )
  const lines = Array.from({ length: step }, (_, a) =>
    beside(phases.slice(a * step, (a + 1) * step), [planes * rows * columns, 1, block], 1),
  )
  return emit.node("Reshape", [
    beside(lines, [planes * rows, 1, width! * block], 1),
    emit.shape([batch!, channels!, height!, width!]),
  ])
}
