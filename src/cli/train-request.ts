import { EidosError } from "../core/errors.ts"
import type { ModelDefinition } from "../model/define.ts"
import { defined, type TrainRequest } from "../run/request.ts"
import { placesOf } from "./environment.ts"
import type { Io } from "./io.ts"
import { modelFields } from "./model-flags.ts"
import { type FileSettings, settingsOf } from "./settings.ts"
import type { TrainFlags } from "./train-flags.ts"

export const noSteps = (model: string, flag: string): string =>
  `${model} is fitted in closed form, so --${flag} has nothing to do.`

/** What a command line asks for: flags over --set over the file; the preset and the model's defaults come after. */
export function requestOf(
  definition: ModelDefinition<any, any>,
  flags: TrainFlags,
  file: FileSettings,
  env: Io["env"],
): TrainRequest {
  refuseSteps(definition, flags)
  const { data, training, preprocessing } = file
  const places = placesOf(flags, env, data?.dataDir)
  return defined({
    model: definition.name,
    preset: flags.preset ?? file.preset,
    config: modelConfig(definition, flags, file),
    data: flags.data ?? data?.name,
    dataDir: places.dataDir,
    cacheDir: places.cacheDir,
    offline: flags.offline,
    validation: flags.validation ?? data?.validation,
    digits: flags.digits ?? data?.digits,
    limit: flags.limit ?? data?.limit,
    binarize: flags.binarize ?? preprocessing?.binarize,
    dequantize: flags.dequantize ?? (flags.binarize === undefined ? preprocessing?.dequantize : undefined),
    seed: flags.seed ?? training?.seed,
    steps: flags.steps ?? (flags.epochs === undefined ? training?.steps : undefined),
    epochs: flags.epochs,
    minutes: flags.minutes ?? training?.minutes,
    batchSize: flags.batchSize ?? training?.batchSize,
    ...rateOf(flags, training?.schedule),
    beta1: flags.beta1 ?? (typeof training?.optimizer === "object" ? training.optimizer.beta1 : undefined),
    logEvery: flags.logEvery ?? training?.logEvery,
    validateEvery: flags.validateEvery ?? training?.validateEvery,
    saveEvery: flags.saveEvery ?? training?.saveEvery,
    k: flags.k ?? file.evaluation?.k,
    threads: flags.threads ?? file.threads,
  }) as TrainRequest
}

function modelConfig(definition: ModelDefinition<any, any>, flags: TrainFlags, file: FileSettings) {
  const fields = modelFields(definition)
  const fromFlags = fields.map(({ name }) => [name, flags[name]])
  return { ...file.config, ...settingsOf(flags.set ?? [], fields), ...defined(Object.fromEntries(fromFlags)) }
}

/** A rate given by flag replaces a constant one of the file altogether. */
function rateOf(flags: TrainFlags, schedule: NonNullable<FileSettings["training"]>["schedule"]) {
  const isReplaced = flags.lr !== undefined && schedule?.name === "constant"
  const base = isReplaced ? undefined : schedule
  return {
    learningRate: flags.lr ?? base?.start,
    learningRateEnd: flags.lrEnd ?? base?.end,
    schedule: flags.schedule ?? (flags.lrEnd === undefined || base?.name !== "constant" ? base?.name : undefined),
  }
}

const ofSteps = [
  "steps",
  "epochs",
  "minutes",
  "batchSize",
  "lr",
  "lrEnd",
  "beta1",
  "schedule",
  "logEvery",
  "saveEvery",
] as const

function refuseSteps(definition: ModelDefinition<any, any>, flags: TrainFlags): void {
  if (definition.training.steps > 0) return
  const given = [...ofSteps, "validateEvery"].find((name) => flags[name] !== undefined)
  if (given === undefined) return
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new EidosError("usage", noSteps(definition.name, flag), { hint: "Leave it out." })
}
