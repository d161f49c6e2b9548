/** A gradient written by hand in place of the one that would follow from the ops. */
import { apply, type Op, type Tensor } from "../tensor.ts"

/** The cotangents of the sources, given that of the value; null where there is none. Written in differentiable ops. */
export type Pull = (g: Tensor) => readonly (Tensor | null)[]

/**
 * Its first input, which the other inputs, the sources, made. What flows back goes to the sources alone, as `pull` says: the
 * way through the first input is cut, so nothing is counted twice. A second derivative goes through the tensors that `pull`
 * reads, and those are ordinary ones, whose way to the sources is whole. Simplifying leaves the value.
 */
export const withPullbackOp: Op<{ readonly pull: Pull }> = {
  name: "withPullback",
  shape: ([y]) => y!,
  reference: ([y]) => y!.slice(),
  vjp: (g, _, __, { pull }) => [null, ...pull(g)],
  onnx: (_, [y]) => y!,
  // None: the two operands of an example would be independent. custom-gradient.test.ts tests what holds instead.
  examples: [],
}

/**
 * `y`, whose cotangent `pull` turns into those of `sources`. The sources are all tensors through which `y` depends on
 * anything a gradient is taken of; `pull` may read `y` and what it was made from, but not the result.
 */
export const withPullback = (y: Tensor, sources: readonly Tensor[], pull: Pull): Tensor =>
  apply(withPullbackOp, [y, ...sources], { pull })
