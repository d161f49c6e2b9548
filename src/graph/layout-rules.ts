/** Rewrites of how numbers lie: slices, pads and concatenations that undo each other, reshapes that need not be. */
import { type Shape, sameShape, sizeOf } from "../core/shape.ts"
import { add, addOp, divOp, mulOp, subOp } from "./ops/arithmetic.ts"
import { broadcastTo, reshape, reshapeOp, sumOp } from "./ops/broadcast.ts"
import { concat, concatOp, pad, padOp, slice, sliceOp } from "./ops/layout.ts"
import { constant, constantOp } from "./ops/source.ts"
import { on, type Rule, scalarOf } from "./rule.ts"
import { apply, type Tensor } from "./tensor.ts"

/** Neighbouring pieces padded to one length and added → the pieces side by side (the gradient of taking slices). */
const padsIntoConcat = on([addOp], (node, once) => {
  const [a, b] = node.inputs
  if (a!.op !== padOp || b!.op !== padOp || a!.attrs.axis !== b!.attrs.axis) return undefined
  if (!once(a!) || !once(b!)) return undefined
  const { axis } = a!.attrs
  const [first, second] = a!.attrs.before <= b!.attrs.before ? [a!, b!] : [b!, a!]
  const [left, right] = [first.inputs[0]!, second.inputs[0]!]
  if (first.attrs.before + left.shape[axis]! !== second.attrs.before) return undefined
  return pad(concat([left, right], axis), axis, first.attrs.before, second.attrs.after)
})

/** concat([concat([a, b]), c]) → concat([a, b, c]) along one axis. */
const nestedConcats = on([concatOp], (node, once) => {
  const isInner = (x: Tensor) => x.op === concatOp && x.attrs.axis === node.attrs.axis && once(x)
  if (!node.inputs.some(isInner)) return undefined
  return concat(
    node.inputs.flatMap((x) => (isInner(x) ? x.inputs : [x])),
    node.attrs.axis,
  )
})

/** A slice of whole parts of a concatenation → those parts; a slice within one part → a slice of that part. */
const slicesOfConcats = on([sliceOp], (node) => {
  const [whole] = node.inputs
  if (whole!.op !== concatOp || whole!.attrs.axis !== node.attrs.axis) return undefined
  const { axis, start, end } = node.attrs
  const parts = startsOf(whole!.inputs, axis).filter(({ from, to }) => from < end && to > start)
  const [first, last] = [parts[0]!, parts.at(-1)!]
  if (first === last) return slice(first.part, axis, start - first.from, end - first.from)
  if (first.from !== start || last.to !== end) return undefined
  return concat(
    parts.map(({ part }) => part),
    axis,
  )
})

/** Where each part of a concatenation lies. */
function startsOf(parts: readonly Tensor[], axis: number) {
  let to = 0
  return parts.map((part) => {
    const from = to
    to += part.shape[axis]!
    return { part, from, to }
  })
}

/** A slice of a padded tensor that is all zeros → zeros, that has none of them → a slice of the tensor. */
const slicesOfPads = on([sliceOp], (node) => {
  const [padded] = node.inputs
  if (padded!.op !== padOp || padded!.attrs.axis !== node.attrs.axis) return undefined
  const { axis, start, end } = node.attrs
  const [x] = padded!.inputs
  const from = padded!.attrs.before
  const to = from + x!.shape[axis]!
  if (end <= from || start >= to) return broadcastTo(constant(0), node.shape)
  return from <= start && end <= to ? slice(x!, axis, start - from, end - from) : undefined
})

/** A slice of a sum with a padded tensor → the sum of the slices, of which that of the padding vanishes. */
const slicesOfSums = on([sliceOp], (node) => {
  const [whole] = node.inputs
  if (whole!.op !== addOp) return undefined
  const [a, b] = whole!.inputs
  const isPad = (x: Tensor) => x.op === padOp && x.attrs.axis === node.attrs.axis && sameShape(x.shape, whole!.shape)
  const { axis, start, end } = node.attrs
  const bothWhole = sameShape(a!.shape, whole!.shape) && sameShape(b!.shape, whole!.shape)
  return bothWhole && (isPad(a!) || isPad(b!))
    ? add(slice(a!, axis, start, end), slice(b!, axis, start, end))
    : undefined
})

/** f(reshape(x)) → reshape(f(x)) for what acts on each element alone, so that reshapes meet and vanish. */
const reshapesOutward = on("all", (node, once) => {
  const at = node.inputs.findIndex((x) => x.op === reshapeOp && once(x) && sameShape(x.shape, node.shape))
  if (at < 0) return undefined
  const [inner] = node.inputs[at]!.inputs
  if (node.op.elementwise) return reshape(apply(node.op, [inner!], node.attrs), node.shape)
  if (!withNumber.has(node.op)) return undefined
  const other = constantLike(node.inputs[1 - at]!, inner!.shape)
  return other && reshape(apply(node.op, at === 0 ? [inner!, other] : [other, inner!], node.attrs), node.shape)
})
/** A constant as it lies beside tensors of this shape: a number, or an array of as many elements. */
function constantLike(c: Tensor, shape: Shape): Tensor | undefined {
  if (c.op !== constantOp) return undefined
  if (scalarOf(c) !== undefined) return c
  return sizeOf(c.shape) === sizeOf(shape) ? constant({ shape, data: c.attrs.value.data }) : undefined
}
const withNumber = new Set<Tensor["op"]>([addOp, subOp, mulOp, divOp])

/** Σ of all elements does not see how they lie. */
const sumsOfReshapes = on([sumOp], (node) => {
  const [x] = node.inputs
  if (node.shape.length > 0 || x!.op !== reshapeOp) return undefined
  const [inner] = x!.inputs
  return apply(sumOp, [inner!], { axes: inner!.shape.map((_, axis) => axis), keep: false })
})

export const layoutRules: readonly Rule[] = [
  padsIntoConcat,
  nestedConcats,
  slicesOfConcats,
  slicesOfPads,
  slicesOfSums,
  reshapesOutward,
  sumsOfReshapes,
]
