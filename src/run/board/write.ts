/** A scoreboard as files: board.json, board.svg and board.png, board.html. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { decodePng } from "../../picture/image.ts"
import { svgToPng } from "../../picture/raster.ts"
import { type TablePicture, tableSvg } from "../../picture/table.ts"
import { type BoardPage, renderBoard } from "../../report/board.ts"
import { configFacts } from "../../report/facts.ts"
import { writeFileAtomic } from "../../storage/atomic.ts"
import { writeJson } from "../../storage/json.ts"
import type { Board } from "./board.ts"
import { cellsOf, groupsOf } from "./order.ts"
import type { BoardRow } from "./row.ts"

/** Writes the files of a board into its folder and returns where they are. */
export function writeBoard(folder: string, board: Board): { json: string; svg: string; png: string; html: string } {
  const at = (name: string) => join(folder, name)
  const svg = tableSvg(pictureOf(folder, board))
  writeJson(at("board.json"), board)
  writeFileAtomic(at("board.svg"), svg)
  writeFileAtomic(at("board.png"), svgToPng(svg, { scale: 1.5 }))
  writeFileAtomic(at("board.html"), renderBoard(pageOf(folder, board)))
  return { json: at("board.json"), svg: at("board.svg"), png: at("board.png"), html: at("board.html") }
}

/** The columns of a board, the same in every place it is shown. */
export const boardColumns = [
  { title: "Model", align: "left" },
  { title: "Test −log p(x)", align: "right" },
  { title: "Kind", align: "left" },
  { title: "bits/dim", align: "right" },
  { title: "Parameters", align: "right" },
  { title: "s/epoch", align: "right" },
  { title: "Samples/s", align: "right" },
] as const

/** The words of a line under `boardColumns`. */
export function lineOf(row: BoardRow): string[] {
  const { model, figure, kind, bitsPerDim, parameters, secondsPerEpoch, samplesPerSecond } = cellsOf(row)
  return [model, figure, kind, bitsPerDim, parameters, secondsPerEpoch, samplesPerSecond]
}

export const boardTitle = ({ data }: Board): string => `Scoreboard on ${data.name}`

/** What holds for every line. */
export function boardLede({ n, data, budgetSeconds, seed, complete }: Board): string {
  const budget = budgetSeconds % 60 === 0 ? `${budgetSeconds / 60} min` : `${budgetSeconds} s`
  const unfinished = complete ? "" : "; interrupted before the last line"
  return `${n.toLocaleString("en")} test data, digest ${data.digest.slice(0, 12)}; at most ${budget} of training a model, seed ${seed}${unfinished}`
}

/** How to read a board. */
export const boardFootnotes = [
  "Lower is better, within one group: exact figures, upper bounds (≤) and estimates (± one standard error) are never ranked with one another, nor are differently prepared data.",
  "bits/dim: the figure in bits, a dimension. s/epoch: one pass over the training data, or a closed form's whole fit. Samples/s: one draw of 1,000 (100 where it takes many steps), compiling included.",
  "Samples of models with a bound are expected images of codes drawn from the prior; those of Markov chains are where chains stand after the model's own number of steps, for some models as expected images.",
] as const

const stripOf = (folder: string, { strip }: BoardRow): Uint8Array | undefined =>
  strip === undefined ? undefined : readFileSync(join(folder, strip))

function pictureOf(folder: string, board: Board): TablePicture {
  return {
    title: boardTitle(board),
    subtitle: boardLede(board),
    columns: boardColumns,
    stripTitle: "Samples",
    footnotes: boardFootnotes,
    groups: groupsOf(board.rows).map(({ heading, rows }) => ({
      heading,
      rows: rows.map((row) => {
        const [png, note] = [stripOf(folder, row), cellsOf(row).note]
        const strip = png && { png, ...sizeOfPng(png) }
        return { cells: lineOf(row), ...(strip && { strip }), ...(note && { note }) }
      }),
    })),
  }
}

const sizeOfPng = (png: Uint8Array): { width: number; height: number } => {
  const { width, height } = decodePng(png)
  return { width, height }
}

function pageOf(folder: string, board: Board): BoardPage {
  return {
    title: boardTitle(board),
    lede: `${boardLede(board)}. ${board.data.source}`,
    columns: boardColumns.map(({ title }) => title),
    footnotes: boardFootnotes,
    groups: groupsOf(board.rows).map(({ heading, rows }) => ({
      heading,
      rows: rows.map((row) => {
        const png = stripOf(folder, row)
        const { note } = cellsOf(row)
        const { command, repeats } = row
        const strip = png && { png, alt: `Ten samples of ${row.model}` }
        return { cells: lineOf(row), note, command, repeats, receipt: receiptFacts(row), ...(strip && { strip }) }
      }),
    })),
  }
}

function receiptFacts({ config, seed, dataDigest, eidos, steps, seconds, digest, run }: BoardRow): [string, string][] {
  const facts = { eidos, seed, "data digest": dataDigest, steps, seconds: seconds?.toFixed(1), run, digest }
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  const settings = config === undefined ? [] : configFacts({ config: config.config, training: config.training })
  return [
    ...known.map(([label, value]): [string, string] => [label, String(value)]),
    ...settings.map(({ label, value }): [string, string] => [label, value]),
  ]
}
