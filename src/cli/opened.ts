/** A run as the commands that look into it open it. */
import type { Dataset } from "../data/dataset.ts"
import { runStateSchema } from "../run/config.ts"
import { dataOfRun, type OpenRun, openRun } from "../run/open.ts"
import { loadCheckpoint } from "../storage/checkpoint.ts"
import type { Context } from "./command.ts"
import { type PlaceFlags, placesOf } from "./environment.ts"

export interface RunFlags extends PlaceFlags {
  readonly checkpoint?: "best" | "last" | number
}

/** The run the command names, with the weights it asks for; what had to be passed over is said. */
export function openedRun({ argument, flags, output }: Context<RunFlags>): OpenRun {
  const run = openRun(argument, flags.checkpoint)
  for (const warning of run.warnings) output.warn(warning)
  output.detail(`${run.folder}: weights of step ${run.step}`)
  return run
}

/** The data a run was trained on. */
export async function dataOf(
  { flags, io, output }: Context<RunFlags>,
  run: OpenRun,
  signal?: AbortSignal,
): Promise<Dataset> {
  output.note(`Reading ${run.config.data.name} …`)
  const dataset = await dataOfRun(run, placesOf(flags, io.env, run.config.data.dataDir, signal))
  output.detail(dataset.source)
  return dataset
}

/** The shape of a run's data without an image in it: enough for pictures that come from the model alone. */
export function noData({ config }: OpenRun): Dataset {
  const nothing = { count: 0, pixels: new Uint8Array() }
  const splits = { train: nothing, validation: nothing, test: nothing }
  const { name, digest, source } = config.data
  return { name, event: config.event, levels: 256, classes: [], splits, digest, source }
}

/** Steps taken and time spent by a run so far. */
export function lengthOf(folder: string): { steps: number; seconds: number } {
  const { step, state } = loadCheckpoint(folder, "last")
  return { steps: step, seconds: runStateSchema.parse(state).seconds }
}
