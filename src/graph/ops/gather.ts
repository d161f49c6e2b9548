/** Reading rows of a table by number, and adding to them: each is the other's adjoint. */
import { ShapeError } from "../../core/errors.ts"
import { formatShape, type Shape, sameShape, sizeOf } from "../../core/shape.ts"
import { apply, type Emitter, type Op, type Tensor } from "../tensor.ts"

const asIntegers = { to: 7 } // the ONNX code of int64; the cast cuts the fraction off

/** Row ⌊index⌋ of the table for every element of `index`; indices lie in [0, rows). */
export const gatherOp: Op<null> = {
  name: "gather",
  shape: ([table, index]) => [...index!, ...table!.slice(1)],
  reference: ([table, index], [from]) => {
    const width = sizeOf(from!.slice(1))
    const out = new Float64Array(index!.length * width)
    for (const [i, at] of index!.entries())
      out.set(table!.subarray(Math.floor(at) * width, (Math.floor(at) + 1) * width), i * width)
    return out
  },
  vjp: (g, _, [table, index]) => [scatterRows(g, index!, table!.shape[0]!), null],
  onnx: (emit, [table, index]) => emit.node("Gather", [table!, emit.node("Cast", [index!], asIntegers)], { axis: 0 }),
  examples: [
    { shapes: [[4], [2, 3]], attrs: null, range: [0, 3.9] },
    { shapes: [[4, 2], [3]], attrs: null, range: [0, 3.9] },
  ],
}

/** Row ⌊index⌋ of the identity matrix for each of `count` indices; WebGPU has no OneHot, but it compares. */
function rowsOfIdentity(emit: Emitter, index: string, count: number, length: number): string {
  if (emit.target.provider === "webgpu") {
    const column = emit.node("Reshape", [emit.node("Floor", [index]), emit.shape([count, 1])])
    const numbers = emit.array({ shape: [1, length], data: Float32Array.from({ length }, (_, i) => i) })
    return emit.node("Cast", [emit.node("Equal", [column, numbers])], { to: 1 })
  }
  const flat = emit.node("Reshape", [emit.node("Cast", [index], asIntegers), emit.shape([count])])
  const offAndOn = emit.array({ shape: [2], data: Float32Array.of(0, 1) })
  return emit.node("OneHot", [flat, emit.ints([length]), offAndOn])
}

export const rowsDoNotFit = (rows: Shape, index: Shape): string =>
  `scatterRows: rows of shape ${formatShape(rows)} came for indices of shape ${formatShape(index)}; the rows' axes must begin with those of the indices.`

/**
 * The table of `length` rows in which row j is the sum of the rows whose ⌊index⌋ is j. Written as a product with one-hot
 * indices, since there are few of them where it is needed: in gradients of small tables.
 */
export const scatterOp: Op<{ readonly length: number }> = {
  name: "scatter",
  shape: ([rows, index], { length }) => {
    if (!sameShape(rows!.slice(0, index!.length), index!)) throw new ShapeError(rowsDoNotFit(rows!, index!))
    return [length, ...rows!.slice(index!.length)]
  },
  reference: ([rows, index], [from, by], { length }) => {
    const width = sizeOf(from!.slice(by!.length))
    const out = new Float64Array(length * width)
    for (let i = 0; i < rows!.length; i++)
      out[Math.floor(index![Math.floor(i / width)]!) * width + (i % width)]! += rows![i]!
    return out
  },
  vjp: (g, _, [, index]) => [gather(g, index!), null],
  onnx: (emit, [rows, index], { length }, [from, by]) => {
    const [count, width] = [sizeOf(by!), sizeOf(from!.slice(by!.length))]
    const oneHot = rowsOfIdentity(emit, index!, count, length) // [count, length]
    const matrix = emit.node("Reshape", [rows!, emit.shape([count, width])])
    const sums = emit.node("Gemm", [oneHot, matrix], { transA: 1 })
    return emit.node("Reshape", [sums, emit.shape([length, ...from!.slice(by!.length)])])
  },
  examples: [
    {
      shapes: [
        [2, 3],
        [2, 3],
      ],
      attrs: { length: 4 },
      range: [0, 3.9],
    },
    { shapes: [[3, 2], [3]], attrs: { length: 4 }, range: [0, 3.9] },
  ],
}

/** Rows ⌊index⌋ of a table [rows, …]: [...index, …]. No gradient flows to the index, which must lie in [0, rows). */
export const gather = (table: Tensor, index: Tensor): Tensor => apply(gatherOp, [table, index], null)
/** Sums of rows [...index, …] by their index: [length, …]. */
export const scatterRows = (rows: Tensor, index: Tensor, length: number): Tensor =>
  apply(scatterOp, [rows, index], { length })
