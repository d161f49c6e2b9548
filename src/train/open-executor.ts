import { sizeOf } from "../core/shape.ts"
import { callsDirectly } from "../runtime/ort-bound.ts"
import type { Executor, ExecutorSetup } from "./executor.ts"
import { openKernel } from "./kernel-executor.ts"
import { openLoop } from "./loop-executor.ts"
import { movedBy } from "./program.ts"

// Where each call is dear, a loop of steps in one call wins for models of fewer weights than this (ADR 0006).
const loopBelow = 10_000

/** The executor that suits the model's size and this machine's way of calling ONNX Runtime. */
export async function openExecutor(setup: ExecutorSetup): Promise<Executor> {
  const { players, params } = setup.model
  const weights = Object.values(players)
    .flatMap((player) => movedBy(player, params))
    .reduce((n, { value }) => n + sizeOf(value.shape), 0)
  const isDear = setup.session?.kind === "binding" || !(await callsDirectly())
  const accumulates = (setup.inputs.accumulate ?? 1) > 1 // a step that costs several calls saves none in a loop
  const kind = setup.kind ?? (isDear && weights < loopBelow && !accumulates ? "loop" : "kernel")
  if (kind === "loop") return openLoop(setup)
  return openKernel(setup)
}
