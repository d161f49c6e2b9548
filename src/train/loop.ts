import { EidosError } from "../core/errors.ts"
import { sizeOf } from "../core/shape.ts"
import { batchAt } from "../data/batches.ts"
import type { Dataset } from "../data/dataset.ts"
import { fillLabels } from "../data/labels.ts"
import { fillEvents, type Preprocessing } from "../data/preprocess.ts"
import { initialize, type Parameters } from "../graph/parameter.ts"
import type { Model } from "../model/capabilities.ts"
import { adam } from "../optim/adam.ts"
import type { Optimizer } from "../optim/optimizer.ts"
import { learningRate, type Schedule } from "../optim/schedule.ts"
import { averageMetrics, type Executor, type ExecutorSetup, type Metrics } from "./executor.ts"

/** Where a run stands: enough, with its setup, to go on bit for bit. */
export interface TrainingState {
  /** Steps taken so far. */
  readonly step: number
  readonly parameters: Parameters
  /** Optimiser slots as `m/decoder.0.w`; empty before the first step. */
  readonly slots: Parameters
}

/** What is trained, on what, and how; wherever it runs. */
export interface TrainPlan {
  readonly model: Model
  /** Its training split is all that training reads. */
  readonly dataset: Pick<Dataset, "levels"> & { readonly splits: Pick<Dataset["splits"], "train"> }
  readonly preprocessing: Preprocessing
  /** Steps of the whole run, those before a resume included. */
  readonly steps: number
  /** 0 unless told. */
  readonly seed?: number
  /** 128 unless told. */
  readonly batchSize?: number
  /** Batches over whose gradients a step averages; 1 unless told. */
  readonly accumulate?: number
  /** A constant 1e-3 unless told. */
  readonly schedule?: Schedule
  /** Adam unless told. */
  readonly optimizer?: Optimizer
  /** Where to go on; fresh weights of the seed unless told. */
  readonly start?: TrainingState
  /** A snapshot comes at every multiple of this many steps; 100 unless told. */
  readonly snapshotEvery?: number
  /** Steps between those whose metrics enter the snapshots' averages; 10 unless told. The loss is not needed to move. */
  readonly metricsEvery?: number
  /** Stops after the step in flight; the last snapshot is where to go on. */
  readonly signal?: AbortSignal
}

/** What a consumer sees of a run. Arrays are views of live memory, valid until the next snapshot is asked for. */
export interface Snapshot extends TrainingState {
  /** Passes over the training data so far. */
  readonly epoch: number
  /** Metrics averaged over the measured steps since the last snapshot. */
  readonly metrics: Metrics
  /** Time spent in steps since this loop began. */
  readonly seconds: number
  readonly stepsPerSecond: number
}

export const divergedAt = (step: number, name: string, value: number): string =>
  `train: ${name} is ${value} by step ${step}; the last checkpoint before it is kept.`

function checkFinite(results: readonly Metrics[], step: number): void {
  for (const metrics of results)
    for (const [name, value] of Object.entries(metrics))
      if (!Number.isFinite(value))
        throw new EidosError("diverged", divergedAt(step, name, value), {
          hint: "Try a smaller learning rate (--lr).",
        })
}

type Complete = Required<
  Pick<
    TrainPlan,
    "seed" | "batchSize" | "accumulate" | "schedule" | "optimizer" | "start" | "snapshotEvery" | "metricsEvery"
  >
> &
  TrainPlan

function completed(setup: TrainPlan): Complete {
  const { seed = 0, steps } = setup
  return {
    seed,
    batchSize: 128,
    accumulate: 1,
    schedule: { name: "constant", start: 1e-3, end: 1e-3, steps },
    optimizer: adam(),
    start: setup.start ?? { step: 0, parameters: initialize(setup.model.params, seed), slots: new Map() },
    snapshotEvery: 100,
    metricsEvery: 10,
    ...setup,
  }
}

const inputsOf = (setup: Complete) => {
  const { dataset, preprocessing, seed, batchSize, accumulate, schedule, model } = setup
  const { train } = dataset.splits
  return {
    seed,
    batchSize,
    accumulate,
    learningRate: (step: number) => learningRate(schedule, step),
    fillBatch(micro: number, out: Float32Array, labels: Float32Array | undefined) {
      const { epoch, indices } = batchAt(train.count, batchSize, micro - 1, seed)
      if (labels) fillLabels(train, indices, model.classes!, labels)
      fillEvents(train, "train", indices, preprocessing, dataset.levels, { seed, epoch }, out, sizeOf(model.event))
    },
  }
}

const chunkSeconds = 0.1 // how long the loop may be deaf to a signal

/**
 * Takes the steps of a plan by what `open` makes of it, and yields a snapshot at every multiple of `snapshotEvery` steps and at the end.
 * Throws EidosError("diverged") when a metric is NaN or infinite.
 */
export async function* trainBy(
  open: (setup: ExecutorSetup) => Promise<Executor>,
  plan: TrainPlan,
): AsyncGenerator<Snapshot> {
  const setup = completed(plan)
  const { model, start, steps, snapshotEvery, metricsEvery, batchSize, accumulate, optimizer, signal } = setup
  if (Object.keys(model.players).length === 0)
    throw new EidosError("usage", "train: this model is fitted in closed form and takes no steps.")
  const executor = await open({
    model,
    optimizer,
    inputs: inputsOf(setup),
    parameters: start.parameters,
    slots: start.slots,
    measures: (t) => t % metricsEvery === 0 || t % snapshotEvery === 0 || t === steps,
  })
  try {
    let step = start.step
    let seconds = 0
    let count = 1
    let since: Metrics[] = []
    while (step < steps && !signal?.aborted) {
      const next = Math.min(steps, (Math.floor(step / snapshotEvery) + 1) * snapshotEvery)
      const began = performance.now()
      const taken = Math.min(count, next - step)
      const results = await executor.run(step + 1, taken)
      const took = (performance.now() - began) / 1000
      step += taken
      checkFinite(results, step)
      since.push(...results)
      seconds += took
      count = Math.max(1, Math.min(1000, Math.round((taken * chunkSeconds) / took)))
      if (step < next && !signal?.aborted) continue
      const epoch = (step * batchSize * accumulate) / setup.dataset.splits.train.count
      await executor.sync?.()
      const stepsPerSecond = (step - start.step) / seconds
      yield {
        step,
        epoch,
        metrics: averageMetrics(since),
        seconds,
        stepsPerSecond,
        parameters: executor.parameters(),
        slots: executor.slots(),
      }
      since = []
    }
  } finally {
    await executor.dispose()
  }
}
