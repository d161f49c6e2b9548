/** Which runs a scoreboard is made of: one a model, with its configuration, its folder and the command line that makes it. */
import { join } from "node:path"
import { EidosError } from "../../core/errors.ts"
import type { Dataset } from "../../data/dataset.ts"
import { noLabels } from "../../data/labels.ts"
import { describePreprocessing } from "../../data/preprocess.ts"
import type { Model } from "../../model/capabilities.ts"
import { findModel, models } from "../../models/index.ts"
import { jsonText } from "../../storage/json-text.ts"
import { sha256 } from "../../storage/manifest.ts"
import type { RunConfig } from "../config.ts"
import { buildModel } from "../open.ts"
import { presets } from "../presets.ts"
import { defined, resolveRun, type TrainRequest } from "../request.ts"

/** What all runs of a board share. */
export type SharedRequest = Pick<TrainRequest, "dataDir" | "cacheDir" | "offline" | "seed" | "limit" | "threads"> & {
  readonly data: string
}

export interface PlanOptions {
  /** The board's folder. */
  readonly folder: string
  readonly dataset: Dataset
  readonly shared: SharedRequest
  /** Training time of a model at most; closed forms take what they take. */
  readonly budgetSeconds: number
  /** Importance samples per datum, for models with a bound. */
  readonly k?: number
  readonly eidos: string
}

/** One run of a board, before it is made. */
export interface Entry {
  readonly model: string
  readonly request: TrainRequest
  readonly config: RunConfig
  readonly digest: string
  /** Relative to the board's folder, as in `runs/vae-1a2b3c4d`. */
  readonly run: string
}

/** Models that others must beat; they stand first. */
export const baselineModels: readonly string[] = ["uniform", "marginal", "mixture", "parzen"]

/**
 * The run of a model on a board: its preset of the data's name where there is one, else its defaults, cut short by the
 * budget. Throws EidosError where the model cannot be trained on these data.
 */
export function entryOf(model: string, { dataset, shared, budgetSeconds, k, eidos }: PlanOptions): Entry {
  const definition = findModel(model)
  const preset = Object.hasOwn(presets[model] ?? {}, dataset.name) ? dataset.name : undefined
  const length = lengthOf(model, preset, definition.training.steps, budgetSeconds)
  const bound = definition.density === "bounded" ? { k } : {}
  const request = defined({ ...shared, model, preset, ...length, ...bound }) as TrainRequest
  const config = resolveRun(request, dataset)
  checkFits(buildModel(config).model, config, dataset)
  const { dataDir: _, ...data } = config.data // where the files lie changes nothing
  const digest = sha256(jsonText({ eidos, config: { ...config, data } }))
  return { model, request, config, digest, run: join("runs", `${model}-${digest.slice(0, 8)}`) }
}

function lengthOf(model: string, preset: string | undefined, steps: number, budgetSeconds: number) {
  if (steps === 0) return {} // a closed form
  const known = preset === undefined ? undefined : presets[model]![preset]
  const hasLength = known?.steps !== undefined || known?.epochs !== undefined
  return { minutes: budgetSeconds / 60, steps: hasLength ? undefined : steps }
}

function checkFits(model: Model, config: RunConfig, dataset: Dataset): void {
  describePreprocessing(config.preprocessing, dataset)
  if ((model.classes ?? model.labels) !== undefined && !dataset.splits.train.labels)
    throw new EidosError("data", noLabels)
}

export const isClassifier = "a classifier: it says nothing of x"

/** All models of the registry that can be trained on the data, baselines first; and why the others cannot. */
export function planAll(options: PlanOptions): { entries: Entry[]; left: { model: string; reason: string }[] } {
  const entries: Entry[] = []
  const left: { model: string; reason: string }[] = []
  for (const model of baselinesFirst(Object.keys(models)))
    try {
      const entry = entryOf(model, options)
      const built = buildModel(entry.config).model
      if (built.classify && built.density === "none") left.push({ model, reason: isClassifier })
      else entries.push(entry)
    } catch (error) {
      if (!(error instanceof EidosError)) throw error
      left.push({ model, reason: error.message })
    }
  return { entries, left }
}

export const baselinesFirst = (names: readonly string[]): string[] => [
  ...baselineModels.filter((name) => names.includes(name)),
  ...names.filter((name) => !baselineModels.includes(name)),
]

/** How many steps a run took of those it was given, as far as its command line depends on it. */
export interface Taken {
  readonly steps: number
}

/**
 * The command line of a run: as it is asked for, or once it is done so that it comes out the same. A run that its budget
 * cut short is made again by its steps where the learning rate does not fall; else only the same minutes can make it.
 */
export function commandOf(
  { model, request, config }: Entry,
  taken?: Taken,
): { argv: string[]; repeats: "bit for bit" | "as far as the same minutes reach" } {
  const { training } = config
  const wasCut = taken !== undefined && training.minutes !== undefined && taken.steps < training.steps
  const bySteps = wasCut && training.schedule.name === "constant"
  const given = {
    data: request.data,
    limit: request.limit,
    preset: request.preset,
    steps: bySteps ? taken.steps : request.steps,
    minutes: taken === undefined || (wasCut && !bySteps) ? request.minutes : undefined,
    seed: training.seed,
    threads: config.threads,
    k: request.k,
    ...(bySteps && {
      "log-every": training.logEvery,
      "validate-every": training.validateEvery,
      "save-every": training.saveEvery,
    }),
  }
  const flags = Object.entries(defined(given)).flatMap(([name, value]) => [`--${name}`, String(value)])
  return {
    argv: ["eidos", "train", model, ...flags],
    repeats: wasCut && !bySteps ? "as far as the same minutes reach" : "bit for bit",
  }
}
