import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { EidosError } from "../core/errors.ts"
import { standsInFor } from "./atomic.ts"
import type { Files } from "./files.ts"
import { readJson, writeJson } from "./json.ts"
import { reading } from "./reading.ts"

/** The folder that holds a run's checkpoints. */
export const checkpointsOf = (runFolder: string): string => join(runFolder, "checkpoints")

/** `step-0000500`: padded, so that names sort as steps do up to ten million. */
const folderName = (step: number): string => `step-${String(step).padStart(7, "0")}`

/** Where the checkpoint of a step is; while it is being replaced, where the old one stepped aside. */
export function checkpointFolder(runFolder: string, step: number): string {
  const folder = join(checkpointsOf(runFolder), folderName(step))
  if (existsSync(folder)) return folder
  const aside = entriesOf(runFolder).find((entry) => standsInFor(entry) === folderName(step))
  return aside === undefined ? folder : join(checkpointsOf(runFolder), aside)
}

/** Steps of which there is a checkpoint, ascending; whether each is intact, only loading tells. */
export function listCheckpoints(runFolder: string): number[] {
  const steps = entriesOf(runFolder).flatMap((entry) => stepOf(standsInFor(entry) ?? entry))
  return [...new Set(steps)].sort((a, b) => a - b)
}

function stepOf(name: string): number[] {
  const digits = /^step-(\d{7,15})$/.exec(name)?.[1]
  return digits !== undefined && folderName(Number(digits)) === name ? [Number(digits)] : []
}

function entriesOf(runFolder: string): string[] {
  const parent = checkpointsOf(runFolder)
  return existsSync(parent) ? reading(parent, () => readdirSync(parent)) : []
}

// Step and folder say the same thing twice: no flipped bit turns one pointer into another.
const pointerSchema = z
  .strictObject({ schemaVersion: z.literal(1), step: z.int().min(0), folder: z.string() })
  .refine(({ step, folder }) => folder === folderName(step), { error: "step and folder disagree" })

/** Names the checkpoint of a step as the last or the best. */
export function writePointer(runFolder: string, which: "last" | "best", step: number, files: Files): void {
  writeJson(pointerPath(runFolder, which), { schemaVersion: 1, step, folder: folderName(step) }, files)
}

/** The step a pointer file names, nothing when there is no such file, or what is wrong with it. */
export function readPointer(runFolder: string, which: "last" | "best"): number | EidosError | undefined {
  const path = pointerPath(runFolder, which)
  if (!existsSync(path)) return undefined
  try {
    return readJson(path, pointerSchema).step
  } catch (error) {
    if (error instanceof EidosError) return error
    throw error
  }
}

const pointerPath = (runFolder: string, which: "last" | "best"): string =>
  join(checkpointsOf(runFolder), `${which}.json`)
