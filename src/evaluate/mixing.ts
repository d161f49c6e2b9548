import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"

/** How long chains stay in one class of event. */
export interface Mixing {
  /** Mean number of steps before a chain's class changes; infinite where none changed. */
  readonly steps: number
  readonly standardError: number
  /** How many changes of class were seen, in how many steps of all chains together. */
  readonly changes: number
  readonly taken: number
}

export const tooFewFrames = (frames: number): string =>
  `mixing: ${frames} frame of the chains came; a step needs one before it and one after it.`

/**
 * Mean number of steps before a chain leaves the class it is in, from events [chains, ...event] at each step and a
 * classifier of such events. Steps over changes, so that the last stay of each chain, whose end was not seen, counts as
 * what it is: steps without a change. Throws EidosError("usage") for fewer than two frames.
 */
export async function stepsToLeaveClass(
  frames: readonly NdArray[],
  classify: (events: NdArray) => Promise<ArrayLike<number>> | ArrayLike<number>,
): Promise<Mixing> {
  if (frames.length < 2) throw new EidosError("usage", tooFewFrames(frames.length))
  let [changes, taken] = [0, 0]
  let before = await classify(frames[0]!)
  for (const frame of frames.slice(1)) {
    const after = await classify(frame)
    for (let chain = 0; chain < after.length; chain++) if (after[chain] !== before[chain]) changes++
    taken += after.length
    before = after
  }
  // The chance of a change is a share of the steps; the error of its inverse follows by the delta method.
  const rate = changes / taken
  const steps = 1 / rate
  return { steps, standardError: steps * Math.sqrt((1 - rate) / changes), changes, taken }
}
