/** How the gradient of a convolution's kernel is written in ONNX, which has no operator for it: five forms of one sum. */
import type { Shape } from "../../core/shape.ts"
import type { Emitter } from "../tensor.ts"
import { attributesOf, emitTurned, swapped } from "./conv-emission.ts"
import { type Geometry, type Sides, tapMask } from "./conv-geometry.ts"
import { type KernelGradientForm, kernelGradientForm } from "./conv-rules.ts"

export interface KernelGradient extends Geometry {
  readonly kernel: Sides
  /** How many taps are wanted, row by row from the first; the others are zeros. All unless told. */
  readonly seen?: number
  /** How it is written in ONNX; by the shapes unless told. */
  readonly form?: KernelGradientForm
}

/** What every form needs to know. */
interface Products {
  readonly x: string
  readonly y: string
  /** [batch, channels, height, width]. */
  readonly from: Shape
  /** [batch, out, rows, columns]. */
  readonly to: Shape
  readonly kernel: Sides
  readonly geometry: Geometry
  /** How many taps are wanted, row by row; the others are zeros. */
  readonly seen: number
}

/** Images with zeros around their sides, on the two axes from `axis` on. */
function padded(emit: Emitter, x: string, { padding: [top, left, bottom, right] }: Geometry, axis: 1 | 2): string {
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return x
  const beside = (a: number, b: number) => (axis === 2 ? [0, 0, a, b] : [0, a, b, 0])
  return emit.node("Pad", [x, emit.ints([...beside(top, left), ...beside(bottom, right)])])
}

/** What each wanted tap sees of padded images, side by side on an axis: one slice a tap, row by row. */
function slices(
  emit: Emitter,
  x: string,
  { to, kernel, geometry, seen }: Products,
  axis: 1 | 2,
  joined: number,
): string {
  const { stride, dilation } = geometry
  const axes = emit.ints([axis, axis + 1])
  const parts = Array.from({ length: seen }, (_, i) => {
    const start = [Math.floor(i / kernel[1]) * dilation[0], (i % kernel[1]) * dilation[1]] as const
    const end = [start[0] + stride[0] * (to[2]! - 1) + 1, start[1] + stride[1] * (to[3]! - 1) + 1]
    return emit.node("Slice", [x, emit.ints(start), emit.ints(end), axes, emit.ints(stride)])
  })
  return emit.node("Concat", parts, { axis: joined })
}

/**
 * The same, the taps of a channel side by side, by a convolution whose every kernel is one at its tap and zero elsewhere: the
 * processor gathers patches for it in its caches, faster than slices are cut and joined.
 */
function pickedTaps(emit: Emitter, { x, from, kernel, geometry, seen }: Products): string {
  const [channels, count] = [from[1]!, kernel[0] * kernel[1]]
  const ones = new Float32Array(channels * seen * count)
  for (let i = 0; i < channels * seen; i++) ones[i * count + (i % seen)] = 1
  const kernels = emit.array({ shape: [channels * seen, 1, ...kernel], data: ones })
  return emit.node("Conv", [x, kernels], attributesOf({ ...geometry, groups: channels }, kernel))
}

/** Sums [taps wanted, rest] as an axis of all taps, zeros where none was wanted, put at `at` of [.., taps, ..]. */
function allTaps(emit: Emitter, sums: string, shape: Shape, at: number, { kernel, seen }: Products): string {
  const apart = emit.node("Reshape", [sums, emit.shape(shape)])
  const missing = kernel[0] * kernel[1] - seen
  if (missing === 0) return apart
  const beyond = shape.map((_, axis) => (axis === at ? missing : 0))
  return emit.node("Pad", [apart, emit.ints([...shape.map(() => 0), ...beyond])])
}

/** [taps · channels, out] → [out, channels, ...kernel]. */
function fromTaps(emit: Emitter, sums: string, products: Products): string {
  const { from, to, kernel, seen } = products
  const taps = allTaps(emit, sums, [seen, from[1]!, to[1]!], 0, products)
  return emit.node("Transpose", [emit.node("Reshape", [taps, emit.shape([...kernel, from[1]!, to[1]!])])], {
    perm: [3, 2, 0, 1],
  })
}

/** [channels · taps, out] → [out, channels, ...kernel]. */
function fromPickedTaps(emit: Emitter, sums: string, products: Products): string {
  const { from, to, kernel, seen } = products
  const taps = allTaps(emit, sums, [from[1]!, seen, to[1]!], 1, products)
  return emit.node("Transpose", [emit.node("Reshape", [taps, emit.shape([from[1]!, ...kernel, to[1]!])])], {
    perm: [3, 0, 1, 2],
  })
}

/** Zeros at the taps that are not wanted. */
function onlySeen(emit: Emitter, w: string, { kernel, seen }: Products): string {
  return seen === kernel[0] * kernel[1] ? w : emit.node("Mul", [w, emit.array(tapMask(kernel, seen))])
}

/** Σ over data of a·bᵀ of matrices [batch, rows, n] and [batch, columns, n]. */
function productsSum(emit: Emitter, a: string, b: string): string {
  const isFused = emit.target.provider === "cpu" || emit.target.provider === "wasm"
  const products = isFused
    ? emit.node("FusedMatMul", [a, b], { transB: 1 }, "com.microsoft")
    : emit.node("MatMul", [a, emit.node("Transpose", [b], { perm: [0, 2, 1] })])
  return emit.node("ReduceSum", [products, emit.ints([0])], { keepdims: 0 })
}

const forms: Readonly<Record<KernelGradientForm, (emit: Emitter, products: Products) => string>> = {
  /** A single tap: a product for each datum, then their sum. */
  pointwise(emit, { x, y, from, to }) {
    const flat = (name: string, [batch, channels, rows, columns]: Shape) =>
      emit.node("Reshape", [name, emit.shape([batch!, channels!, rows! * columns!])])
    return emit.node("Reshape", [productsSum(emit, flat(y, to), flat(x, from)), emit.shape([to[1]!, from[1]!, 1, 1])])
  },
  /** Taps gathered as channels: a product for each datum, then their sum. */
  gathered(emit, products) {
    const { x, y, from, to, geometry, seen } = products
    const pixels = to[2]! * to[3]!
    const isPicked = emit.target.provider === "cpu"
    const gathered = isPicked ? pickedTaps(emit, products) : slices(emit, padded(emit, x, geometry, 2), products, 2, 1)
    const rows = emit.node("Reshape", [gathered, emit.shape([from[0]!, seen * from[1]!, pixels])])
    const columns = emit.node("Reshape", [y, emit.shape([to[0]!, to[1]!, pixels])])
    const sums = productsSum(emit, rows, columns)
    return isPicked ? fromPickedTaps(emit, sums, products) : fromTaps(emit, sums, products)
  },
  /** Channels last, taps gathered beside them: one product over all pixels of all data. */
  channelsLast(emit, products) {
    const { x, y, from, to, geometry, seen } = products
    const pixels = to[0]! * to[2]! * to[3]!
    const last = (name: string) => emit.node("Transpose", [name], { perm: [0, 2, 3, 1] })
    const gathered = slices(emit, padded(emit, last(x), geometry, 1), products, 1, 3)
    const rows = emit.node("Reshape", [gathered, emit.shape([pixels, seen * from[1]!])])
    const columns = emit.node("Reshape", [last(y), emit.shape([pixels, to[1]!])])
    return fromTaps(emit, emit.node("Gemm", [rows, columns], { transA: 1 }), products)
  },
  /** Vertical taps gathered from the images, horizontal ones from the outputs, both on the padded grid: fewer copies. */
  split(emit, products) {
    const { x, y, from, to, kernel, geometry } = products
    const [batch, channels, out] = [from[0]!, from[1]!, to[1]!]
    const [rows, columns] = [to[2]!, from[3]! + geometry.padding[1] + geometry.padding[3]]
    const images = padded(emit, x, geometry, 2)
    const vertical = Array.from({ length: kernel[0] }, (_, a) =>
      emit.node("Slice", [images, emit.ints([a]), emit.ints([a + rows]), emit.ints([2])]),
    )
    const horizontal = Array.from({ length: kernel[1] }, (_, b) =>
      emit.node("Pad", [y, emit.ints([0, 0, 0, b, 0, 0, 0, columns - to[3]! - b])]),
    )
    const matrix = (parts: readonly string[], width: number) =>
      emit.node("Reshape", [emit.node("Concat", parts, { axis: 1 }), emit.shape([batch, width, rows * columns])])
    const sums = productsSum(emit, matrix(vertical, kernel[0] * channels), matrix(horizontal, kernel[1] * out))
    const apart = emit.node("Reshape", [sums, emit.shape([kernel[0], channels, kernel[1], out])])
    return onlySeen(emit, emit.node("Transpose", [apart], { perm: [3, 1, 0, 2] }), products)
  },
  /** The images convolved with the outputs, batch and channels exchanged: no copies of taps. */
  convolved(emit, products) {
    const { x, y, from, to, kernel, geometry } = products
    const { stride, padding, dilation } = geometry
    const turned = { padding, stride: dilation, dilation: stride, groups: 1 }
    const sums = emitTurned(emit, [swapped(emit, x), y], turned, to)
    const length = (side: 0 | 1) => {
      const whole = from[2 + side]! + padding[side] + padding[side + 2]!
      return Math.floor((whole - stride[side] * (to[2 + side]! - 1) - 1) / dilation[side]) + 1
    }
    const isWhole = length(0) === kernel[0] && length(1) === kernel[1]
    const cut = isWhole ? sums : emit.node("Slice", [sums, emit.ints([0, 0]), emit.ints(kernel), emit.ints([2, 3])])
    return onlySeen(emit, swapped(emit, cut), products)
  },
}

export function emitKernelGradient(
  emit: Emitter,
  [x, y]: readonly string[],
  { kernel, form: wanted, seen = kernel[0] * kernel[1], ...geometry }: KernelGradient,
  [from, to]: readonly Shape[],
): string {
  const { groups } = geometry
  const part = (shape: Shape): Shape => [shape[0]!, shape[1]! / groups, ...shape.slice(2)]
  const shapes = { from: part(from!), to: part(to!), kernel, seen, geometry: { ...geometry, groups: 1 } }
  const form = forms[wanted ?? kernelGradientForm(shapes)]
  if (groups === 1) return form(emit, { ...shapes, x: x!, y: y! })
  const channels = (name: string, width: number, group: number) =>
    emit.node("Slice", [name, emit.ints([group * width]), emit.ints([(group + 1) * width]), emit.ints([1])])
  const parts = Array.from({ length: groups }, (_, group) =>
    form(emit, { ...shapes, x: channels(x!, shapes.from[1]!, group), y: channels(y!, shapes.to[1]!, group) }),
  )
  return emit.node("Concat", parts, { axis: 0 })
}
