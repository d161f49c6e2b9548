import { existsSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { cleanLeftovers, removeFolderAtomic, writeFolderAtomic } from "./atomic.ts"
import { checkpointFolder, checkpointsOf, listCheckpoints, readPointer, writePointer } from "./checkpoint-folders.ts"
import { type Files, nodeFiles } from "./files.ts"
import { checkJson, decodeNumber, jsonText } from "./json-text.ts"
import { readVerified } from "./manifest.ts"
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts"
import { explainWrite } from "./write-errors.ts"

/** All a run needs to go on from a step. */
export interface Checkpoint {
  readonly step: number
  readonly model: ReadonlyMap<string, NdArray>
  readonly optimizer: ReadonlyMap<string, NdArray>
  /** Averaged parameters, for runs that keep them. */
  readonly ema?: ReadonlyMap<string, NdArray>
  /** Whatever else the trainer needs, as JSON; NaN and infinities survive. */
  readonly state: object
}

/** A checkpoint as it was found, and those that had to be passed over to find it. */
export interface LoadedCheckpoint extends Checkpoint {
  readonly folder: string
  readonly skipped: readonly Skipped[]
}

export interface Skipped {
  readonly path: string
  readonly reason: string
}

export interface SaveOptions {
  /** How many of the newest checkpoints stay; the last and the best always do. */
  readonly keepLast?: number
  /** Whether this is the best checkpoint so far. */
  readonly best?: boolean
  readonly files?: Files
}

/**
 * Writes a checkpoint beside the older ones and returns its folder. Whenever the process or the power dies, the newest
 * complete checkpoint loads. Throws EidosError("diverged") rather than write NaN or an infinity as a weight.
 */
export function saveCheckpoint(runFolder: string, checkpoint: Checkpoint, options: SaveOptions = {}): string {
  const { keepLast = 2, best = false, files = nodeFiles } = options
  if (!Number.isInteger(keepLast) || keepLast < 1) throw new EidosError("config", badKeepLast(keepLast))
  const contents = encode(checkpoint)
  prepare(runFolder, files)
  const folder = checkpointFolder(runFolder, checkpoint.step)
  writeFolderAtomic(folder, contents, files)
  writePointer(runFolder, "last", checkpoint.step, files)
  if (best) writePointer(runFolder, "best", checkpoint.step, files)
  prune(runFolder, checkpoint.step, keepLast, files)
  return folder
}

function encode({ step, model, optimizer, ema, state }: Checkpoint): Map<string, Uint8Array | string> {
  const tensors = Object.entries({ model, ...(ema && { ema }), optimizer })
  for (const [part, map] of tensors) checkFinite(part, map)
  const metadata = { format: "eidos", step: String(step) }
  return new Map<string, Uint8Array | string>([
    ...tensors.map(([part, map]) => [`${part}.safetensors`, encodeSafetensors(map, metadata)] as const),
    ["state.json", jsonText({ schemaVersion: 1, step, state })],
  ])
}

function checkFinite(part: string, tensors: ReadonlyMap<string, NdArray>): void {
  for (const [name, { data }] of tensors) {
    const bad = data.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) throw new EidosError("diverged", notFinite(part, name, data[bad]!), { hint: lowerRate })
  }
}

function prepare(runFolder: string, files: Files): void {
  const parent = checkpointsOf(runFolder)
  try {
    cleanLeftovers(parent, files)
    if (existsSync(parent)) return
    files.makeFolder(parent)
    files.syncFolder(runFolder)
  } catch (error) {
    throw explainWrite(parent, error)
  }
}

/** Steps after `step` go too: the run was taken back, so they belong to a future it no longer has. */
function prune(runFolder: string, step: number, keepLast: number, files: Files): void {
  const pointers = (["last", "best"] as const).map((name) => readPointer(runFolder, name))
  if (pointers.some((pointer) => pointer instanceof EidosError)) return // one we cannot read may point at any
  const steps = listCheckpoints(runFolder)
  const keep = new Set<unknown>([...steps.filter((other) => other <= step).slice(-keepLast), ...pointers])
  for (const other of steps) if (!keep.has(other)) removeFolderAtomic(checkpointFolder(runFolder, other), files)
}

/**
 * A checkpoint whose every byte is as it was written. `"last"` falls back to the newest that is, and says what it passed
 * over. Reads only, so it may run beside a training process. Throws EidosError("model-file") when there is none.
 */
export function loadCheckpoint(runFolder: string, which: "last" | "best" | number): LoadedCheckpoint {
  if (typeof which === "number") return { ...readCheckpoint(runFolder, which), skipped: [] }
  const step = readPointer(runFolder, which)
  if (which === "last") return newestValid(runFolder, step)
  if (step instanceof EidosError) throw step
  if (step === undefined) throw new EidosError("model-file", noBest(runFolder), { hint: useLast })
  return { ...readCheckpoint(runFolder, step), skipped: [] }
}

function newestValid(runFolder: string, last: number | EidosError | undefined): LoadedCheckpoint {
  const skipped: Skipped[] = []
  if (last instanceof EidosError) skipped.push({ path: checkpointsOf(runFolder), reason: last.message })
  const newestFirst = listCheckpoints(runFolder).reverse()
  const steps = typeof last === "number" ? [last, ...newestFirst.filter((step) => step !== last)] : newestFirst
  for (const step of steps) {
    try {
      return { ...readCheckpoint(runFolder, step), skipped }
    } catch (error) {
      if (!(error instanceof EidosError)) throw error
      skipped.push({ path: checkpointFolder(runFolder, step), reason: error.message })
    }
  }
  throw new EidosError("model-file", noCheckpoint(runFolder, skipped), { hint: startAgain })
}

const stateSchema = z.strictObject({ schemaVersion: z.literal(1), step: z.int().min(0), state: z.looseObject({}) })

function readCheckpoint(runFolder: string, step: number): Omit<LoadedCheckpoint, "skipped"> {
  const folder = checkpointFolder(runFolder, step)
  const contents = readVerified(folder)
  const content = (name: string): Uint8Array => {
    const bytes = contents.get(name)
    if (bytes === undefined) throw new EidosError("model-file", partMissing(folder, name))
    return bytes
  }
  const tensors = (part: string) => {
    const name = `${part}.safetensors`
    return decodeSafetensors(content(name), join(folder, name)).tensors
  }
  const text = new TextDecoder().decode(content("state.json"))
  const written = checkJson(text, stateSchema, join(folder, "state.json"), decodeNumber)
  if (written.step !== step) throw new EidosError("model-file", otherStep(folder, written.step))
  const ema = contents.has("ema.safetensors") ? { ema: tensors("ema") } : {}
  return { step, folder, model: tensors("model"), optimizer: tensors("optimizer"), ...ema, state: written.state }
}

export const badKeepLast = (keepLast: number): string =>
  `checkpoint: keepLast is ${keepLast}; at least 1 checkpoint must stay.`

export const notFinite = (part: string, name: string, value: number): string =>
  `checkpoint: ${part} tensor ${name} holds ${value}, so it was not saved.`

export const noBest = (runFolder: string): string => `${runFolder}: no checkpoint was marked as the best.`

export const noCheckpoint = (runFolder: string, skipped: readonly Skipped[]): string =>
  skipped.length === 0
    ? `${runFolder}: there is no checkpoint.`
    : `${runFolder}: no checkpoint can be loaded. ${skipped.map(({ reason }) => reason).join(" ")}`

export const partMissing = (folder: string, name: string): string => `${folder}: the checkpoint has no ${name}.`

export const otherStep = (folder: string, step: number): string =>
  `${folder}: the checkpoint inside is of step ${step}; the folder was renamed or copied.`

const useLast = "Use the last checkpoint instead."
const lowerRate = "Resume from the checkpoint before, with a lower --lr or with gradient clipping."
const startAgain = "Start the run again, or copy an intact checkpoints folder back."
