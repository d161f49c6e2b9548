/** Which stopped run to go on with, and what may be said about it. */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { EidosError } from "../core/errors.ts"
import type { RunConfig } from "../run/config.ts"
import { resolveDevice } from "../run/device-request.ts"
import { readRunConfig } from "../run/open.ts"
import { writeJson } from "../storage/json.ts"
import { lockRun } from "../storage/lock.ts"
import { readStatus, type Status } from "../storage/status.ts"
import type { TrainFlags } from "./train-flags.ts"

export const nothingToResume = (folder: string): string => `${folder}: there is no stopped run to go on with.`
export const fixedOnResume = (flag: string): string =>
  `--${flag} cannot change when a run goes on: it would no longer be the same run.`
export const otherModel = (folder: string, has: string, came: string): string =>
  `${folder}: this is a run of ${has}, not of ${came}.`
export const fallingRate = (name: string): string =>
  `--steps cannot change on resume: the learning rate falls (${name}) towards the end that was set when the run began.`
export const timedRun = "--steps cannot change on resume: the length of this run was given as --minutes."
export const otherDevice = (before: string, now: string): string =>
  `The steps so far ran on ${before}, the others run on ${now}: the weights will differ in their last bits from those of one device.`
export const alreadyLonger = (steps: number, has: number): string =>
  `--steps ${steps} is less than the ${has} that this run was started with.`

// Where data are and how to print; everything else decides the weights. Steps and devices have rules of their own.
const mayDiffer = new Set(["resume", "dataDir", "cacheDir", "offline", "json", "quiet", "verbose", "color", "dryRun"])

/** Refuses, with EidosError("usage"), flags that would make another run of it. */
export function refuseChanges(given: readonly string[], { resume }: TrainFlags): void {
  const isFixed = (name: string) =>
    !mayDiffer.has(name) && name !== "steps" && name !== "device" && !(name === "out" && resume === "auto")
  const fixed = given.find(isFixed)
  if (fixed === undefined) return
  const flag = fixed.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new EidosError("usage", fixedOnResume(flag), { hint: "Leave it out, or start another run without --resume." })
}

/** The run to go on with: the folder itself, or for `auto` the newest under `out` that is not done and not at work. */
export function folderToResume({ resume, out = "runs" }: TrainFlags): string {
  if (resume !== "auto") return resume!
  const found = candidates(out).find(isFree)
  if (found !== undefined) return found
  throw new EidosError("model-file", nothingToResume(out), { hint: "`eidos train MODEL` starts one." })
}

/** Stopped runs in a folder, or the folder itself where it is one; the newest first. */
function candidates(parent: string): string[] {
  const inside = existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : []
  return [parent, ...inside]
    .flatMap((folder) => {
      const status = statusOf(folder)
      return status && status.status !== "done" ? [{ folder, heartbeat: status.heartbeat }] : []
    })
    .sort((a, b) => b.heartbeat.localeCompare(a.heartbeat))
    .map(({ folder }) => folder)
}

function statusOf(folder: string): Status | undefined {
  if (!existsSync(join(folder, "config.json"))) return undefined
  try {
    return readStatus(folder)
  } catch {
    return undefined // a torn folder is not one to choose without being named
  }
}

function isFree(folder: string): boolean {
  try {
    lockRun(folder).release()
    return true
  } catch {
    return false
  }
}

/** Whether a run came to its end, report included. */
export const isDone = (folder: string): boolean => statusOf(folder)?.status === "done"

/** The configuration to go on with; with more steps or on another device it is written down first. Throws EidosError("usage"). */
export function resumedConfig(
  folder: string,
  model: string | undefined,
  { steps, device, dryRun }: TrainFlags,
): RunConfig {
  const config = readRunConfig(folder)
  if (model !== undefined && model !== config.model)
    throw new EidosError("usage", otherModel(folder, config.model, model), { hint: "Leave the model out." })
  const longer = steps === undefined || steps === config.training.steps ? config : extended(config, steps)
  const resumed = device === undefined ? longer : moved(longer, device)
  if (!dryRun && resumed !== config) writeJson(join(folder, "config.json"), resumed)
  return resumed
}

function moved(config: RunConfig, name: string): RunConfig {
  const device = resolveDevice(name, config.training.accumulate)
  return device === config.device ? config : { ...config, device }
}

function extended(config: RunConfig, steps: number): RunConfig {
  const { training } = config
  const hint = "Leave --steps out, or start another run without --resume."
  const { schedule } = training
  if (schedule.name === "linear" || schedule.name === "cosine")
    throw new EidosError("usage", fallingRate(schedule.name), { hint })
  if (training.minutes !== undefined) throw new EidosError("usage", timedRun, { hint })
  if (steps < training.steps) throw new EidosError("usage", alreadyLonger(steps, training.steps), { hint })
  return {
    ...config,
    training: { ...training, steps, schedule: schedule.name === "step" ? schedule : { ...schedule, steps } },
  }
}
