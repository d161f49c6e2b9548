/** From what a user asked to a complete configuration. */
import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import { EidosError } from "../core/errors.ts"
import type { Dataset } from "../data/dataset.ts"
import { type DataRequest, loadDataset } from "../data/load.ts"
import { datasetNames } from "../data/names.ts"
import type { Preprocessing } from "../data/preprocess.ts"
import { configure, type TrainingDefaults } from "../model/define.ts"
import { findModel } from "../models/index.ts"
import type { RunConfig } from "./config.ts"
import { resolveDevice } from "./device-request.ts"
import { type OptimizerRequest, resolveOptimizer } from "./optimizer-request.ts"
import { type Preset, presets } from "./presets.ts"
import { resolveSchedule, type ScheduleRequest } from "./schedule-request.ts"

/** What a user may say about a training run; everything left out comes from the preset, then from the model. */
export interface TrainRequest extends OptimizerRequest, ScheduleRequest {
  readonly model: string
  readonly preset?: string
  /** Fields of the model's configuration. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly data?: string
  readonly dataDir?: string
  readonly cacheDir: string
  readonly offline?: boolean
  readonly validation?: number
  readonly digits?: readonly number[]
  readonly limit?: number
  readonly binarize?: Preprocessing["binarize"]
  readonly dequantize?: boolean
  readonly seed?: number
  readonly steps?: number
  readonly epochs?: number
  readonly minutes?: number
  readonly batchSize?: number
  /** Batches over whose gradients a step averages; 1 unless told. */
  readonly accumulate?: number
  readonly logEvery?: number
  readonly validateEvery?: number
  readonly saveEvery?: number
  /** Importance samples per datum in the final evaluation of a bound. */
  readonly k?: number
  readonly threads?: number
  /** What runs the steps: `auto`, `cpu`, `webgpu`, `cuda` or `cuda:N`; `auto` unless told, which is the processor. */
  readonly device?: string
}

export const noSuchPreset = (model: string, came: string): string => `There is no preset "${came}" for ${model}.`
export const twoLengths = "train: --steps and --epochs both say how long to train; give one of them."

/** The preset of this name, or an empty one when none is asked. Throws EidosError("usage") with the list. */
export function findPreset(model: string, name: string | undefined): Preset {
  if (name === undefined) return { title: "" }
  const known = presets[model] ?? {}
  if (Object.hasOwn(known, name)) return known[name]!
  const names = Object.keys(known)
  throw new EidosError("usage", noSuchPreset(model, name), {
    hint: names.length > 0 ? `Presets of ${model}: ${names.join(", ")}.` : `${model} has no presets.`,
  })
}

/** An object without the fields that are undefined, as exact optional types want it. */
export const defined = <T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as any // the filter is the type

/** The data set a request comes down to: its own, the preset's, or glyphs. */
export const dataName = (request: TrainRequest): string =>
  request.data ?? findPreset(request.model, request.preset).data ?? "glyphs"

/** The data a request names. Throws what `loadDataset` throws. */
export function requestedData(request: TrainRequest, signal?: AbortSignal): Promise<Dataset> {
  const { dataDir, cacheDir, offline, seed, validation, digits, limit } = request
  const wanted = { data: dataName(request), dataDir, cacheDir, offline, seed, validation, digits, limit, signal }
  return loadDataset(defined(wanted) as DataRequest)
}

/** Long enough to be cut by `minutes` instead. */
const unbounded = 1_000_000_000

/** The complete configuration of a requested run. Throws EidosError("usage" or "config"). */
export function resolveRun(request: TrainRequest, dataset: Dataset): RunConfig {
  const definition = findModel(request.model)
  const preset = findPreset(request.model, request.preset)
  const config = configure(definition, { ...preset.config, ...request.config })
  return {
    schemaVersion: 1,
    model: request.model,
    config,
    ...(request.preset !== undefined && { preset: request.preset }),
    event: [...dataset.event],
    data: describeData(request, dataset),
    preprocessing: preprocessingOf(request, definition.data(config), dataset),
    training: trainingOf(request, preset, definition.training, dataset),
    evaluation: definition.density === "bounded" ? { k: request.k ?? preset.k ?? 100 } : refuseK(request),
    threads: request.threads ?? availableParallelism(),
    device: resolveDevice(request.device, request.accumulate),
  }
}

export const noBound = (model: string): string =>
  `--k is the number of importance samples in a bound on log p(x), and ${model} has no such bound; leave it out.`

function refuseK({ model, k }: TrainRequest): Record<never, never> {
  if (k !== undefined) throw new EidosError("usage", noBound(model))
  return {}
}

function describeData(request: TrainRequest, dataset: Dataset): RunConfig["data"] {
  const name = dataName(request)
  const { train, validation, test } = dataset.splits
  return defined({
    name: name in datasetNames ? name : resolve(name),
    dataDir: request.dataDir === undefined ? undefined : resolve(request.dataDir),
    seed: request.seed ?? 0,
    validation: request.validation,
    digits: request.digits && [...request.digits],
    limit: request.limit,
    digest: dataset.digest,
    source: dataset.source,
    counts: { train: train.count, validation: validation.count, test: test.count },
  }) as RunConfig["data"]
}

function trainingOf(
  request: TrainRequest,
  preset: Preset,
  defaults: TrainingDefaults,
  dataset: Dataset,
): RunConfig["training"] {
  const batchSize = request.batchSize ?? preset.batchSize ?? defaults.batchSize
  const accumulate = request.accumulate ?? 1
  const epochSteps = Math.ceil(dataset.splits.train.count / (batchSize * accumulate))
  const steps = lengthOf(request, preset, defaults.steps, epochSteps)
  const logEvery = request.logEvery ?? Math.max(1, Math.min(100, Math.round(steps / 100)))
  const onGrid = (every: number) => Math.max(logEvery, Math.round(every / logEvery) * logEvery)
  const validateEvery = onGrid(request.validateEvery ?? Math.min(epochSteps, Math.ceil(steps / 10)))
  return {
    seed: request.seed ?? 0,
    batchSize,
    steps,
    ...(request.minutes !== undefined && { minutes: request.minutes }),
    ...(accumulate > 1 && { accumulate }),
    schedule: resolveSchedule(request, preset, defaults, { steps, epochSteps, isUnbounded: steps === unbounded }),
    ...resolveOptimizer(request, preset, defaults),
    logEvery,
    validateEvery,
    saveEvery: onGrid(request.saveEvery ?? validateEvery),
  }
}

function lengthOf(request: TrainRequest, preset: Preset, fallback: number, epochSteps: number): number {
  const { steps, epochs, minutes } = request
  if (steps !== undefined && epochs !== undefined) throw new EidosError("usage", twoLengths)
  if (steps !== undefined) return steps
  if (epochs !== undefined) return Math.round(epochs * epochSteps)
  if (minutes !== undefined && preset.steps === undefined && preset.epochs === undefined) return unbounded
  return preset.steps ?? (preset.epochs === undefined ? fallback : preset.epochs * epochSteps)
}

export const modelsBits = (model: string, data: string): string =>
  `${model}, so configured, is a distribution of zeros and ones, and ${data} holds real numbers.`

function preprocessingOf(request: TrainRequest, preferred: Preprocessing, dataset: Dataset): Preprocessing {
  if (dataset.levels === "real" && preferred.binarize !== "none")
    throw new EidosError("usage", modelsBits(request.model, dataset.name), {
      hint: "Choose a likelihood of real numbers where the model has one, as in --likelihood gaussian, or other data.",
    })
  const isGrey = dataset.levels === 256
  const binarize = request.binarize ?? (isGrey ? preferred.binarize : "none")
  const dequantize = request.dequantize ?? (isGrey && binarize === "none" && preferred.dequantize)
  return { binarize, dequantize }
}
