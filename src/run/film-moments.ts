/** When a run keeps its weights for the film. */

import { sizeOf } from "../core/shape.ts"
import { leaves } from "../graph/parameter.ts"
import type { Model } from "../model/capabilities.ts"

/** How often a run looks at its weights, and how many of the looks are kept. */
export interface FilmPlan {
  /** Steps between looks. */
  readonly every: number
  /** Frames a doubling of the steps. */
  readonly perDoubling: number
}

const budget = 100 * 2 ** 20 // bytes that the weights of a film may take in a run of a hundred looks

/** The plan of a model: eight frames a doubling, some forty in a hundred looks; fewer where its weights are many. */
export function filmPlan({ params }: Pick<Model, "params">, every: number): FilmPlan {
  const bytes = leaves(params).reduce((total, { value }) => total + 4 * sizeOf(value.shape), 0)
  const fits = (perDoubling: number) => bytes * perDoubling * (2 + Math.log2(100 / (2 * perDoubling))) <= budget
  return { every, perDoubling: [8, 4, 2].find(fits) ?? 1 }
}

/**
 * Whether the film has a frame at a step: at each of the first looks, then so many a doubling. So the frames are dense where
 * models change fast; and since no end is asked for, runs of any length, stopped or not, agree on them.
 */
export function isMoment(step: number, { every, perDoubling }: FilmPlan): boolean {
  if (step % every !== 0) return false
  const look = step / every
  const stride = 2 ** Math.floor(Math.log2(Math.max(1, look / perDoubling)))
  return look % stride === 0
}
