import type { Device } from "../runtime/device.ts"
import type { ProcessorOptions } from "../runtime/ort-node.ts"
import type { Executor } from "./executor.ts"
import { type Snapshot, type TrainPlan, trainBy } from "./loop.ts"
import { openExecutor } from "./open-executor.ts"

export interface TrainSetup extends TrainPlan {
  readonly session?: ProcessorOptions
  /** What runs the steps; the processor unless told. */
  readonly device?: Device
  readonly executor?: Executor["kind"]
}

/**
 * Trains and yields a snapshot at every multiple of `snapshotEvery` steps and at the end; not pulling is pausing. Batches
 * and noise are pure functions of (seed, step), so stopping and starting again from a snapshot changes nothing.
 * Throws EidosError("diverged") when a metric is NaN or infinite.
 */
export function train({ session, device, executor: kind, ...plan }: TrainSetup): AsyncGenerator<Snapshot> {
  const where = { ...(session && { session }), ...(device && { device }), ...(kind && { kind }) }
  return trainBy((setup) => openExecutor({ ...setup, ...where }), plan)
}
