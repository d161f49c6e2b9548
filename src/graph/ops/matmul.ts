import { ShapeError } from "../../core/errors.ts"
import { broadcastShapes, formatShape, type Shape, sameShape } from "../../core/shape.ts"
import { apply, type Op, type Tensor } from "../tensor.ts"
import { mul } from "./arithmetic.ts"
import { broadcastIndex, sumTo } from "./broadcast.ts"
import { emitProduct } from "./product-emission.ts"
import { positive } from "./unary.ts"

export interface Product {
  readonly transA: boolean
  readonly transB: boolean
  /** Scale of the product; scalars around matrix products are folded into it. */
  readonly alpha: number
  /** What is applied to every element at last; nothing unless told. */
  readonly activation?: "relu"
}

const rowsAndColumns = (shape: Shape, transposed: boolean): readonly [number, number] =>
  transposed ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!]

export const productsDoNotFit = (a: Shape, b: Shape, { transA, transB }: Product): string =>
  `matmul: ${formatShape(a)}${transA ? "ᵀ" : ""} · ${formatShape(b)}${transB ? "ᵀ" : ""} does not fit; inner lengths must be equal and both operands matrices.`

/** α·op(A)·op(B), plus C (broadcast) when a third input comes, and an activation over it: one ONNX Gemm. */
export const matmulOp: Op<Product> = {
  name: "matmul",
  shape: ([a, b, c], attrs) => {
    if (a!.length !== 2 || b!.length !== 2) throw new ShapeError(productsDoNotFit(a!, b!, attrs))
    const [m, k] = rowsAndColumns(a!, attrs.transA)
    const [k2, n] = rowsAndColumns(b!, attrs.transB)
    if (k !== k2) throw new ShapeError(productsDoNotFit(a!, b!, attrs))
    if (c && !sameShape(broadcastShapes("matmul", [m, n], c), [m, n]))
      throw new ShapeError(`matmul: a bias of shape ${formatShape(c)} does not broadcast to ${formatShape([m, n])}.`)
    return [m, n]
  },
  reference: ([a, b, c], shapes, attrs) => {
    const [m, k] = rowsAndColumns(shapes[0]!, attrs.transA)
    const n = rowsAndColumns(shapes[1]!, attrs.transB)[1]
    const bias = c && broadcastIndex(shapes[2]!, [m, n])
    return Float64Array.from({ length: m * n }, (_, cell) => {
      const [i, j] = [Math.floor(cell / n), cell % n]
      let total = 0
      for (let l = 0; l < k; l++)
        total += a![attrs.transA ? l * m + i : i * k + l]! * b![attrs.transB ? j * k + l : l * n + j]!
      const y = attrs.alpha * total + (bias ? c[bias[cell]!]! : 0)
      return attrs.activation ? Math.max(y, 0) : y
    })
  },
  // Y = αAB: dA = αGBᵀ, dB = αAᵀG, and their mirror images where an operand enters transposed.
  vjp: (cotangent, y, [a, b, c], { transA, transB, alpha, activation }) => {
    const g = activation ? mul(cotangent, positive(y)) : cotangent
    const da = transA
      ? matmul(b!, g, { transA: transB, transB: true, alpha })
      : matmul(g, b!, { transB: !transB, alpha })
    const db = transB
      ? matmul(g, a!, { transA: true, transB: transA, alpha })
      : matmul(a!, g, { transA: !transA, alpha })
    return c ? [da, db, sumTo(g, c.shape)] : [da, db]
  },
  onnx: (emit, names, { transA, transB, alpha, activation }, shapes) => {
    const suited = activation ? undefined : emitProduct(emit, { names, shapes, transA, transB, alpha })
    if (suited !== undefined) return suited
    const attributes = {
      ...(transA && { transA: 1 }),
      ...(transB && { transB: 1 }),
      ...(alpha !== 1 && { alpha: { float: alpha } }),
    }
    const { provider } = emit.target
    if (activation && (provider === "cpu" || provider === "wasm"))
      return emit.node("FusedGemm", names, { ...attributes, activation: "Relu" }, "com.microsoft")
    const isPlain = names.length === 2 && Object.keys(attributes).length === 0
    const product = isPlain ? emit.node("MatMul", names) : emit.node("Gemm", names, attributes)
    return activation ? emit.node("Relu", [product]) : product
  },
  examples: [
    ...[
      [
        [2, 3],
        [3, 4],
      ],
      [[2, 3], [3, 4], [4]],
      [
        [2, 3],
        [3, 4],
        [2, 1],
      ],
    ].map((shapes) => ({ shapes, attrs: { transA: false, transB: false, alpha: 1 } })),
    {
      shapes: [
        [3, 2],
        [3, 4],
      ],
      attrs: { transA: true, transB: false, alpha: 0.5 },
    },
    { shapes: [[2, 3], [4, 3], [4]], attrs: { transA: false, transB: true, alpha: -2 } },
    ...[
      [[2, 3], [3, 4], [4]],
      [
        [2, 3],
        [3, 4],
      ],
    ].map((shapes) => ({
      shapes,
      attrs: { transA: false, transB: false, alpha: 1, activation: "relu" as const },
    })),
    {
      shapes: [
        [3, 2],
        [4, 3],
      ],
      attrs: { transA: true, transB: true, alpha: 1 },
    },
  ],
}

/** op(a)·op(b) [rows, columns] of two matrices, each transposed on request, times `alpha`. Throws ShapeError. */
export const matmul = (a: Tensor, b: Tensor, options: Partial<Product> = {}): Tensor =>
  apply(matmulOp, [a, b], { transA: false, transB: false, alpha: 1, ...options })
