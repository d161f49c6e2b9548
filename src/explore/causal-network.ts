/**
 * A network of causal convolutions (van den Oord, Kalchbrenner and Kavukcuoglu 2016, "Pixel recurrent neural networks") as two
 * small programs that know only what a pixel depends on. A convolution's sum at a pixel is split by when its operands are known:
 * those of the rows above, for the whole row in one product before the row begins; those to the left and the pixel's own, when
 * it is visited. So each layer computes each of its values once, and taps that a mask hides are no part of any product.
 */
import { type NdArray, ndarray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import type { Shape } from "../core/shape.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { broadcastTo } from "../graph/ops/broadcast.ts"
import { concat, slice } from "../graph/ops/layout.ts"
import { matmulOp } from "../graph/ops/matmul.ts"
import { constant, input } from "../graph/ops/source.ts"
import { simplify } from "../graph/simplify.ts"
import { apply, type Tensor } from "../graph/tensor.ts"
import type { MaskType } from "../nn/conv.ts"

/** The numbers of a `causalConv`; a convolution of single pixels is one of size 1 that sees itself (B). */
export interface CausalKernel {
  readonly type: MaskType
  /** [out, in, (size + 1) / 2, size]: the rows up to the pixel's own. */
  readonly w: NdArray
  readonly b: NdArray
}

/** Logits of all pixels of images, each from the pixels before it in raster order. */
export interface CausalNetwork {
  /** [channels, height, width] */
  readonly event: Shape
  readonly kernels: readonly CausalKernel[]
  /**
   * The logits [batch, …] of images `x` [batch, channels, …], where `conv(i, h)` convolves `h` with kernel i. All else must act
   * on each pixel alone: elementwise, or along axis 1. Then it is the same function of whole images and of one pixel of each.
   */
  logits(x: Tensor, conv: (i: number, h: Tensor) => Tensor): Tensor
}

/** A kernel that looks beyond its own pixel, and how far. */
export interface Reach {
  readonly kernel: number
  readonly inputs: number
  readonly outputs: number
  /** Rows above the pixel, and as many columns on either side. */
  readonly far: number
  /** Whether it convolves the images themselves, whose pixels are known only once they are drawn. */
  readonly ofImages: boolean
}

/** Names of ports and outputs of kernel i. */
export const portOf = {
  rows: (i: number) => `rows.${i}`,
  above: (i: number) => `above.${i}`,
  left: (i: number, column: number) => `left.${i}.${column}`,
  seen: (i: number) => `seen.${i}`,
}
export const logitsPort = "logits"

const shapeOf = ({ w }: CausalKernel) => {
  const [outputs, inputs, , size] = w.shape as [number, number, number, number]
  return { outputs, inputs, far: (size - 1) / 2 }
}

/** Some taps of a kernel, by row and column, as a matrix [taps · inputs, outputs]. */
function matrixOf({ w }: CausalKernel, taps: readonly (readonly [row: number, column: number])[]): Tensor {
  const [outputs, inputs, rows, size] = w.shape as [number, number, number, number]
  const at = (row: number, column: number, from: number, to: number) =>
    w.data[((to * inputs + from) * rows + row) * size + column]!
  const each = <T>(count: number, f: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => f(i))
  const data = taps.flatMap(([row, column]) =>
    each(inputs, (from) => each(outputs, (to) => at(row, column, from, to))).flat(),
  )
  return constant(ndarray([taps.length * inputs, outputs], data))
}

/** x·w + c in one product, which starts from c. */
const productFrom = (c: Tensor, x: Tensor, w: Tensor): Tensor =>
  apply(matmulOp, [x, w, c], { transA: false, transB: false, alpha: 1 })

export const seesItself =
  "causal sampling: the logits of a pixel depend on the pixel itself. The first convolution of the images needs mask A, and the images may enter in no other way."

/**
 * One pixel of each image: `logits` from the sums over what is above (`above.i` [images, outputs]) and the values to the left
 * (`left.i.column` [images, inputs], from the farthest), and the values `seen.i` [images, inputs] that kernel i convolves, for the pixels after it.
 * Throws EidosError("trace") when a pixel sees itself.
 */
export function pixelProgram(network: CausalNetwork, images: number): { graph: Graph; reaches: Reach[] } {
  const x = input("x", [images, network.event[0]!])
  const reaches: Reach[] = []
  const outputs: Record<string, Tensor> = {}
  const conv = (i: number, h: Tensor): Tensor => {
    const kernel = network.kernels[i]!
    const { far, ...channels } = shapeOf(kernel)
    if (far > 0) reaches.push({ kernel: i, far, ...channels, ofImages: h === x })
    if (far > 0 && h !== x) outputs[portOf.seen(i)] = h
    const before = far > 0 ? productToTheLeft(i, kernel, images) : rowsOf(kernel.b, images)
    return kernel.type === "B" ? productFrom(before, h, matrixOf(kernel, [[far, far]])) : before
  }
  outputs[logitsPort] = network.logits(x, conv)
  const graph = simplify(graphOf(outputs))
  if (graph.inputs.has("x")) throw new EidosError("trace", seesItself)
  return { graph, reaches }
}

const rowsOf = (b: NdArray, images: number): Tensor => broadcastTo(constant(b), [images, ...b.shape])

function productToTheLeft(i: number, kernel: CausalKernel, images: number): Tensor {
  const { inputs, outputs, far } = shapeOf(kernel)
  const left = Array.from({ length: far }, (_, column) => input(portOf.left(i, column), [images, inputs]))
  const taps = Array.from({ length: far }, (_, column) => [far, column] as const)
  const above = input(portOf.above(i), [images, outputs])
  return productFrom(above, concat(left, 1), matrixOf(kernel, taps))
}

/**
 * One row: the sums over what is above each pixel, `above.i` [width · images, outputs], from the rows there, `rows.i`
 * [far · (far + width + far) · images, inputs].
 */
export function rowProgram({ event, kernels }: CausalNetwork, reaches: readonly Reach[], images: number): Graph {
  const width = event[2]!
  const sums = reaches.map(({ kernel: i, far, inputs }) => {
    const [size, padded] = [2 * far + 1, width + 2 * far]
    const rows = input(portOf.rows(i), [far * padded * images, inputs])
    const taps = Array.from({ length: far * size }, (_, tap) => [Math.floor(tap / size), tap % size] as const)
    const windows = taps.map(([row, column]) => {
      const first = (row * padded + column) * images
      return slice(rows, 0, first, first + width * images) // [width · images, inputs]
    })
    return [portOf.above(i), productFrom(constant(kernels[i]!.b), concat(windows, 1), matrixOf(kernels[i]!, taps))]
  })
  return simplify(graphOf(Object.fromEntries(sums)))
}
