import { add, div, maximum, minimum, mul } from "../graph/ops/arithmetic.ts"
import { sum } from "../graph/ops/broadcast.ts"
import { sqrt, square } from "../graph/ops/unary.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Optimizer, Pass } from "./optimizer.ts"

/** How large a gradient may be: its norm over all weights of a player, or each of its numbers. */
export type Clip = { readonly norm: number } | { readonly value: number }

/** The optimiser that sees gradients no larger than this; its own weight decay comes after the clipping. */
export const clipped = (optimizer: Optimizer, clip: Clip): Optimizer => ({
  ...optimizer,
  passes: [passOf(clip), ...optimizer.passes],
  update: (p, g, slots, scalars) => optimizer.update(p, small(g, clip), slots, scalars),
})

const passOf = (clip: Clip): Pass =>
  "norm" in clip
    ? { kernel: "rescale", vectors: ["gradient"], numbers: () => [clip.norm] }
    : { kernel: "clip", vectors: ["gradient"], numbers: () => [clip.value] }

/** g·min(1, c / (‖g‖ + 10⁻⁶)) (Pascanu et al. 2013, alg. 1, with PyTorch's guard against 0), or each of its numbers within ±c. */
const small = (g: Tensor, clip: Clip): Tensor =>
  "norm" in clip
    ? mul(g, minimum(div(clip.norm, add(sqrt(sum(square(g))), 1e-6)), 1))
    : minimum(maximum(g, -clip.value), clip.value)
