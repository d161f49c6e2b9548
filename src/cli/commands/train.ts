import { randomInt } from "node:crypto"
import { join } from "node:path"
import type { Option } from "commander"
import { EidosError } from "../../core/errors.ts"
import { findModel, models } from "../../models/index.ts"
import { presets } from "../../run/presets.ts"
import { runName } from "../../storage/run-folder.ts"
import { type CommandSpec, type Context, defineCommand } from "../command.ts"
import { anyModelsOptions, modelFields } from "../model-flags.ts"
import { type FileSettings, readSettings } from "../settings.ts"
import { type TrainFlags, trainOptions } from "../train-flags.ts"

export const whichModel = "train: which model? None was named."

/** `train` with the flags of one model, or without any model's when none is known yet. */
export function trainCommand(model: string | undefined): CommandSpec<TrainFlags> {
  const definition = model !== undefined && Object.hasOwn(models, model) ? findModel(model) : undefined
  const fields = definition
    ? modelFields(definition).map(({ option }) => option)
    : anyModelsOptions(Object.keys(models).map(findModel))
  const options = trainOptions({
    presets: Object.keys(presets[model ?? ""] ?? {}),
    ...(definition && definition.training.steps > 0 && { training: definition.training }),
  })
  return defineCommand<TrainFlags>({
    name: "train",
    purpose: definition
      ? `Train ${definition.name}: ${definition.title[0]?.toLowerCase()}${definition.title.slice(1)}`
      : "Train a model",
    argument: ["[MODEL]", `one of ${Object.keys(models).join(", ")}; its own flags: eidos train MODEL --help`],
    flags: definition ? [...fields, ...beside(options, fields)] : [...beside(fields, options), ...options],
    examples: examplesOf(model),
    run: train,
  })
}

/** Flags without those of a name that others have: a model's own weight decay goes before the optimiser's. */
const beside = (options: readonly Option[], others: readonly Option[]): Option[] =>
  options.filter(({ long }) => !others.some((other) => other.long === long))

function examplesOf(model: string | undefined): [string, string, string] {
  switch (model) {
    case "pca":
      return ["train pca --latent 20", "train pca --latent 2 --data mnist", "train pca --data mnist --out runs/pca"]
    case "autoencoder":
      return [
        "train autoencoder --latent 2 --hidden 400,200 --activation tanh",
        "train autoencoder --preset lee --data mnist --digits 1,5,6",
        "train autoencoder --masking 0.5",
      ]
    case "gan":
      return [
        "train gan --preset eight-gaussians",
        "train gan --preset mnist --minutes 10",
        "train gan --data two-moons --latent 2 --generator 128,128 --critic 128,128",
      ]
    default:
      return ["train vae --latent 2 --hidden 400,200", "train vae --preset mnist-binarized", "train --resume auto"]
  }
}

async function train(context: Context<TrainFlags>): Promise<void> {
  const { resumeRun, startRun } = await import("../training.ts")
  const { flags } = context
  if (flags.resume !== undefined) return resumeRun(context)
  const file: FileSettings = flags.config === undefined ? {} : readSettings(flags.config)
  const name = context.argument || file.model
  if (name === undefined)
    throw new EidosError("usage", whichModel, { hint: `Models: ${Object.keys(models).join(", ")}.` })
  const definition = findModel(name)
  if (file.model !== undefined && file.model !== name)
    throw new EidosError("usage", `--config: ${flags.config} is of ${file.model}, not of ${name}.`)
  await startRun(context, definition, file, flags.out ?? join("runs", runName(name, new Date(), shortId())))
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
const shortId = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("")
