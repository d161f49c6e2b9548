import type { Shape } from "../core/shape.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Rng } from "../graph/trace.ts"
import { logistic } from "./logistic.ts"
import { standardNormalLogProb } from "./normal.ts"

/** Noise that a flow starts from: one object scores and draws, so that what is trained on is what is sampled from. */
export interface Base {
  /** log p(z) summed over the last axis, in nats. */
  logProb(z: Tensor): Tensor
  sample(rng: Rng, shape: Shape): Tensor
}

/** Standard distributions of independent dimensions, by the name configurations use. */
export const bases = {
  logistic: logistic(),
  gaussian: { logProb: standardNormalLogProb, sample: (rng, shape) => rng.normal(shape) },
} as const satisfies Record<string, Base>
export type BaseName = keyof typeof bases
