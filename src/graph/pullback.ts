import { ShapeError } from "../core/errors.ts"
import { formatShape, sizeOf } from "../core/shape.ts"
import { topological } from "./graph.ts"
import { add } from "./ops/arithmetic.ts"
import { broadcastTo } from "./ops/broadcast.ts"
import { constant } from "./ops/source.ts"
import type { Tensor } from "./tensor.ts"

export const notAScalar = (y: Tensor): string =>
  `gradients: the objective has shape ${formatShape(y.shape)}; it must be a scalar. Sum over the event and average over the batch first.`

/** Tensors that depend on any of `sources`. */
export function dependents(order: readonly Tensor[], sources: readonly Tensor[]): Set<Tensor> {
  const active = new Set(sources)
  for (const node of order) if (node.inputs.some((operand) => active.has(operand))) active.add(node)
  return active
}

/** Cotangents of `sources` given those of several tensors; a source on which none of them depends gets zeros. */
export function pullbacks(
  seeds: readonly (readonly [y: Tensor, seed: Tensor])[],
  sources: readonly Tensor[],
): Tensor[] {
  const order = topological(seeds.map(([y]) => y))
  const active = dependents(order, sources)
  const cotangents = new Map<Tensor, Tensor>()
  const accumulate = (tensor: Tensor, part: Tensor) => {
    const soFar = cotangents.get(tensor)
    cotangents.set(tensor, soFar ? add(soFar, part) : part)
  }
  for (const [y, seed] of seeds) accumulate(y, seed)
  for (const node of order.reverse()) {
    const g = cotangents.get(node)
    if (!g || !active.has(node) || node.inputs.length === 0) continue
    for (const [i, part] of node.op.vjp(g, node, node.inputs, node.attrs).entries())
      if (part && active.has(node.inputs[i]!)) accumulate(node.inputs[i]!, part)
  }
  return sources.map((source) => cotangents.get(source) ?? broadcastTo(constant(0), source.shape))
}

/**
 * Cotangents of `sources` by reverse accumulation, given `seed`, the cotangent of `y` (ones unless told). A source that
 * `y` does not depend on gets zeros.
 */
export const pullback = (y: Tensor, sources: readonly Tensor[], seed?: Tensor): Tensor[] =>
  pullbacks([[y, seed ?? broadcastTo(constant(1), y.shape)]], sources)

/** ∂y/∂source of a scalar `y` for each source, each shaped like its source. Throws ShapeError when `y` is no scalar. */
export function gradients(y: Tensor, sources: readonly Tensor[]): Tensor[] {
  if (sizeOf(y.shape) !== 1 || y.shape.length !== 0) throw new ShapeError(notAScalar(y))
  return pullback(y, sources)
}
