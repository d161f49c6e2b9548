/** How the gradient of a convolution's kernel is written in ONNX, which has no operator for it: five forms of one sum. */
import type { Shape } from "../../core/shape.ts"
import type { Emitter } from "../tensor.ts"
import { emitTurned, swapped } from "./conv-emission.ts"
import type { Geometry, Sides } from "./conv-geometry.ts"
import { type KernelGradientForm, kernelGradientForm } from "./conv-rules.ts"

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
}

/** Images with zeros around their sides, on the two axes from `axis` on. */
function padded(emit: Emitter, x: string, { padding: [top, left, bottom, right] }: Geometry, axis: 1 | 2): string {
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return x
  const beside = (a: number, b: number) => (axis === 2 ? [0, 0, a, b] : [0, a, b, 0])
  return emit.node("Pad", [x, emit.ints([...beside(top, left), ...beside(bottom, right)])])
}

/** What each kernel entry sees of padded images, side by side on an axis: one slice a tap, row by row. */
function taps(emit: Emitter, x: string, { to, kernel, geometry }: Products, axis: 1 | 2, joined: number): string {
  const { stride, dilation } = geometry
  const axes = emit.ints([axis, axis + 1])
  const slices = Array.from({ length: kernel[0] * kernel[1] }, (_, i) => {
    const start = [Math.floor(i / kernel[1]) * dilation[0], (i % kernel[1]) * dilation[1]] as const
    const end = [start[0] + stride[0] * (to[2]! - 1) + 1, start[1] + stride[1] * (to[3]! - 1) + 1]
    return emit.node("Slice", [x, emit.ints(start), emit.ints(end), axes, emit.ints(stride)])
  })
  return emit.node("Concat", slices, { axis: joined })
}

/** [taps · channels, out] → [out, channels, ...kernel]. */
const fromTaps = (emit: Emitter, sums: string, { from, to, kernel }: Products): string =>
  emit.node("Transpose", [emit.node("Reshape", [sums, emit.shape([...kernel, from[1]!, to[1]!])])], {
    perm: [3, 2, 0, 1],
  })

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
    const { x, y, from, to, kernel, geometry } = products
    const pixels = to[2]! * to[3]!
    const gathered = taps(emit, padded(emit, x, geometry, 2), products, 2, 1)
    const rows = emit.node("Reshape", [gathered, emit.shape([from[0]!, kernel[0] * kernel[1] * from[1]!, pixels])])
    const columns = emit.node("Reshape", [y, emit.shape([to[0]!, to[1]!, pixels])])
    return fromTaps(emit, productsSum(emit, rows, columns), products)
  },
  /** Channels last, taps gathered beside them: one product over all pixels of all data. */
  channelsLast(emit, products) {
    const { x, y, from, to, kernel, geometry } = products
    const pixels = to[0]! * to[2]! * to[3]!
    const last = (name: string) => emit.node("Transpose", [name], { perm: [0, 2, 3, 1] })
    const gathered = taps(emit, padded(emit, last(x), geometry, 1), products, 1, 3)
    const rows = emit.node("Reshape", [gathered, emit.shape([pixels, kernel[0] * kernel[1] * from[1]!])])
    const columns = emit.node("Reshape", [last(y), emit.shape([pixels, to[1]!])])
    return fromTaps(emit, emit.node("Gemm", [rows, columns], { transA: 1 }), products)
  },
  /** Vertical taps gathered from the images, horizontal ones from the outputs, both on the padded grid: fewer copies. */
  split(emit, { x, y, from, to, kernel, geometry }) {
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
    return emit.node("Transpose", [apart], { perm: [3, 1, 0, 2] })
  },
  /** The images convolved with the outputs, batch and channels exchanged: no copies of taps. */
  convolved(emit, { x, y, from, to, kernel, geometry }) {
    const { stride, padding, dilation } = geometry
    const turned = { padding, stride: dilation, dilation: stride, groups: 1 }
    const sums = emitTurned(emit, [swapped(emit, x), y], turned, to)
    const length = (side: 0 | 1) => {
      const whole = from[2 + side]! + padding[side] + padding[side + 2]!
      return Math.floor((whole - stride[side] * (to[2 + side]! - 1) - 1) / dilation[side]) + 1
    }
    const isWhole = length(0) === kernel[0] && length(1) === kernel[1]
    const cut = isWhole ? sums : emit.node("Slice", [sums, emit.ints([0, 0]), emit.ints(kernel), emit.ints([2, 3])])
    return swapped(emit, cut)
  },
}

export function emitKernelGradient(
  emit: Emitter,
  [x, y]: readonly string[],
  { kernel, form: wanted, ...geometry }: Geometry & { readonly kernel: Sides; readonly form?: KernelGradientForm },
  [from, to]: readonly Shape[],
): string {
  const { groups } = geometry
  const part = (shape: Shape): Shape => [shape[0]!, shape[1]! / groups, ...shape.slice(2)]
  const shapes = { from: part(from!), to: part(to!), kernel, geometry: { ...geometry, groups: 1 } }
  const form = forms[wanted ?? kernelGradientForm(shapes)]
  if (groups === 1) return form(emit, { ...shapes, x: x!, y: y! })
  const channels = (name: string, width: number, group: number) =>
    emit.node("Slice", [name, emit.ints([group * width]), emit.ints([(group + 1) * width]), emit.ints([1])])
  const parts = Array.from({ length: groups }, (_, group) =>
    form(emit, { ...shapes, x: channels(x!, shapes.from[1]!, group), y: channels(y!, shapes.to[1]!, group) }),
  )
  return emit.node("Concat", parts, { axis: 0 })
}
