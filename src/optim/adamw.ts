import { type AdamOptions, adam } from "./adam.ts"
import { decoupled } from "./decay.ts"
import type { Optimizer } from "./optimizer.ts"

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019, alg. 2), the schedule's factor being in the rate, as in PyTorch. */
export const adamw = ({ weightDecay = 0.01, ...options }: AdamOptions = {}): Optimizer => ({
  ...decoupled(adam(options), weightDecay),
  name: "adamw",
})
