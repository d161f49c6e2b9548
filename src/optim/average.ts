import type { NdArray } from "../core/array.ts"
import { add, mul, sub } from "../graph/ops/arithmetic.ts"
import type { Parameters } from "../graph/parameter.ts"
import type { Optimizer } from "./optimizer.ts"

const slot = "ema"

/**
 * The optimiser that also keeps an exponential moving average of the weights (Polyak and Juditsky 1992 average them evenly):
 * θ̄ ← θ̄ + (1 − d)(θ − θ̄) after each step. It begins with the weights after the first step, as PyTorch's averaged model does,
 * so there is no bias to correct.
 */
export function averaged(optimizer: Optimizer, decay: number): Optimizer {
  const weightOf = (t: number) => (t === 1 ? 1 : 1 - decay)
  return {
    ...optimizer,
    slots: [...optimizer.slots, slot],
    passes: [...optimizer.passes, { kernel: "average", vectors: ["p", slot], numbers: (_, t) => [weightOf(t)] }],
    scalars: (learningRate, t) => [...optimizer.scalars(learningRate, t), weightOf(t)],
    update(p, g, slots, scalars) {
      const next = optimizer.update(p, g, slots.slice(0, -1), scalars.slice(0, -1))
      const average = slots.at(-1)!
      return { p: next.p, slots: [...next.slots, add(average, mul(sub(next.p, average), scalars.at(-1)!))] }
    },
  }
}

/** Parameters with the averages of those that have one among the slots; the parameters themselves where none is kept. */
export const averagesOf = (parameters: Parameters, slots: Parameters): Map<string, NdArray> =>
  new Map([...parameters].map(([path, array]) => [path, slots.get(`${slot}/${path}`) ?? array]))
