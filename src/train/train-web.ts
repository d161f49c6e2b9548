import type { WebDevice } from "../runtime/ort-web.ts"
import { openDevice } from "./device-executor.ts"
import type { Executor, ExecutorSetup } from "./executor.ts"
import { openKernel } from "./kernel-executor.ts"
import { type Snapshot, type TrainPlan, trainBy } from "./loop.ts"
import { openLoop } from "./loop-executor.ts"
import { webEngine } from "./web-engine.ts"

/** Steps in a page: gradients and a fused kernel by WebAssembly, whole steps by WebGPU, unless another way is asked for. */
export interface WebSetup extends ExecutorSetup {
  readonly device: WebDevice
  readonly kind?: Executor["kind"]
}

const executors = { kernel: openKernel, loop: openLoop, device: openDevice }

export async function openWebExecutor({ device, kind, ...setup }: WebSetup): Promise<Executor> {
  const suits = device.provider === "wasm" ? "kernel" : "device"
  return executors[kind ?? suits](setup, await webEngine(device))
}

export interface WebTrainSetup extends TrainPlan {
  /** One thread of WebAssembly unless told. With more, batches are shared out to workers where that is faster. */
  readonly device?: WebDevice
}

/**
 * Trains in a page, or in a worker of one, as `train` of `eidos` does in Node: the same batches and noise for the same seed, a snapshot
 * at every multiple of `snapshotEvery` steps and at the end. Where workers that should help cannot start, the console is warned
 * and the page works without them. Throws EidosError("diverged") when a metric is NaN or infinite,
 * "resources" when the device cannot be had.
 */
export const train = ({ device = { provider: "wasm" }, ...plan }: WebTrainSetup): AsyncGenerator<Snapshot> =>
  trainBy((setup) => openWebExecutor({ ...setup, device }), plan)
