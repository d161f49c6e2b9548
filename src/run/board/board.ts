/** A scoreboard: every model trained within one budget on the same data, measured on the same test split. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { EidosError } from "../../core/errors.ts"
import type { EvaluationData } from "../../evaluate/evaluator.ts"
import type { Versions } from "../../storage/environment.ts"
import { lockRun } from "../../storage/lock.ts"
import { readStatus, writeStatus } from "../../storage/status.ts"
import { finishRun } from "../finish.ts"
import { openRun, readRunConfig } from "../open.ts"
import { createRun, noteFailure, type RunEvent, trainRun } from "../train-run.ts"
import { endOf, measuredRow, readRow, type StoredRow, storeRow } from "./measure.ts"
import { ordered } from "./order.ts"
import { baselineModels, commandOf, type Entry, type PlanOptions } from "./plan.ts"
import { type BoardRow, baselineRows, type Receipt } from "./row.ts"

/** How a line comes about. */
export type How = "trains" | "goes on" | "is known"

/** Who is told while a board is made. */
export interface BoardListener {
  begins(entry: Entry, how: How, index: number): void
  training(entry: Entry, event: RunEvent): void
  evaluating(entry: Entry, what: string, done: number): void
  row(row: BoardRow): void
}

/** A model that was asked for by name and cannot be trained on these data: a line with its error. */
export interface Refused {
  readonly model: string
  readonly error: EidosError
}

export interface BoardOptions extends PlanOptions {
  readonly entries: readonly (Entry | Refused)[]
  readonly versions: Versions
  readonly secrets?: readonly string[]
  readonly signal?: AbortSignal
  readonly listener: BoardListener
}

/** A board, finished or as far as a signal let it come. */
export interface Board {
  readonly schemaVersion: 1
  readonly split: "test"
  /** Test data that every figure is a mean over. */
  readonly n: number
  readonly data: { readonly name: string; readonly digest: string; readonly source: string }
  readonly budgetSeconds: number
  readonly seed: number
  /** Whether every model that was asked for has its line. */
  readonly complete: boolean
  readonly rows: readonly BoardRow[]
}

/** Makes every line that the folder does not know yet; a model that fails is a line with its error, a signal ends the board early. */
export async function runBoard(options: BoardOptions): Promise<Board> {
  const { entries, signal, listener } = options
  const measured: StoredRow[] = []
  const failed: BoardRow[] = []
  for (const [index, entry] of entries.entries()) {
    const line = await lineOf(entry, index, options)
    if (line === undefined || signal?.aborted) break
    if ("trivial" in line) measured.push(line)
    else failed.push(line)
    listener.row("trivial" in line ? line.row : line)
  }
  const rows = ordered([...trivialRows(measured, options), ...measured.map(({ row }) => row), ...failed])
  const { dataset, budgetSeconds, shared } = options
  const { name, digest, source } = dataset
  return {
    ...{ schemaVersion: 1, split: "test", n: dataset.splits.test.count, data: { name, digest, source } },
    ...{ budgetSeconds, seed: shared.seed ?? 0, complete: measured.length + failed.length === entries.length, rows },
  }
}

/** A model's line, that of its failure, or nothing where a signal came first. */
async function lineOf(
  entry: Entry | Refused,
  index: number,
  options: BoardOptions,
): Promise<StoredRow | BoardRow | undefined> {
  if (options.signal?.aborted) return undefined
  if ("error" in entry) return failure(entry.model, entry.error, options)
  try {
    return await made(entry, index, options)
  } catch (error) {
    return options.signal?.aborted
      ? undefined
      : { ...failure(entry.model, error, options), ...receiptOf(entry, options) }
  }
}

/** The line of a run: as it is known, or after the run was brought to its end. */
async function made(entry: Entry, index: number, options: BoardOptions): Promise<StoredRow> {
  const { folder: board, dataset, listener } = options
  const folder = join(board, entry.run)
  const how = standing(folder, entry)
  listener.begins(entry, how, index)
  const known = how === "is known" ? readRow(board, entry) : undefined
  if (known) return known
  if (how !== "is known") await broughtToItsEnd(folder, entry, how, options)
  const receipt = { ...receiptOf(entry, options, endOf(folder).steps), ...endOf(folder) }
  const stored = await measuredRow(board, entry, dataset, receipt)
  options.signal?.throwIfAborted()
  storeRow(board, entry, stored)
  return stored
}

/** Whether a run is done, can go on, or must be begun, by what its folder holds. */
function standing(folder: string, entry: Entry): How {
  if (!existsSync(join(folder, "config.json"))) return "trains"
  try {
    if (readRunConfig(folder).data.digest !== entry.config.data.digest) return "trains"
    const { status } = readStatus(folder)
    if (status === "done" && existsSync(join(folder, "estimates.json"))) return "is known"
    return status === "failed" ? "trains" : "goes on"
  } catch {
    return "trains" // a folder that a kill left half made
  }
}

async function broughtToItsEnd(folder: string, entry: Entry, how: How, options: BoardOptions): Promise<void> {
  const { dataset, signal, listener, versions, secrets = [] } = options
  const { config } = entry
  const work = { folder, config, dataset, ...(signal && { signal }) }
  const { argv } = commandOf(entry)
  if (how === "trains") createRun({ ...work, force: true, argv, secrets, versions })
  for await (const event of trainRun(work)) listener.training(entry, event)
  signal?.throwIfAborted()
  await evaluated(folder, entry, options)
}

async function evaluated(folder: string, entry: Entry, { dataset, signal, listener }: BoardOptions): Promise<void> {
  const lock = lockRun(folder)
  const { steps: step, seconds } = endOf(folder)
  try {
    const onProgress = (what: string, done: number) => listener.evaluating(entry, what, done)
    await finishRun({ run: openRun(folder), dataset, seconds, onProgress, ...(signal && { signal }) })
  } catch (error) {
    if (!signal?.aborted) noteFailure(folder, error)
    else writeStatus(folder, { status: "interrupted", pid: process.pid, heartbeat: new Date().toISOString(), step })
    throw error
  } finally {
    lock.release()
  }
}

function receiptOf(entry: Entry, { dataset, eidos }: BoardOptions, steps?: number): Receipt {
  const { argv, repeats } = commandOf(entry, steps === undefined ? undefined : { steps })
  const { config, digest, run } = entry
  const command = argv.map(shellWord).join(" ")
  return { config, digest, seed: config.training.seed, dataDigest: dataset.digest, eidos, command, repeats, run }
}

function failure(model: string, error: unknown, { dataset, eidos, shared }: BoardOptions): BoardRow {
  const { code, message, hint } =
    error instanceof EidosError ? error : { code: "failed", message: (error as Error).message, hint: "" }
  return {
    ...{ model, title: model, isBaseline: baselineModels.includes(model), preprocessing: "", estimates: [] },
    ...{ seed: shared.seed ?? 0, dataDigest: dataset.digest, eidos, repeats: "bit for bit" },
    command: ["eidos", "train", model, "--data", shared.data].map(shellWord).join(" "),
    error: { code, message, hint },
  }
}

/** The lines of trivial models, as the runs were measured beside them. */
function trivialRows(measured: readonly StoredRow[], { dataset, shared, eidos }: BoardOptions): BoardRow[] {
  const withDensity = measured.filter(({ row }) => row.figure) // others were measured beside other things
  const seen = withDensity.map(({ row, trivial }) => ({
    preprocessing: row.preprocessing,
    data: { dataset, split: "test" as const, preprocessing: row.config!.preprocessing },
    estimates: trivial,
  }))
  const { data, limit, seed = 0 } = shared
  const receipt = ({ preprocessing: { binarize } }: EvaluationData) => {
    const how = binarize === "none" ? [] : ["--binarize", binarize]
    const part = limit === undefined ? [] : ["--limit", String(limit), "--seed", String(seed)]
    return { seed, eidos, command: ["eidos", "data", data, ...how, ...part].map(shellWord).join(" ") }
  }
  const names = measured.map(({ row }) => row.model)
  return baselineRows(seen, names, dataset, receipt)
}

/** A word as a shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w./~+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
