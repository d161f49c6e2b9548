/** A training run from its configuration to a finished folder: steps, checkpoints, validation; stops and goes on without a trace. */
import { join } from "node:path"
import { EidosError } from "../core/errors.ts"
import type { Dataset } from "../data/dataset.ts"
import { fitData } from "../evaluate/fit-data.ts"
import { initialize } from "../graph/parameter.ts"
import type { Model } from "../model/capabilities.ts"
import { averagesOf } from "../optim/average.ts"
import { optimizerOf } from "../optim/settings.ts"
import { deviceOf } from "../runtime/device.ts"
import { cleanLeftovers } from "../storage/atomic.ts"
import { type LoadedCheckpoint, loadCheckpoint, saveCheckpoint } from "../storage/checkpoint.ts"
import { describeEnvironment, type Versions } from "../storage/environment.ts"
import { dropFramesAfter, saveFrame } from "../storage/film-folder.ts"
import { writeJson } from "../storage/json.ts"
import { lockRun } from "../storage/lock.ts"
import { openMetrics, truncateMetrics } from "../storage/metrics.ts"
import { createRunFolder } from "../storage/run-folder.ts"
import { writeStatus } from "../storage/status.ts"
import type { Metrics } from "../train/executor.ts"
import type { Snapshot, TrainingState } from "../train/loop.ts"
import { train } from "../train/train.ts"
import { type RunConfig, type RunState, runStateSchema } from "./config.ts"
import { filmPlan, isMoment } from "./film-moments.ts"
import { buildModel, checkParameters } from "./open.ts"
import { isPlane } from "./points.ts"
import { openValidator } from "./validation.ts"

/** What a run tells while it goes on. */
export type RunEvent =
  | {
      readonly type: "steps"
      readonly step: number
      readonly epoch: number
      readonly seconds: number
      readonly stepsPerSecond: number
      readonly metrics: Metrics
    }
  | {
      readonly type: "validation"
      readonly step: number
      readonly epoch: number
      readonly metrics: Metrics
      readonly isBest: boolean
    }
  | { readonly type: "saved"; readonly step: number; readonly folder: string }

/** How training ended; an interrupted run can be resumed. */
export interface TrainingEnd {
  readonly step: number
  /** Time spent training and validating, over all sessions of the run. */
  readonly seconds: number
  readonly interrupted: boolean
}

export interface RunOptions {
  readonly folder: string
  readonly config: RunConfig
  readonly dataset: Dataset
  readonly signal?: AbortSignal
}

export interface NewRunOptions extends RunOptions {
  readonly force?: boolean
  readonly argv: readonly string[]
  readonly secrets?: readonly string[]
  readonly versions: Versions
}

/** Makes the folder of a new run with its configuration and its first checkpoint. Throws EidosError("exists"). */
export function createRun({
  folder,
  config,
  dataset,
  force = false,
  argv,
  secrets = [],
  versions,
}: NewRunOptions): void {
  createRunFolder(folder, { force })
  writeStatus(folder, { status: "running", pid: process.pid, heartbeat: now(), step: 0 }) // marks the folder as a run's
  const environment = describeEnvironment({ argv, versions, secrets })
  writeJson(join(folder, "env.json"), {
    ...environment,
    device: config.device,
    threads: config.threads,
    seed: config.training.seed,
    dataDigest: dataset.digest,
  })
  const model = buildModel(config).model
  const parameters = initialize(model.params, config.training.seed)
  saveCheckpoint(folder, { step: 0, model: parameters, optimizer: new Map(), state: { seconds: 0 } satisfies RunState })
  writeJson(join(folder, "config.json"), config) // last: a folder with a configuration can be resumed
}

const now = (): string => new Date().toISOString()

/**
 * Trains the run in `folder` from its newest checkpoint to its end, yielding what happens. On a signal it saves where it
 * stands and returns with `interrupted`. Throws EidosError("diverged") with the last good checkpoint kept.
 */
export async function* trainRun(options: RunOptions): AsyncGenerator<RunEvent, TrainingEnd> {
  const { folder } = options
  const lock = lockRun(folder)
  try {
    cleanLeftovers(folder)
    const checkpoint = loadCheckpoint(folder, "last")
    truncateMetrics(join(folder, "metrics.jsonl"), checkpoint.step)
    dropFramesAfter(folder, checkpoint.step)
    writeStatus(folder, { status: "running", pid: process.pid, heartbeat: now(), step: checkpoint.step })
    const end = yield* session(options, checkpoint)
    if (end.interrupted)
      writeStatus(folder, { status: "interrupted", pid: process.pid, heartbeat: now(), step: end.step })
    return end
  } catch (error) {
    noteFailure(folder, error)
    throw error
  } finally {
    lock.release()
  }
}

/** Writes `failed` with the reason into `status.json`, where the disk still allows it. */
export function noteFailure(folder: string, error: unknown): void {
  const { code, message, hint } =
    error instanceof EidosError ? error : { code: "failed", message: String(error), hint: "" }
  try {
    writeStatus(folder, { status: "failed", pid: process.pid, heartbeat: now(), error: { code, message, hint } })
  } catch {
    // The first error says more than that its note could not be written.
  }
}

async function* session(options: RunOptions, checkpoint: LoadedCheckpoint): AsyncGenerator<RunEvent, TrainingEnd> {
  const { model } = buildModel(options.config)
  checkParameters(options.folder, model, checkpoint.model)
  return model.fit ? yield* fitted(options, model, checkpoint) : yield* stepped(options, model, checkpoint)
}

/** A model fitted in closed form: one checkpoint, at step 1. */
async function* fitted(
  { folder, config, dataset }: RunOptions,
  model: Model,
  checkpoint: LoadedCheckpoint,
): AsyncGenerator<RunEvent, TrainingEnd> {
  const { seconds } = runStateSchema.parse(checkpoint.state)
  if (checkpoint.step > 0) return { step: checkpoint.step, seconds, interrupted: false }
  const began = performance.now()
  const data = { dataset, preprocessing: config.preprocessing }
  const parameters = await model.fit!(fitData(data, model.event, config.training.seed))
  const took = (performance.now() - began) / 1000
  const log = openMetrics(join(folder, "metrics.jsonl"))
  log.append({ v: 1, step: 1, epoch: 1, split: "train", t: took })
  log.close()
  const state: RunState = { seconds: took }
  if (isPlane(model.event)) saveFrame(folder, 1, parameters)
  yield {
    type: "saved",
    step: 1,
    folder: saveCheckpoint(folder, { step: 1, model: parameters, optimizer: new Map(), state }),
  }
  return { step: 1, seconds: took, interrupted: false }
}

const longestTimer = 2 ** 31 // milliseconds, 25 days: a longer timer would fire at once

/** Snapshots become log lines, validations and checkpoints, each at its own multiple of steps. */
async function* stepped(
  { folder, config, dataset, signal }: RunOptions,
  model: Model,
  checkpoint: LoadedCheckpoint,
): AsyncGenerator<RunEvent, TrainingEnd> {
  const { training, preprocessing, threads, device } = config
  const resumed = runStateSchema.parse(checkpoint.state)
  let best = resumed.best
  const began = performance.now()
  const seconds = () => resumed.seconds + (performance.now() - began) / 1000
  const left = (training.minutes ?? Infinity) * 60 - resumed.seconds
  const deadline = 1000 * left < longestTimer ? AbortSignal.timeout(Math.max(0, Math.ceil(1000 * left))) : undefined
  const outOfTime = () => deadline?.aborted === true || seconds() - resumed.seconds >= left
  const validator = await openValidator(model, { dataset, split: "validation", preprocessing }, threads)
  const log = openMetrics(join(folder, "metrics.jsonl"))
  let step = checkpoint.step
  const hadItsTime = outOfTime() // its time was spent before it was stopped: only the evaluation is missing

  async function validate(snapshot: Snapshot): Promise<RunEvent> {
    const metrics = await validator.measure(averagesOf(snapshot.parameters, snapshot.slots))
    const value = validator.objective === undefined ? undefined : metrics[validator.objective]!
    const isBest = value !== undefined && (best === undefined || value < best.value)
    if (isBest) best = { step, value }
    log.append({ v: 1, step, epoch: snapshot.epoch, split: "validation", ...metrics })
    return { type: "validation", step, epoch: snapshot.epoch, metrics, isBest }
  }
  function save(snapshot: Snapshot): RunEvent {
    const state: RunState = { seconds: seconds(), ...(best && { best }) }
    const content = { step, model: snapshot.parameters, optimizer: snapshot.slots, state }
    const path = saveCheckpoint(folder, content, { best: best?.step === step })
    writeStatus(folder, { status: "running", pid: process.pid, heartbeat: now(), step })
    return { type: "saved", step, folder: path }
  }
  const plan = filmPlan(model, training.logEvery)
  const filmed = (moment: TrainingState, isEnd: boolean) => {
    const wanted = isPlane(model.event) && (isEnd || isMoment(moment.step, plan))
    if (wanted) saveFrame(folder, moment.step, averagesOf(moment.parameters, moment.slots))
  }
  try {
    if (hadItsTime) return { step, seconds: resumed.seconds, interrupted: false }
    const start = { step, parameters: checkpoint.model, slots: checkpoint.optimizer }
    if (step === 0) filmed(start, false)
    const { seed, batchSize, accumulate = 1, steps, schedule, logEvery } = training
    const setup = {
      model,
      dataset,
      preprocessing,
      seed,
      batchSize,
      accumulate,
      steps,
      schedule,
      optimizer: optimizerOf(training),
      start,
      session: { threads },
      device: deviceOf(device)!, // the schema of a configuration lets no other name through
    }
    const ends = [signal, deadline].filter((one) => one !== undefined)
    for await (const snapshot of train({ ...setup, snapshotEvery: logEvery, signal: AbortSignal.any(ends) })) {
      step = snapshot.step
      const { epoch, metrics, stepsPerSecond } = snapshot
      log.append({ v: 1, step, epoch, split: "train", t: seconds(), stepsPerSecond, ...metrics })
      yield { type: "steps", step, epoch, seconds: seconds(), stepsPerSecond, metrics }
      const isLast = step === steps || outOfTime() || signal?.aborted === true
      const stopped = signal?.aborted === true && step < steps
      const validates = step % training.validateEvery === 0 || (isLast && !stopped)
      if (validates && validator.objective !== undefined) yield await validate(snapshot)
      filmed(snapshot, isLast && !stopped) // before the checkpoint: a run resumed from there has this frame
      if (isLast || step % training.saveEvery === 0 || best?.step === step) yield save(snapshot)
      if (isLast) break
    }
    const interrupted = signal?.aborted === true && step < steps
    return { step, seconds: seconds(), interrupted }
  } finally {
    log.close()
    await validator.dispose()
  }
}
