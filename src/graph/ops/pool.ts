/** Averages and maxima over windows of images [batch, channels, height, width], and repeating pixels, the adjoint over tiles. */

import { ShapeError } from "../../core/errors.ts"
import { formatShape, type Shape, sameShape, sizeOf } from "../../core/shape.ts"
import { apply, type Emitter, type Op, type Tensor } from "../tensor.ts"
import { scatterAlong } from "./along.ts"
import { mul } from "./arithmetic.ts"
import { reshape } from "./broadcast.ts"
import type { Sides } from "./conv-geometry.ts"
import {
  areTiles,
  eachPixel,
  onnxWindows,
  type PoolOptions,
  pooledShape,
  type Windows,
  windowsOf,
} from "./pool-geometry.ts"

const areaOf = (sides: Sides): number => sides[0] * sides[1]
const sidesOf = (shape: Shape): Sides => [shape[2]!, shape[3]!]

/** Sums over windows divided by the windows' area, pixels beyond the image counting as zeros. */
export const averagePoolOp: Op<Windows> = {
  name: "averagePool",
  shape: ([x], windows) => pooledShape(x!, windows),
  reference: ([x], [shape], windows) => {
    const y = new Float64Array(sizeOf(pooledShape(shape!, windows)))
    eachPixel(shape!, windows, (pixel, window) => {
      y[window]! += x![pixel]! / areaOf(windows.kernel)
    })
    return y
  },
  vjp: (g, _, [x], windows) => [
    areTiles(x!.shape, windows)
      ? mul(upsample(g, windows.kernel), 1 / areaOf(windows.kernel))
      : apply(averageAdjointOp, [g], { ...windows, size: sidesOf(x!.shape) }),
  ],
  onnx: (emit, [x], windows) => emit.node("AveragePool", [x!], { ...onnxWindows(windows), count_include_pad: 1 }),
  examples: [
    { shapes: [[2, 2, 4, 6]], attrs: windowsOf({ kernel: [2, 3] }) },
    { shapes: [[1, 2, 5, 4]], attrs: windowsOf({ kernel: 3, stride: 2, padding: 1 }) },
  ],
}

interface AverageAdjoint extends Windows {
  /** Height and width of the images that were pooled. */
  readonly size: Sides
}

/** The adjoint of averagePool: each window's number, divided by the area, added to every pixel of the window. */
export const averageAdjointOp: Op<AverageAdjoint> = {
  name: "averageAdjoint",
  shape: ([y], { size, ...windows }) => {
    const shape = [y![0]!, y![1]!, ...size]
    if (!sameShape(pooledShape(shape, windows), y!))
      throw new ShapeError(`averageAdjoint: images of ${size.join(" × ")} do not pool to ${formatShape(y!)}.`)
    return shape
  },
  reference: ([y], [from], { size, ...windows }) => {
    const shape = [from![0]!, from![1]!, ...size]
    const x = new Float64Array(sizeOf(shape))
    eachPixel(shape, windows, (pixel, window) => {
      x[pixel]! += y![window]! / areaOf(windows.kernel)
    })
    return x
  },
  vjp: (g, _, __, { kernel, stride, padding }) => [averagePool(g, { kernel, stride, padding })],
  // Every plane by itself is an image of one channel, so that one constant kernel serves all channels.
  onnx: (emit, [y], { size, ...windows }, [shape]) => {
    const { kernel, stride, padding } = windows
    const [images, channels, ...sides] = shape!
    const planes = emit.node("Reshape", [y!, emit.shape([images! * channels!, 1, ...sides])])
    const data = new Float32Array(areaOf(kernel)).fill(1 / areaOf(kernel))
    const left = size.map((n, i) => n - ((sides[i]! - 1) * stride[i]! - 2 * padding[i]! + kernel[i]!))
    const attributes = { ...onnxWindows(windows), output_padding: left }
    const spread = emit.node("ConvTranspose", [planes, emit.array({ shape: [1, 1, ...kernel], data })], attributes)
    return emit.node("Reshape", [spread, emit.shape([images!, channels!, ...size])])
  },
  examples: [
    { shapes: [[1, 2, 3, 2]], attrs: { ...windowsOf({ kernel: 3, stride: 2, padding: 1 }), size: [5, 4] } },
    { shapes: [[2, 1, 2, 2]], attrs: { ...windowsOf({ kernel: 2 }), size: [5, 4] } },
  ],
}

/** Each pixel repeated to a block of this height and width. */
export const upsampleOp: Op<{ readonly by: Sides }> = {
  name: "upsample",
  shape: ([x], { by }) => {
    if (x!.length !== 4) throw new ShapeError(`upsample: ${formatShape(x!)} is no [batch, channels, height, width].`)
    return [x![0]!, x![1]!, x![2]! * by[0], x![3]! * by[1]]
  },
  reference: ([x], [from], attrs) => {
    const shape = upsampleOp.shape([from!], attrs)
    const y = new Float64Array(sizeOf(shape))
    eachPixel(shape, windowsOf({ kernel: attrs.by }), (pixel, block) => {
      y[pixel] = x![block]!
    })
    return y
  },
  vjp: (g, _, __, { by }) => [mul(averagePool(g, { kernel: by }), areaOf(by))],
  onnx: (emit, [x], { by }) =>
    emit.node("Resize", [x!, "", emit.array({ shape: [4], data: Float32Array.of(1, 1, ...by) })], {
      mode: "nearest",
      nearest_mode: "floor",
      coordinate_transformation_mode: "asymmetric",
    }),
  examples: [{ shapes: [[2, 2, 2, 3]], attrs: { by: [3, 2] } }],
}

/** The largest pixel of each window; its gradient goes to where that pixel is, the first of equals. */
export const maxPoolOp: Op<Windows> = {
  name: "maxPool",
  shape: ([x], windows) => pooledShape(x!, windows),
  reference: ([x], [shape], windows) => {
    const y = new Float64Array(sizeOf(pooledShape(shape!, windows))).fill(Number.NEGATIVE_INFINITY)
    eachPixel(shape!, windows, (pixel, window) => {
      y[window] = Math.max(y[window]!, x![pixel]!)
    })
    return y
  },
  vjp: (g, _, [x], windows) => {
    const flat = (t: Tensor) => reshape(t, [t.shape[0]!, t.shape[1]!, areaOf(sidesOf(t.shape))])
    const where = apply(maxPoolIndexOp, [x!], windows)
    return [reshape(scatterAlong(flat(g), flat(where), 2, areaOf(sidesOf(x!.shape))), x!.shape)]
  },
  onnx: (emit, [x], windows) => emit.node("MaxPool", [x!], onnxWindows(windows)),
  examples: [
    { shapes: [[2, 2, 4, 6]], attrs: windowsOf({ kernel: [2, 3] }) },
    { shapes: [[1, 2, 5, 4]], attrs: windowsOf({ kernel: 3, stride: 2, padding: 1 }) },
  ],
}

/** Where in its plane (row · width + column, as a float) the largest pixel of each window is, the first of equals. */
export const maxPoolIndexOp: Op<Windows> = {
  name: "maxPoolIndex",
  shape: ([x], windows) => pooledShape(x!, windows),
  reference: ([x], [shape], windows) => {
    const chosen = new Array<number | undefined>(sizeOf(pooledShape(shape!, windows)))
    eachPixel(shape!, windows, (pixel, window) => {
      const best = chosen[window]
      if (best === undefined || x![pixel]! > x![best]!) chosen[window] = pixel
    })
    return Float64Array.from(chosen, (pixel) => pixel! % areaOf(sidesOf(shape!)))
  },
  vjp: () => [null],
  onnx: (emit, [x], windows, [shape]) => {
    if (emit.target.provider === "webgpu") return emitPlaces(emit, x!, windows, shape!)
    const [, index] = emit.outputs(2, "MaxPool", [x!], onnxWindows(windows))
    const inPlane = emit.node("Mod", [index!, emit.ints([areaOf(sidesOf(shape!))])])
    return emit.node("Cast", [inPlane], { to: 1 })
  },
  examples: maxPoolOp.examples,
}

/** The same by one comparison a pixel of the window, for providers whose MaxPool gives no indices. */
function emitPlaces(emit: Emitter, x: string, windows: Windows, shape: Shape): string {
  const { kernel, stride, padding } = windows
  const [, , rows, columns] = pooledShape(shape, windows) as readonly [number, number, number, number]
  const width = shape[3]!
  const padded = emit.node("Pad", [x, emit.ints([0, 0, ...padding, 0, 0, ...padding]), emit.scalar(-3e38)])
  const pixel = (a: number, b: number) =>
    emit.node("Slice", [
      padded,
      emit.ints([a, b]),
      emit.ints([a + (rows - 1) * stride[0] + 1, b + (columns - 1) * stride[1] + 1]),
      emit.ints([2, 3]),
      emit.ints(stride),
    ])
  let best = pixel(0, 0)
  let place = emit.scalar(0)
  for (let k = 1; k < areaOf(kernel); k++) {
    const [a, b] = [Math.floor(k / kernel[1]), k % kernel[1]]
    const next = pixel(a, b)
    place = emit.node("Where", [emit.node("Greater", [next, best]), emit.scalar(a * width + b), place])
    best = emit.node("Max", [next, best])
  }
  const corners = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns]
    return (row * stride[0] - padding[0]) * width + column * stride[1] - padding[1]
  })
  return emit.node("Add", [place, emit.array({ shape: [1, 1, rows, columns], data: corners })])
}

/** Averages over windows of images, pixels beyond the image counting as zeros: [batch, channels, height, width]. Throws ShapeError. */
export const averagePool = (x: Tensor, options: PoolOptions): Tensor => apply(averagePoolOp, [x], windowsOf(options))
/** The largest pixels of windows of images: [batch, channels, height, width]. Throws ShapeError. */
export const maxPool = (x: Tensor, options: PoolOptions): Tensor => apply(maxPoolOp, [x], windowsOf(options))
/** Images with each pixel repeated to a block (nearest-neighbour resizing): [batch, channels, height·by, width·by]. Throws ShapeError. */
export const upsample = (x: Tensor, by: number | Sides): Tensor =>
  apply(upsampleOp, [x], { by: typeof by === "number" ? [by, by] : by })
