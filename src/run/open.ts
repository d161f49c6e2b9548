import { existsSync } from "node:fs"
import { join } from "node:path"
import { EidosError } from "../core/errors.ts"
import { sameShape } from "../core/shape.ts"
import type { Dataset } from "../data/dataset.ts"
import { type DataRequest, loadDataset } from "../data/load.ts"
import { leaves, type Parameters } from "../graph/parameter.ts"
import type { Model, Trained } from "../model/capabilities.ts"
import { configure, type ModelDefinition } from "../model/define.ts"
import { findModel } from "../models/index.ts"
import { averagesOf } from "../optim/average.ts"
import { loadCheckpoint } from "../storage/checkpoint.ts"
import { readJson } from "../storage/json.ts"
import { type RunConfig, runConfigSchema } from "./config.ts"
import { defined } from "./request.ts"

/** A run folder opened for use. */
export interface OpenRun {
  readonly folder: string
  readonly config: RunConfig
  readonly definition: ModelDefinition<any, any>
  readonly trained: Trained<Model>
  /** Step of the checkpoint the parameters come from. */
  readonly step: number
  /** What had to be passed over to find a whole checkpoint, as sentences. */
  readonly warnings: readonly string[]
}

export const noRun = (folder: string): string => `${folder}: there is no run here (no config.json).`

/** The configuration of a run. Throws EidosError("model-file"). */
export function readRunConfig(folder: string): RunConfig {
  if (!existsSync(join(folder, "config.json")))
    throw new EidosError("model-file", noRun(folder), {
      hint: "`eidos train MODEL` makes a run and prints its folder.",
    })
  return readJson(join(folder, "config.json"), runConfigSchema)
}

/** The model a configuration describes, without its numbers. */
export function buildModel(config: RunConfig): { definition: ModelDefinition<any, any>; model: Model } {
  const definition = findModel(config.model)
  return { definition, model: definition.build(configure(definition, config.config), config.event) }
}

/** Opens a run with its best checkpoint, or another; where it keeps averages of its weights, with those. Throws EidosError("model-file"). */
export function openRun(folder: string, which: "best" | "last" | number = "best"): OpenRun {
  const config = readRunConfig(folder)
  const { definition, model } = buildModel(config)
  const hasBest = existsSync(join(folder, "checkpoints", "best.json"))
  const checkpoint = loadCheckpoint(folder, which === "best" && !hasBest ? "last" : which)
  checkParameters(folder, model, checkpoint.model)
  const warnings = checkpoint.skipped.map(({ path, reason }) => `${path} was passed over: ${reason}`)
  return {
    folder,
    config,
    definition,
    trained: { model, parameters: averagesOf(checkpoint.model, checkpoint.optimizer) },
    step: checkpoint.step,
    warnings,
  }
}

/** Refuses weights of another model with EidosError("model-file"), naming the first that differs. */
export function checkParameters(folder: string, model: Model, parameters: Parameters): void {
  const hint = "config.json and the checkpoint do not belong together."
  const declared = leaves(model.params)
  for (const { path, value } of declared) {
    const found = parameters.get(path)
    if (found && sameShape(found.shape, value.shape)) continue
    const what = found ? `has shape [${found.shape}], but the configuration makes it [${value.shape}]` : "is missing"
    throw new EidosError("model-file", `${folder}: the weight "${path}" ${what}.`, { hint })
  }
  const extra = [...parameters.keys()].find((name) => !declared.some(({ path }) => path === name))
  if (extra !== undefined)
    throw new EidosError("model-file", `${folder}: the weight "${extra}" is not one of this model.`, { hint })
}

/** Where data may be found on this machine. */
export interface DataPlaces {
  readonly dataDir?: string
  readonly cacheDir: string
  readonly offline?: boolean
  readonly signal?: AbortSignal
}

export const otherData = (folder: string): string =>
  `${folder}: the data found now is not the data of this run (its sha256 differs), so numbers would not compare.`

/** The data a run was trained on. Throws EidosError("data") when what is found differs. */
export async function dataOfRun(
  { folder, config }: Pick<OpenRun, "folder" | "config">,
  places: DataPlaces,
): Promise<Dataset> {
  const { name, seed, validation, digits, limit, dataDir, digest } = config.data
  const wanted = defined({ dataDir, ...places, data: name, seed, validation, digits, limit }) as DataRequest
  const dataset = await loadDataset(wanted)
  if (dataset.digest !== digest) throw new EidosError("data", otherData(folder))
  return dataset
}
