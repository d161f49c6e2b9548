/** Rewrites that hold for every value. */
import { isNdArray } from "../core/array.ts"
import { broadcastShapes, sameShape, sizeOf } from "../core/shape.ts"
import { portsOf } from "./body.ts"
import { layoutRules } from "./layout-rules.ts"
import { add, addOp, divOp, mul, mulOp, sub, subOp } from "./ops/arithmetic.ts"
import { broadcastOp, broadcastTo, reshape, reshapeOp, sumOp } from "./ops/broadcast.ts"
import { convOp, convTransposeOp, kernelGradientOp } from "./ops/conv.ts"
import { tapMask } from "./ops/conv-geometry.ts"
import { concat, transposeOp } from "./ops/layout.ts"
import { bernoulliLogProbOp } from "./ops/likelihood.ts"
import { matmulOp } from "./ops/matmul.ts"
import { scanOp } from "./ops/scan.ts"
import { constant, constantOp } from "./ops/source.ts"
import { reluOp } from "./ops/unary.ts"
import { on, type Rule, scalarOf } from "./rule.ts"
import { apply, type Tensor } from "./tensor.ts"

const broadcasting = [addOp, subOp, mulOp, divOp, bernoulliLogProbOp]

/** x + 0, x − 0, x · 1, x / 1. */
const neutral = on([addOp, subOp, mulOp, divOp], (node) => {
  const [a, b] = node.inputs
  const value = scalarOf(b)
  const isNeutral = value === (node.op === addOp || node.op === subOp ? 0 : 1)
  return isNeutral && sameShape(a!.shape, node.shape) ? a : undefined
})

/** c · x → x · c and c + x → x + c, so that the other rules look in one place; x / c → x · 1/c. */
const constantsLast = on([addOp, mulOp, divOp], (node) => {
  const [a, b] = node.inputs
  const last = scalarOf(b)
  if (node.op === divOp) return last ? mul(a!, 1 / last) : undefined
  return scalarOf(a) !== undefined && last === undefined ? apply(node.op, [b!, a!], null) : undefined
})

/** A tensor that is `x` times a number. */
function scaled(node: Tensor | undefined): { x: Tensor; by: number } | undefined {
  const by = node?.op === mulOp ? scalarOf(node.inputs[1]) : undefined
  return by === undefined ? undefined : { x: node!.inputs[0]!, by }
}

/** (x · c) · d → x · cd; (x · c) · y → (x · y) · c. */
const scalesOutward = on([mulOp], (node, once) => {
  const [a, b] = node.inputs
  const [left, right] = [scaled(a), scaled(b)]
  const value = scalarOf(b)
  if (left && value !== undefined) return mul(left.x, left.by * value)
  if (left && once(a!) && sameShape(left.x.shape, node.shape)) return mul(mul(left.x, b!), left.by)
  if (right && once(b!) && sameShape(right.x.shape, node.shape)) return mul(mul(a!, right.x), right.by)
  return undefined
})

const mostFolded = 4096 // elements of a constant that are multiplied while simplifying

/** (x · A) · c → x · cA for a constant array A. */
const scalesIntoArrays = on([mulOp], (node, once) => {
  const [product, by] = [node.inputs[0], scalarOf(node.inputs[1])]
  if (by === undefined || product!.op !== mulOp || !once(product!)) return undefined
  const [x, array] = product!.inputs
  if (array!.op !== constantOp || !isNdArray(array!.attrs.value) || sizeOf(array!.shape) > mostFolded) return undefined
  const { shape, data } = array!.attrs.value
  return mul(x!, constant({ shape, data: data.map((value: number) => value * by) }))
})

/** x + y · (−1) → x − y, x − y · (−1) → x + y. */
const signs = on([addOp, subOp], (node) => {
  const [a, b] = node.inputs
  const [left, right] = [scaled(a), scaled(b)]
  if (right?.by === -1) return node.op === addOp ? sub(a!, right.x) : add(a!, right.x)
  return node.op === addOp && left?.by === -1 ? sub(b!, left.x) : undefined
})

/** Elementwise ops repeat their operands themselves. */
const implicitBroadcast = on(broadcasting, (node) => {
  const bare = node.inputs.map((x) => (x.op === broadcastOp ? x.inputs[0]! : x))
  if (bare.every((x, i) => x === node.inputs[i])) return undefined
  const [a, b] = bare
  if (sameShape(broadcastShapes("simplify", a!.shape, b!.shape), node.shape)) return apply(node.op, bare, null)
  const half = [a!, node.inputs[1]!]
  const shape = broadcastShapes("simplify", half[0]!.shape, half[1]!.shape)
  return half[0] !== node.inputs[0] && sameShape(shape, node.shape) ? apply(node.op, half, null) : undefined
})

/** A tensor whose elements are all one known number, as `broadcast(constant)`. */
const uniformOf = (x: Tensor): number | undefined =>
  scalarOf(x) ?? (x.op === broadcastOp ? scalarOf(x.inputs[0]) : undefined)

/** Arithmetic on uniform tensors is arithmetic on their number. */
const uniform = on(broadcasting, (node) => {
  if (node.shape.length === 0) return undefined
  const numbers = node.inputs.map(uniformOf)
  if (numbers.some((value) => value === undefined)) return undefined
  return broadcastTo(
    apply(
      node.op,
      numbers.map((value) => constant(value!)),
      node.attrs,
    ),
    node.shape,
  )
})

const reshapes = on([reshapeOp, broadcastOp], (node) => {
  const [x] = node.inputs
  if (sameShape(x!.shape, node.shape)) return x
  const value = uniformOf(x!)
  if (value !== undefined && !(node.op === broadcastOp && scalarOf(x) !== undefined))
    return broadcastTo(constant(value), node.shape)
  if (node.op !== x!.op) return undefined
  return node.op === reshapeOp ? reshape(x!.inputs[0]!, node.shape) : broadcastTo(x!.inputs[0]!, node.shape)
})

/** Σ over some axes of Σ over others → one Σ. */
const nestedSums = on([sumOp], (node, once) => {
  const [inner] = node.inputs
  if (inner!.op !== sumOp || node.attrs.keep || inner!.attrs.keep || !once(inner!)) return undefined
  const [x] = inner!.inputs
  const left = x!.shape.map((_, axis) => axis).filter((axis) => !inner!.attrs.axes.includes(axis))
  const outer = (node.attrs.axes as number[]).map((axis) => left[axis]!)
  const axes = [...inner!.attrs.axes, ...outer].sort((a, b) => a - b)
  return apply(sumOp, [x!], { axes, keep: false })
})

/** A₁ᵀB₁ + A₂ᵀB₂ → [A₁; A₂]ᵀ[B₁; B₂]: the gradient of weights that several steps share is one product. */
const sumsOfProducts = on([addOp], (node, once) => {
  const [x, y] = node.inputs
  const isProduct = (p: Tensor) => isBareProduct(p) && p.attrs.transA && !p.attrs.transB && once(p)
  if (!isProduct(x!) || !isProduct(y!) || x!.attrs.alpha !== y!.attrs.alpha) return undefined
  const [[a1, b1], [a2, b2]] = [x!.inputs, y!.inputs]
  return apply(matmulOp, [concat([a1!, a2!]), concat([b1!, b2!])], x!.attrs)
})

/** A product to which nothing was added and nothing applied. */
const isBareProduct = (x: Tensor): boolean => x.op === matmulOp && x.inputs.length === 2 && !x.attrs.activation

/** matmul(aᵀ, b) → the product's own transpose flag; not where several products share aᵀ, since each would turn it again. */
const transposesIntoProducts = on([matmulOp], (node, once) => {
  const isMatrixTranspose = (x: Tensor) => x.op === transposeOp && x.shape.length === 2 && x.attrs.order[0] === 1
  const [a, b, ...bias] = node.inputs
  const plain = (x: Tensor, absorbs: boolean) => (isMatrixTranspose(x) && absorbs ? x.inputs[0]! : x)
  const [plainA, plainB] = [plain(a!, node.attrs.transA || once(a!)), plain(b!, true)]
  if (plainA === a && plainB === b) return undefined
  const attrs = {
    ...node.attrs,
    transA: node.attrs.transA !== (plainA !== a),
    transB: node.attrs.transB !== (plainB !== b),
  }
  return apply(matmulOp, [plainA, plainB, ...bias], attrs)
})

/** Scalars on either side of a product become its α; Σ(x · c) → Σx · c. */
const scalesIntoProducts = on([sumOp, matmulOp, mulOp], (node, once) => {
  if (node.op === sumOp) {
    const inner = scaled(node.inputs[0])
    return inner && once(node.inputs[0]!) && sameShape(inner.x.shape, node.inputs[0]!.shape)
      ? mul(apply(sumOp, [inner.x], node.attrs), inner.by)
      : undefined
  }
  if (node.op === matmulOp) {
    if (node.inputs.length !== 2) return undefined
    const parts = node.inputs.map(scaled)
    if (!parts.some(Boolean)) return undefined
    const alpha = parts.reduce((total, part) => total * (part?.by ?? 1), node.attrs.alpha as number)
    return apply(
      matmulOp,
      node.inputs.map((x, i) => parts[i]?.x ?? x),
      { ...node.attrs, alpha },
    )
  }
  const outer = scaled(node)
  return outer && isBareProduct(outer.x) && once(outer.x)
    ? apply(matmulOp, outer.x.inputs, { ...outer.x.attrs, alpha: outer.x.attrs.alpha * outer.by })
    : undefined
})

/** a·b + bias → one product with a bias. */
const biasIntoProducts = on([addOp], (node, once) => {
  const [a, b] = node.inputs
  const fits = (product: Tensor, bias: Tensor) =>
    isBareProduct(product) &&
    once(product) &&
    sameShape(product.shape, node.shape) &&
    bias.shape.length === 1 &&
    bias.shape[0] === node.shape[1]
  if (fits(a!, b!)) return apply(matmulOp, [...a!.inputs, b!], a!.attrs)
  return fits(b!, a!) ? apply(matmulOp, [...b!.inputs, a!], b!.attrs) : undefined
})

const withActivation = new Set<Tensor["op"]>([matmulOp, convOp, convTransposeOp])
/** relu of a product → the product's own activation. */
const reluIntoProducts = on([reluOp], (node, once) => {
  const [x] = node.inputs
  if (!withActivation.has(x!.op) || x!.attrs.activation || !once(x!)) return undefined
  return apply(x!.op, x!.inputs, { ...x!.attrs, activation: "relu" })
})

/** A kernel's gradient times ones for its first taps and zeros for the rest → the gradient of those taps alone. */
const masksIntoKernelGradients = on([mulOp], (node, once) => {
  const at = node.inputs.findIndex((x) => x.op === kernelGradientOp)
  if (at < 0) return undefined
  const [gradient, mask] = [node.inputs[at], node.inputs[1 - at]]
  if (gradient!.attrs.seen !== undefined || !once(gradient!)) return undefined
  const { kernel } = gradient!.attrs
  if (mask!.op !== constantOp || !sameShape(mask!.shape, [1, 1, ...kernel])) return undefined
  const { data } = mask!.attrs.value
  const seen = data.indexOf(0)
  const isPrefix = seen > 0 && tapMask(kernel, seen).data.every((one, tap) => one === data[tap])
  return isPrefix ? apply(kernelGradientOp, gradient!.inputs, { ...gradient!.attrs, seen }) : undefined
})

/** One result of a scan reads what the scan reads; that it is one of several matters to gradients, which are taken by now. */
const resultsOfScans = on([scanOp], (node) => {
  if (node.attrs.item === undefined) return undefined
  const count = portsOf(node.attrs.body).length
  return node.inputs.length > count ? apply(scanOp, node.inputs.slice(0, count), node.attrs) : undefined
})

/** In the order in which they are tried. */
export const rules: readonly Rule[] = [
  constantsLast,
  neutral,
  implicitBroadcast,
  scalesOutward,
  scalesIntoArrays,
  signs,
  uniform,
  reshapes,
  nestedSums,
  ...layoutRules,
  resultsOfScans,
  sumsOfProducts,
  transposesIntoProducts,
  scalesIntoProducts,
  biasIntoProducts,
  reluIntoProducts,
  masksIntoKernelGradients,
]
