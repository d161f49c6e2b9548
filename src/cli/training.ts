/** `train` from a request, or a folder, to a finished run. */
import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { EidosError } from "../core/errors.ts"
import type { Estimate } from "../core/estimate.ts"
import type { Dataset } from "../data/dataset.ts"
import { describePreprocessing } from "../data/preprocess.ts"
import { configure, type ModelDefinition } from "../model/define.ts"
import type { RunConfig } from "../run/config.ts"
import { resolveDevice } from "../run/device-request.ts"
import { finishRun } from "../run/finish.ts"
import { buildModel, dataOfRun, openRun, readRunConfig } from "../run/open.ts"
import { dataName, findPreset, requestedData, resolveRun, twoLengths } from "../run/request.ts"
import { createRun, noteFailure, type TrainingEnd, trainRun } from "../run/train-run.ts"
import { checkpointFolder, listCheckpoints } from "../storage/checkpoint-folders.ts"
import { readJson } from "../storage/json.ts"
import { lockRun } from "../storage/lock.ts"
import { folderInUse } from "../storage/run-folder.ts"
import { writeStatus } from "../storage/status.ts"
import type { Context } from "./command.ts"
import { placesOf, secretsOf } from "./environment.ts"
import { baselinesFirst, estimatesTable } from "./estimates-table.ts"
import { lengthOf } from "./opened.ts"
import type { Output } from "./output.ts"
import { duration, openProgress } from "./progress.ts"
import { refuseMissing } from "./provider-checks.ts"
import { folderToResume, isDone, otherDevice, refuseChanges, resumedConfig } from "./resume.ts"
import type { FileSettings } from "./settings.ts"
import { Interrupted, interruptible } from "./signals.ts"
import type { TrainFlags } from "./train-flags.ts"
import { requestOf } from "./train-request.ts"
import { trainingProgress } from "./training-progress.ts"
import { versionsOf } from "./versions.ts"

type TrainContext = Context<TrainFlags>

/** Starts a new run in `folder` and brings it to its end. */
export function startRun(
  context: TrainContext,
  definition: ModelDefinition<any, any>,
  file: FileSettings,
  folder: string,
): Promise<void> {
  const { flags, io, output, argv } = context
  const request = requestOf(definition, flags, file, io.env)
  return interruptible(io, async (signal) => {
    if (request.steps !== undefined && request.epochs !== undefined) throw new EidosError("usage", twoLengths)
    configure(definition, { ...findPreset(definition.name, request.preset).config, ...request.config })
    if (!flags.force && !flags.dryRun) refuseInUse(folder)
    if (!flags.dryRun) await refuseMissing(resolveDevice(request.device, request.accumulate))
    output.note(`Reading ${dataName(request)} …`)
    const dataset = await requestedData(request, signal)
    const config = resolveRun(request, dataset)
    checkBeforehand(config, dataset)
    if (flags.dryRun) return output.result(config, JSON.stringify(config, undefined, 2))
    signal.throwIfAborted()
    const versions = await versionsOf()
    const owner = { argv: ["eidos", ...argv], secrets: secretsOf(io.env), versions }
    createRun({ folder, config, dataset, force: flags.force ?? false, ...owner })
    await finish(context, { folder, config, dataset, signal })
  })
}

/** Goes on with a stopped run and brings it to its end. */
export async function resumeRun(context: TrainContext): Promise<void> {
  const { flags, given, io, output, argument } = context
  refuseChanges(given, flags)
  const folder = folderToResume(flags)
  const wasDone = isDone(folder)
  const before = readRunConfig(folder).device
  const isOver = wasDone && flags.steps === undefined // no step is left for another device
  if (!isOver && !flags.dryRun) await refuseMissing(resolveDevice(flags.device ?? before))
  const config = resumedConfig(folder, argument || undefined, { ...flags, dryRun: flags.dryRun || isOver })
  if (flags.dryRun) return output.result(config, JSON.stringify(config, undefined, 2))
  if (isOver) return showDone(folder, output)
  if (config.device !== before) output.note(otherDevice(before, config.device))
  return interruptible(io, async (signal) => {
    output.note(`Going on with ${folder}: reading ${config.data.name} …`)
    const dataset = await dataOfRun({ folder, config }, placesOf(flags, io.env, config.data.dataDir, signal))
    await finish(context, { folder, config, dataset, signal })
  })
}

/** Says at once what making the folder would say after the data are read. */
function refuseInUse(folder: string): void {
  if (existsSync(folder) && statSync(folder).isDirectory() && readdirSync(folder).length > 0)
    throw new EidosError("exists", folderInUse(folder), {
      hint: "Continue the run with --resume, choose another --out, or clear it with --force.",
    })
}

/** What would fail only after the folder was made, before it is made. */
function checkBeforehand(config: RunConfig, dataset: Dataset): void {
  buildModel(config)
  describePreprocessing(config.preprocessing, dataset)
}

interface Work {
  readonly folder: string
  readonly config: RunConfig
  readonly dataset: Dataset
  readonly signal: AbortSignal
}

async function finish(context: TrainContext, work: Work): Promise<void> {
  const { output } = context
  const { folder, config } = work
  output.note(`Training ${config.model} on ${config.data.name} in ${folder}`)
  const end = await trained(context, work)
  const estimates = await evaluated(context, work, end)
  showEnd(folder, { steps: end.step, seconds: end.seconds, estimates }, output)
}

async function trained({ io, output }: TrainContext, work: Work): Promise<TrainingEnd> {
  const progress = openProgress(io, output, "train")
  const show = trainingProgress(work.config, progress, output)
  try {
    const events = trainRun(work)
    let next = await events.next()
    for (; !next.done; next = await events.next()) show(next.value)
    if (next.value.interrupted) throw stopped(work, `at step ${next.value.step}`)
    return next.value
  } catch (error) {
    throw withLastGood(error, work.folder)
  } finally {
    progress.stop()
  }
}

/** The final evaluation and the report; a signal here leaves a run that only they are missing from. */
async function evaluated(
  { io, output }: TrainContext,
  work: Work,
  { step, seconds }: TrainingEnd,
): Promise<Estimate[]> {
  const { folder, dataset, signal } = work
  const lock = lockRun(folder)
  const progress = openProgress(io, output, "evaluate")
  try {
    signal.throwIfAborted()
    const run = openRun(folder)
    for (const warning of run.warnings) output.warn(warning)
    const onProgress = (what: string, done: number) => progress.update(done, [what])
    return await finishRun({ run, dataset, seconds, signal, onProgress })
  } catch (error) {
    if (!(error instanceof Interrupted)) noteFailure(folder, error)
    else writeStatus(folder, { status: "interrupted", pid: process.pid, heartbeat: new Date().toISOString(), step })
    throw error instanceof Interrupted ? stopped(work, "after the last step, during the evaluation") : error
  } finally {
    progress.stop()
    lock.release()
  }
}

const stopped = ({ folder, signal }: Work, when: string): Interrupted => {
  const { signal: name } = signal.reason as Interrupted // the only reason `interruptible` gives
  return new Interrupted(name, `Stopped by ${name} ${when}; everything is saved.`, `Go on with: ${resumeLine(folder)}`)
}

const resumeLine = (folder: string): string => `eidos train --resume ${quoted(folder)}`

/** A path as a shell takes it. */
const quoted = (path: string): string => (/^[\w./~+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)

/** A divergence with the checkpoint that it left. */
function withLastGood(error: unknown, folder: string): unknown {
  if (!(error instanceof EidosError) || error.code !== "diverged") return error
  const step = listCheckpoints(folder).at(-1)
  const kept = step === undefined ? "" : `The last good weights are in ${checkpointFolder(folder, step)}. `
  return new EidosError("diverged", error.message, { hint: `${kept}${error.hint}`, cause: error })
}

interface Finished {
  readonly steps: number
  readonly seconds: number
  readonly estimates: readonly Estimate[]
}

function showEnd(run: string, { steps, seconds, estimates }: Finished, output: Output): void {
  const report = join(run, "report.html")
  const { paint } = output
  const text = [
    "",
    estimatesTable(estimates, paint, output.columns),
    "",
    `${paint.bold("Run")}     ${run}  (${steps} ${steps === 1 ? "step" : "steps"} in ${duration(seconds)})`,
    `${paint.bold("Report")}  ${report}`,
    ...(output.quiet ? [] : ["", "Try next:", ...nextCommands(run).map((line) => `  ${line}`)]),
  ]
  const numbers = { steps, seconds, estimates: baselinesFirst(estimates) }
  output.result({ schemaVersion: 1, run, report, ...numbers }, text.join("\n"))
}

const nextCommands = (run: string): string[] => {
  const { trained, config } = openRun(run)
  const { sampling, encode, decode, latent } = trained.model
  const hasCode = Boolean(encode && decode)
  const hasImages = config.event.length === 3
  const commands = [
    ...(sampling !== "none" || hasCode ? ["sample"] : []),
    ...(hasCode && hasImages ? [latent === 2 ? "manifold" : "traverse"] : []),
    "export",
  ]
  return commands.map((command) => `eidos ${command} ${quoted(run)}`)
}

const storedEstimates = z.looseObject({ estimates: z.array(z.custom<Estimate>((value) => typeof value === "object")) })

/** A run that is asked to go on though it came to its end. */
function showDone(folder: string, output: Output): void {
  output.note(`${folder} is done already; --steps N trains it longer, \`eidos report\` makes its report again.`)
  const { estimates } = readJson(join(folder, "estimates.json"), storedEstimates)
  showEnd(folder, { ...lengthOf(folder), estimates }, output)
}
