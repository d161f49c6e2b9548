import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { EidosError } from "../core/errors.ts"
import { nodeFiles } from "./files.ts"
import { lockNumber, lockRun } from "./lock.ts"
import { explainWrite } from "./write-errors.ts"

/**
 * Makes the folder of a new run. One that holds anything is refused with EidosError("exists"); `force` clears what an
 * earlier run wrote there, and only that.
 */
export function createRunFolder(path: string, { force = false }: { readonly force?: boolean } = {}): void {
  const entries = entriesOf(path)
  if (entries.length > 0 && !force) throw new EidosError("exists", folderInUse(path), { hint: resumeOrMove })
  if (entries.length > 0 && !entries.some(isRunMark)) throw new EidosError("exists", notARun(path), { hint: move })
  try {
    mkdirSync(path, { recursive: true })
    nodeFiles.syncFolder(dirname(path))
  } catch (error) {
    throw explainWrite(path, error)
  }
  if (entries.length > 0) clear(path)
}

/** `vae-20260131-235959-k3f9`: a name that sorts by time (UTC) and does not collide within a second. */
export function runName(model: string, date: Date, id: string): string {
  const name = model
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[.-]+|[.-]+$/g, "")
  const [day, time] = date.toISOString().split("T")
  return `${name || "run"}-${day!.replaceAll("-", "")}-${time!.slice(0, 8).replaceAll(":", "")}-${id}`
}

function entriesOf(path: string): string[] {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) throw new EidosError("exists", notAFolder(path), { hint: move })
  return readdirSync(path)
}

/** What only a run leaves behind; without it a folder that happens to hold a config.json is never cleared. */
const isRunMark = (entry: string): boolean => entry === "status.json" || lockNumber(entry) > 0

const written = new Set([
  ...["config.json", "env.json", "status.json", "metrics.jsonl", "log.jsonl", "model.onnx"],
  ...["report.html", "estimates.json"],
  ...["checkpoints", "samples", "recon", "plots", "export", "film"],
])

const isWritten = (entry: string): boolean => written.has(entry) || entry.startsWith("events.out.tfevents.")

function clear(path: string): void {
  const lock = lockRun(path) // a run that is still going is not cleared away under its feet
  for (const entry of readdirSync(path).filter(isWritten)) rmSync(join(path, entry), { recursive: true, force: true })
  lock.release()
}

export const folderInUse = (path: string): string => `${path}: this folder already holds files.`

export const notARun = (path: string): string => `${path}: this folder holds files that no run of eidos wrote.`

export const notAFolder = (path: string): string => `${path}: this is a file, and a run needs a folder.`

const resumeOrMove = "Continue the run with --resume, choose another --out, or clear it with --force."
const move = "Choose another --out."
