import { EidosError } from "../core/errors.ts"
import { sizeOf } from "../core/shape.ts"
import type { Device } from "../runtime/device.ts"
import type { BindOptions } from "../runtime/ort-bound.ts"
import { openDevice } from "./device-executor.ts"
import type { Executor, ExecutorSetup } from "./executor.ts"
import { openKernel } from "./kernel-executor.ts"
import { openLoop } from "./loop-executor.ts"
import { nodeEngine } from "./node-engine.ts"
import { movedBy } from "./program.ts"

/** Steps in Node. */
export interface NodeSetup extends ExecutorSetup {
  readonly session?: BindOptions
  /** What runs the steps; the processor unless told. */
  readonly device?: Device
  /** Which way; by the device and the number of weights unless told. */
  readonly kind?: Executor["kind"]
}

// Where each call is dear, a loop of steps in one call wins for models of fewer weights than this (ADR 0006).
const loopBelow = 10_000

export const onlyOnProcessor = (kind: string): string =>
  `train: the ${kind} executor works on the processor; leave the executor out where a device is named.`

/** The executor that suits the device, the model's size and this machine's way of calling ONNX Runtime. */
export async function openExecutor({ session, device, kind: asked, ...setup }: NodeSetup): Promise<Executor> {
  const onDevice = (device?.provider ?? "cpu") !== "cpu"
  if (onDevice && (asked ?? "device") !== "device") throw new EidosError("usage", onlyOnProcessor(asked!))
  const engine = await nodeEngine(session, device)
  if (onDevice || asked === "device") return openDevice(setup, engine)
  const { players, params } = setup.model
  const weights = Object.values(players)
    .flatMap((player) => movedBy(player, params))
    .reduce((n, { value }) => n + sizeOf(value.shape), 0)
  const accumulates = (setup.inputs.accumulate ?? 1) > 1 // a step that costs several calls saves none in a loop
  const kind = asked ?? (!engine.isDirect && weights < loopBelow && !accumulates ? "loop" : "kernel")
  if (kind === "loop") return openLoop(setup, engine)
  return openKernel(setup, engine)
}
