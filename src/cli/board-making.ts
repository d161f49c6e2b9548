/** `board` from its flags to its files. */
import { existsSync, mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { EidosError } from "../core/errors.ts"
import { loadDataset } from "../data/load.ts"
import { findModel } from "../models/index.ts"
import { type Board, type BoardListener, type Refused, runBoard, shellWord } from "../run/board/board.ts"
import { cellsOf, groupsOf } from "../run/board/order.ts"
import { baselinesFirst, type Entry, entryOf, type PlanOptions, planAll } from "../run/board/plan.ts"
import { boardColumns, boardFootnotes, boardLede, boardTitle, lineOf, writeBoard } from "../run/board/write.ts"
import { defined } from "../run/request.ts"
import { explainWrite } from "../storage/write-errors.ts"
import type { BoardFlags } from "./board-flags.ts"
import type { Context } from "./command.ts"
import { placesOf, secretsOf } from "./environment.ts"
import { aligned, plainTable } from "./estimates-table.ts"
import type { Output } from "./output.ts"
import { duration, openProgress, type Progress } from "./progress.ts"
import { Interrupted } from "./signals.ts"
import { trainingProgress } from "./training-progress.ts"
import { versionsOf } from "./versions.ts"

interface Target {
  readonly data: string
  readonly folder: string
  readonly signal: AbortSignal
}

/** Makes a board in its folder; a signal leaves the lines that are done, and the next call goes on. */
export async function makeBoard(context: Context<BoardFlags>, { data, folder, signal }: Target): Promise<void> {
  const { flags, io, output, argv } = context
  for (const model of flags.models ?? []) findModel(model) // a misspelt one is said before anything is read
  prepare(folder)
  output.note(`Reading ${data} …`)
  const { seed, limit, threads, budget = 300, k } = flags
  const { signal: _, ...places } = placesOf(flags, io.env, undefined, signal)
  const dataset = await loadDataset(defined({ ...places, data, seed, limit, signal }))
  const versions = await versionsOf()
  const shared = defined({ ...places, data, seed, limit, threads })
  const plan: PlanOptions = {
    folder,
    dataset,
    shared,
    budgetSeconds: budget,
    eidos: versions.eidos,
    ...(k !== undefined && { k }),
  }
  const entries = flags.models ? named(flags.models, plan) : all(plan, output)
  const listener = listening(context, entries.length)
  const board = await runBoard({ ...plan, entries, versions, secrets: secretsOf(io.env), signal, listener }).finally(
    () => listener.stop(),
  )
  const files = writeBoard(folder, board)
  if (!board.complete) throw stopped(board, folder, argv, signal)
  output.result({ ...board, files }, `${boardText(board, output)}\n\n${Object.values(files).join("\n")}`)
  if (board.rows.every(({ error, isBaseline }) => error || isBaseline) && board.rows.some(({ error }) => error))
    context.fail()
}

export const notABoard = (folder: string): string => `${folder}: this folder holds files that are no board's.`

/** A board's folder is empty, or one that a board has marked. */
function prepare(folder: string): void {
  const entries = existsSync(folder) ? readdirSync(folder) : []
  if (entries.length > 0 && !entries.some((entry) => entry === "board.json" || entry === "runs"))
    throw new EidosError("exists", notABoard(folder), { hint: "Choose another --out." })
  try {
    mkdirSync(join(folder, "runs"), { recursive: true })
    mkdirSync(join(folder, "rows"), { recursive: true })
  } catch (error) {
    throw explainWrite(folder, error)
  }
}

/** Models asked for by name: one that does not fit the data is a line with its error. */
const named = (models: readonly string[], plan: PlanOptions): (Entry | Refused)[] =>
  baselinesFirst([...new Set(models)]).map((model) => {
    try {
      return entryOf(model, plan)
    } catch (error) {
      if (error instanceof EidosError) return { model, error }
      throw error
    }
  })

function all(plan: PlanOptions, output: Output): Entry[] {
  const { entries, left } = planAll(plan)
  for (const { model, reason } of left) output.note(`${model} is left out: ${reason}`)
  return entries
}

/** Shows a board as it comes: a progress line a model, and its figure when it is there. */
function listening({ io, output }: Context<BoardFlags>, count: number): BoardListener & { stop(): void } {
  let progress: Progress | undefined
  let show: ReturnType<typeof trainingProgress> | undefined
  const stop = () => progress?.stop()
  return {
    stop,
    begins({ model, config }, how, index) {
      stop()
      output.note(`${index + 1}/${count}  ${model} ${how === "is known" ? "is known from an earlier board" : how}`)
      progress = openProgress(io, output, model)
      show = trainingProgress(config, progress, output)
    },
    training: (_, event) => show?.(event),
    evaluating: (_, what, done) => progress?.update(done, [what]),
    row(row) {
      stop()
      const { figure, kind, note } = cellsOf(row)
      const warning = row.figure && row.doNotRank !== undefined ? "; do not rank" : ""
      output.note(row.error ? `     ${row.model}: ${note}` : `     ${figure} (${kind})${warning}`)
    },
  }
}

function stopped(board: Board, folder: string, argv: readonly string[], signal: AbortSignal): Interrupted {
  const { signal: name } = signal.reason as Interrupted // the only reason `interruptible` gives
  const done = board.rows.filter(({ run }) => run !== undefined).length
  const words = `Stopped by ${name}; ${done} ${done === 1 ? "line is" : "lines are"} in ${join(folder, "board.json")}.`
  return new Interrupted(name, words, `Go on with: eidos ${argv.map(shellWord).join(" ")}`)
}

/** The board as text: one block a group, notes below the table. */
export function boardText(board: Board, { paint }: Output): string {
  const groups = groupsOf(board.rows)
  const table = plainTable(boardColumns.map(({ title }) => title).map(paint.bold))
  for (const row of groups.flatMap(({ rows }) => rows))
    table.push(row.isBaseline ? lineOf(row).map(paint.dim) : lineOf(row))
  const [head, ...lines] = aligned(table).split("\n") // one line a row
  const blocks = groups.flatMap(({ heading, rows }) => ["", paint.dim(heading), ...lines.splice(0, rows.length)])
  const notes = board.rows.flatMap((row) => (cellsOf(row).note ? [`${row.model}: ${cellsOf(row).note}`] : []))
  const seconds = board.rows.reduce((total, row) => total + (row.seconds ?? 0), 0)
  const foot = [...boardFootnotes.slice(0, 2).map(paint.dim), `Training took ${duration(seconds)} in all.`]
  const parts = [[paint.bold(boardTitle(board)), boardLede(board)], [head, ...blocks], notes, foot]
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join("\n"))
    .join("\n\n")
}
