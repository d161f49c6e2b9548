import { EidosError } from "../core/errors.ts"
import type { ModelDefinition } from "../model/define.ts"
import { refuseUnfit } from "../run/optimizer-request.ts"
import { defined, type TrainRequest } from "../run/request.ts"
import { refuseUnfitSchedule } from "../run/schedule-request.ts"
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
  const request = defined({
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
    accumulate: flags.accumulate ?? training?.accumulate,
    ...rateOf(flags, training?.schedule),
    ...ruleOf(definition, flags, training?.optimizer),
    ...clipOf(flags, training?.clip),
    ema: flags.ema ?? training?.ema,
    logEvery: flags.logEvery ?? training?.logEvery,
    validateEvery: flags.validateEvery ?? training?.validateEvery,
    saveEvery: flags.saveEvery ?? training?.saveEvery,
    k: flags.k ?? file.evaluation?.k,
    threads: flags.threads ?? file.threads,
    device: flags.device ?? (definition.training.steps > 0 ? file.device : undefined),
  }) as TrainRequest
  refuseUnfit(request)
  refuseUnfitSchedule(request)
  return request
}

function modelConfig(definition: ModelDefinition<any, any>, flags: TrainFlags, file: FileSettings) {
  const fields = modelFields(definition)
  const fromFlags = fields.map(({ name }) => [name, flags[name]])
  return { ...file.config, ...settingsOf(flags.set ?? [], fields), ...defined(Object.fromEntries(fromFlags)) }
}

type FileTraining = NonNullable<FileSettings["training"]>

/** A rate given by flag replaces a constant one of the file altogether; another schedule's end or steps mean nothing to the one asked for. */
function rateOf(flags: TrainFlags, schedule: FileTraining["schedule"]) {
  const isReplaced = flags.lr !== undefined && schedule?.name === "constant"
  const base = isReplaced ? undefined : schedule
  const name = flags.schedule ?? (flags.lrEnd === undefined || base?.name !== "constant" ? base?.name : undefined)
  const isStep = name === "step"
  const every = isStep && flags.stepEpochs === undefined ? base?.every : undefined
  return {
    learningRate: flags.lr ?? base?.start,
    learningRateEnd: flags.lrEnd ?? (isStep ? undefined : base?.end),
    schedule: name,
    warmup: flags.warmup ?? schedule?.warmup,
    stepEvery: flags.stepEvery ?? every,
    stepEpochs: flags.stepEpochs,
    stepFactor: flags.stepFactor ?? (isStep ? base?.factor : undefined),
  }
}

/** The constants of the file are those of its own rule; a model's own weight decay is not the optimiser's. */
function ruleOf(definition: ModelDefinition<any, any>, flags: TrainFlags, rule: FileTraining["optimizer"]) {
  const { name: written = "adam", ...constants } = typeof rule === "object" ? rule : {}
  const { optimizer = written, momentum, nesterov, beta1, beta2 } = flags
  const isModels = modelFields(definition).some(({ name }) => name === "weightDecay")
  const weightDecay = isModels ? undefined : flags.weightDecay
  const base = optimizer === written ? constants : {}
  return { optimizer, ...base, ...defined({ momentum, nesterov, beta1, beta2, weightDecay }) }
}

function clipOf({ clipNorm, clipValue }: TrainFlags, clip: FileTraining["clip"]) {
  if (clipNorm !== undefined || clipValue !== undefined || clip === undefined) return { clipNorm, clipValue }
  return "norm" in clip ? { clipNorm: clip.norm } : { clipValue: clip.value }
}

const ofSteps = [
  "steps",
  "epochs",
  "minutes",
  "batchSize",
  "accumulate",
  "lr",
  "lrEnd",
  "schedule",
  "warmup",
  "stepEvery",
  "stepEpochs",
  "stepFactor",
  "optimizer",
  "momentum",
  "nesterov",
  "beta1",
  "beta2",
  "weightDecay",
  "clipNorm",
  "clipValue",
  "ema",
  "device",
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
