import { sizeOf } from "../core/shape.ts"
import type { Executor, ExecutorSetup } from "./executor.ts"
import { openKernel } from "./kernel-executor.ts"
import { openLoop } from "./loop-executor.ts"
import { movedBy } from "./program.ts"

// Below this many weights a step is bound by the cost of nodes, not of products, and a loop of steps wins; where exactly it starts to win was not measured here.
const loopBelow = 50_000

/** The executor that suits the model's size. */
export function openExecutor(setup: ExecutorSetup): Promise<Executor> {
  const { players, params } = setup.model
  const weights = Object.values(players)
    .flatMap((player) => movedBy(player, params))
    .reduce((n, { value }) => n + sizeOf(value.shape), 0)
  const kind = setup.kind ?? (weights < loopBelow ? "loop" : "kernel")
  return kind === "loop" ? openLoop(setup) : openKernel(setup)
}
