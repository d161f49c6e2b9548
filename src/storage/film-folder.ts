import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { NdArray } from "../core/array.ts"
import { cleanLeftovers, writeFileAtomic } from "./atomic.ts"
import { type Files, nodeFiles } from "./files.ts"
import { reading } from "./reading.ts"
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts"
import { explainWrite } from "./write-errors.ts"

/** The folder that holds the weights of a run's film, one file a moment. */
const filmOf = (runFolder: string): string => join(runFolder, "film")
const framePath = (runFolder: string, step: number): string =>
  join(filmOf(runFolder), `step-${String(step).padStart(7, "0")}.safetensors`)

/** Keeps the weights of a step for the film; written again they take the place of the old ones. */
export function saveFrame(
  runFolder: string,
  step: number,
  parameters: ReadonlyMap<string, NdArray>,
  files: Files = nodeFiles,
): void {
  try {
    files.makeFolder(filmOf(runFolder))
  } catch (error) {
    throw explainWrite(filmOf(runFolder), error)
  }
  writeFileAtomic(framePath(runFolder, step), encodeSafetensors(parameters, { step: String(step) }), files)
}

/** Steps of which weights were kept, ascending; none where no film was made. */
export function frameSteps(runFolder: string): number[] {
  const folder = filmOf(runFolder)
  const entries = existsSync(folder) ? reading(folder, () => readdirSync(folder)) : []
  return entries
    .flatMap((entry) => {
      const digits = /^step-(\d{7,15})\.safetensors$/.exec(entry)?.[1]
      return digits === undefined ? [] : [Number(digits)]
    })
    .sort((a, b) => a - b)
}

/** The weights kept at a step. Throws EidosError("model-file"). */
export function loadFrame(runFolder: string, step: number): Map<string, NdArray> {
  const path = framePath(runFolder, step)
  return decodeSafetensors(
    reading(path, () => readFileSync(path)),
    path,
  ).tensors
}

/** Takes back what was kept after a step: a run that goes on from there keeps it anew. Only for the holder of the run's lock. */
export function dropFramesAfter(runFolder: string, step: number): void {
  cleanLeftovers(filmOf(runFolder))
  for (const later of frameSteps(runFolder)) if (later > step) rmSync(framePath(runFolder, later), { force: true })
}
