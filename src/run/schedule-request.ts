/** From what a user asked to how the learning rate of a run moves. */
import { EidosError } from "../core/errors.ts"
import type { TrainingDefaults } from "../model/define.ts"
import type { Schedule, ScheduleName } from "../optim/schedule.ts"
import type { Preset } from "./presets.ts"

/** What may be said about the learning rate. */
export interface ScheduleRequest {
  readonly learningRate?: number
  readonly learningRateEnd?: number
  readonly schedule?: ScheduleName
  /** Steps over which the rate rises to the schedule's; none unless told. */
  readonly warmup?: number
  /** Steps between two falls of the schedule `step`. */
  readonly stepEvery?: number
  /** The same in epochs. */
  readonly stepEpochs?: number
  /** What a fall multiplies the rate by; 0.1 unless told. */
  readonly stepFactor?: number
}

export const fallNeedsLength =
  "train: a learning rate that falls needs to know where the run ends; give --steps or --epochs beside --minutes."
export const notOfSchedule = (flag: string): string => `--${flag} is of --schedule step, and another was asked for.`
export const endOfStep = "--lr-end does not apply to --schedule step: it falls by --step-factor without an end."
export const stepNeedsEvery = "--schedule step needs to know when to fall; give --step-every or --step-epochs."
export const twoIntervals = "--step-every and --step-epochs both say when the rate falls; give one of them."

const ofStep = { stepEvery: "step-every", stepEpochs: "step-epochs", stepFactor: "step-factor" } as const

/** Refuses, with EidosError("usage"), settings that the schedule does not take or that contradict each other. */
export function refuseUnfitSchedule(request: ScheduleRequest): void {
  const { schedule, stepEvery, stepEpochs, learningRateEnd } = request
  if (schedule === "step") {
    if (learningRateEnd !== undefined) throw new EidosError("usage", endOfStep)
    if (stepEvery !== undefined && stepEpochs !== undefined) throw new EidosError("usage", twoIntervals)
    if (stepEvery === undefined && stepEpochs === undefined) throw new EidosError("usage", stepNeedsEvery)
    return
  }
  for (const [name, flag] of Object.entries(ofStep) as [keyof typeof ofStep, string][])
    if (request[name] !== undefined)
      throw new EidosError("usage", notOfSchedule(flag), { hint: "Add --schedule step, or leave it out." })
}

/** Length of a run and of an epoch in steps; a run cut by its time alone has no length. */
export interface Lengths {
  readonly steps: number
  readonly epochSteps: number
  readonly isUnbounded: boolean
}

/** How the rate of a run moves. Throws EidosError("usage"). */
export function resolveSchedule(
  request: ScheduleRequest,
  preset: Preset,
  defaults: TrainingDefaults,
  { steps, epochSteps, isUnbounded }: Lengths,
): Schedule {
  refuseUnfitSchedule(request)
  const sources = [request, preset, defaults]
  const setter = sources.findIndex(({ learningRate }) => learningRate !== undefined)
  const start = sources[setter]!.learningRate!
  const warm = request.warmup === undefined ? {} : { warmup: request.warmup }
  if (request.schedule === "step") {
    const { stepEvery, stepEpochs = 1, stepFactor = 0.1 } = request
    const every = stepEvery ?? Math.max(1, Math.round(stepEpochs * epochSteps))
    return { name: "step", start, factor: stepFactor, every, ...warm }
  }
  // An end was chosen for its start: who sets another start leaves the ends behind it without meaning.
  const ends = sources.slice(0, setter + 1).map(({ learningRateEnd }) => learningRateEnd)
  const end = ends.find((rate) => rate !== undefined) ?? start
  const name = request.schedule ?? (end === start ? "constant" : (preset.schedule ?? "linear"))
  if (name !== "constant" && isUnbounded) throw new EidosError("usage", fallNeedsLength)
  return { name, start, end, steps, ...warm }
}
