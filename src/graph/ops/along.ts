/** Reading along an axis by index and adding along it (each the other's adjoint), and what is chosen by rank: top-k, argmax. */
import { ShapeError } from "../../core/errors.ts"
import { formatShape, normalizeAxis, type Shape, sameShape, sizeOf, stridesOf } from "../../core/shape.ts"
import { apply, type Op, type Tensor } from "../tensor.ts"
import { equal, mul, sub } from "./arithmetic.ts"
import { reshape } from "./broadcast.ts"
import { max } from "./reduce.ts"
import { constant, stopGradient } from "./source.ts"

const asIntegers = { to: 6 } // the ONNX code of int32, which every provider can index with
const withLength = (shape: Shape, axis: number, length: number): Shape => shape.map((n, i) => (i === axis ? length : n))

export const indicesDoNotFit = (where: string, x: Shape, index: Shape, axis: number): string =>
  `${where}: indices of shape ${formatShape(index)} do not fit ${formatShape(x)}; beside axis ${axis} the shapes must be equal.`

function checkIndices(where: string, x: Shape, index: Shape, axis: number): void {
  if (!sameShape(withLength(x, axis, 0), withLength(index, axis, 0)))
    throw new ShapeError(indicesDoNotFit(where, x, index, axis))
}

/** For each element of `index`, the offset it names in an array like it but for its length along the axis. */
function offsets(index: Float64Array, shape: Shape, axis: number, length: number): Uint32Array {
  const [inner, mine] = [stridesOf(shape)[axis]!, shape[axis]!]
  return Uint32Array.from(index, (at, i) => {
    const [outer, rest] = [Math.floor(i / (inner * mine)), i % inner]
    return (outer * length + Math.floor(at)) * inner + rest
  })
}

/** x[…, ⌊index⌋, …] along an axis, element by element. */
export const gatherAlongOp: Op<{ readonly axis: number }> = {
  name: "gatherAlong",
  shape: ([x, index], { axis }) => {
    checkIndices("gatherAlong", x!, index!, axis)
    return index!
  },
  reference: ([x, index], [from, by], { axis }) =>
    Float64Array.from(offsets(index!, by!, axis, from![axis]!), (at) => x![at]!),
  vjp: (g, _, [x, index], { axis }) => [scatterAlong(g, index!, axis, x!.shape[axis]!), null],
  onnx: (emit, [x, index], { axis }) =>
    emit.node("GatherElements", [x!, emit.node("Cast", [index!], asIntegers)], { axis }),
  examples: [
    {
      shapes: [
        [2, 4],
        [2, 3],
      ],
      attrs: { axis: 1 },
      range: [0, 3.9],
    },
    {
      shapes: [
        [2, 4, 2],
        [2, 3, 2],
      ],
      attrs: { axis: 1 },
      range: [0, 3.9],
    },
  ],
}

/** Zeros of this length along an axis, plus each element of x at its ⌊index⌋; elements with one index add up. */
export const scatterAlongOp: Op<{ readonly axis: number; readonly length: number }> = {
  name: "scatterAlong",
  shape: ([x, index], { axis, length }) => {
    checkIndices("scatterAlong", x!, index!, axis)
    if (!sameShape(x!, index!)) throw new ShapeError(indicesDoNotFit("scatterAlong", x!, index!, axis))
    return withLength(x!, axis, length)
  },
  reference: ([x, index], [, by], { axis, length }) => {
    const out = new Float64Array(sizeOf(withLength(by!, axis, length)))
    for (const [i, at] of offsets(index!, by!, axis, length).entries()) out[at]! += x![i]!
    return out
  },
  vjp: (g, _, [, index], { axis }) => [gatherAlong(g, index!, axis), null],
  onnx: (emit, [x, index], { axis, length }, [shape]) => {
    const zeros = emit.node("Expand", [emit.scalar(0), emit.shape(withLength(shape!, axis, length))])
    const at = emit.node("Cast", [index!], asIntegers)
    return emit.node("ScatterElements", [zeros, at, x!], { axis, reduction: "add" })
  },
  examples: [
    {
      shapes: [
        [2, 5],
        [2, 5],
      ],
      attrs: { axis: 1, length: 4 },
      range: [0, 3.9],
    },
    {
      shapes: [
        [3, 2],
        [3, 2],
      ],
      attrs: { axis: 0, length: 4 },
      range: [0, 3.9],
    },
  ],
}

export const tooFew = (k: number, axis: number, shape: Shape): string =>
  `topK: ${k} elements were wanted along axis ${axis} of ${formatShape(shape)}.`

/** Where the k largest elements along an axis are, the largest first, as floats; equals in order of place. */
export const topKIndexOp: Op<{ readonly axis: number; readonly k: number }> = {
  name: "topKIndex",
  shape: ([x], { axis, k }) => {
    if (k < 1 || k > x![axis]!) throw new ShapeError(tooFew(k, axis, x!))
    return withLength(x!, axis, k)
  },
  reference: ([x], [shape], { axis, k }) => {
    const [inner, length] = [stridesOf(shape!)[axis]!, shape![axis]!]
    const out = new Float64Array(sizeOf(withLength(shape!, axis, k)))
    for (let line = 0; line < x!.length / length; line++) {
      const [outer, rest] = [Math.floor(line / inner), line % inner]
      const value = (i: number) => x![(outer * length + i) * inner + rest]!
      const order = Array.from({ length }, (_, i) => i).sort((i, j) => value(j) - value(i) || i - j)
      for (let i = 0; i < k; i++) out[(outer * k + i) * inner + rest] = order[i]!
    }
    return out
  },
  vjp: () => [null],
  onnx: (emit, [x], { axis, k }, [shape]) => {
    const [, index] = emit.outputs(2, "TopK", [x!, emit.ints([k])], { axis })
    if (emit.target.provider !== "webgpu") return emit.node("Cast", [index!], { to: 1 })
    // WebGPU casts no int64 to floats, but reads a table of the floats by it.
    const places = Float32Array.from({ length: shape![axis]! }, (_, i) => i)
    return emit.node("Gather", [emit.array({ shape: [places.length], data: places }), index!], { axis: 0 })
  },
  examples: [
    { shapes: [[2, 5]], attrs: { axis: 1, k: 3 }, distinct: true },
    { shapes: [[4, 3]], attrs: { axis: 0, k: 2 }, distinct: true },
  ],
}

/** x[…, ⌊index⌋, …] along an axis: shaped like `index`, which is like x beside that axis and gets no gradient. Throws ShapeError. */
export const gatherAlong = (x: Tensor, index: Tensor, axis: number): Tensor =>
  apply(gatherAlongOp, [x, index], { axis: normalizeAxis("gatherAlong", axis, x.shape) })
/** Sums of the elements of x by their index along an axis, which then has this length. Throws ShapeError. */
export const scatterAlong = (x: Tensor, index: Tensor, axis: number, length: number): Tensor =>
  apply(scatterAlongOp, [x, index], { axis: normalizeAxis("scatterAlong", axis, x.shape), length })

/** The k largest elements along an axis (the last unless told), the largest first, and where they are. Gradients flow to the values. Throws ShapeError. */
export function topK(x: Tensor, k: number, axis = -1): { readonly values: Tensor; readonly index: Tensor } {
  const index = apply(topKIndexOp, [x], { axis: normalizeAxis("topK", axis, x.shape), k })
  return { values: gatherAlong(x, index, axis), index }
}

/** 0, 1, …, n − 1 along one axis of a shape of this rank, of length 1 beside it. */
function counting(n: number, axis: number, rank: number): Tensor {
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? n : 1))
  return constant({ shape, data: Float32Array.from({ length: n }, (_, i) => i) })
}

/** Where the largest element along an axis (the last unless told) is, as a float; the first of equals. No gradient flows. */
export function argmax(x: Tensor, axis = -1): Tensor {
  const along = normalizeAxis("argmax", axis, x.shape)
  const length = x.shape[along]!
  const still = stopGradient(x)
  const first = sub(length, counting(length, along, x.shape.length)) // the first place counts most
  return sub(length, max(mul(equal(still, max(still, along, true)), first), along))
}

/** 1 at the place each whole number of `index` names, else 0: [...index, classes]. No gradient flows. */
export const oneHot = (index: Tensor, classes: number): Tensor =>
  equal(reshape(index, [...index.shape, 1]), counting(classes, index.shape.length, index.shape.length + 1))
