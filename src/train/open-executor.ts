import { EidosError } from "../core/errors.ts"
import { sizeOf } from "../core/shape.ts"
import { callsDirectly } from "../runtime/ort-bound.ts"
import { openDevice } from "./device-executor.ts"
import type { Executor, ExecutorSetup } from "./executor.ts"
import { openKernel } from "./kernel-executor.ts"
import { openLoop } from "./loop-executor.ts"
import { movedBy } from "./program.ts"

// Where each call is dear, a loop of steps in one call wins for models of fewer weights than this (ADR 0006).
const loopBelow = 10_000

export const onlyOnProcessor = (kind: string): string =>
  `train: the ${kind} executor works on the processor; leave the executor out where a device is named.`

/** The executor that suits the device, the model's size and this machine's way of calling ONNX Runtime. */
export async function openExecutor(setup: ExecutorSetup): Promise<Executor> {
  const onDevice = (setup.device?.provider ?? "cpu") !== "cpu"
  if (onDevice && (setup.kind ?? "device") !== "device") throw new EidosError("usage", onlyOnProcessor(setup.kind!))
  if (onDevice || setup.kind === "device") return openDevice(setup)
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
