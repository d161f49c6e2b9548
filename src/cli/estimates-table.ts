import Table from "cli-table3"
import { type Estimate, formatEstimate } from "../core/estimate.ts"
import type { Paint } from "./colour.ts"

const rank = ({ kind }: Estimate): number => (kind === "baseline" ? 0 : 1)

/** Baselines before the model's own numbers, otherwise in their order. */
export const baselinesFirst = (estimates: readonly Estimate[]): Estimate[] =>
  [...estimates].sort((a, b) => rank(a) - rank(b))

export const noEstimates = "No estimates: nothing of this model is measured on these data; look at its samples."

/** Estimates as aligned text, one block a unit, each number with its kind; notes go below where the terminal is narrow. */
export function estimatesTable(estimates: readonly Estimate[], paint: Paint, columns = Infinity): string {
  if (estimates.length === 0) return paint.dim(noEstimates)
  const hasNotes = estimates.some(({ note }) => note)
  const wide = drawn(estimates, paint, hasNotes)
  if (widthOf(wide) <= columns || !hasNotes) return wide
  const notes = estimates.flatMap(({ quantity, note }) => (note ? [paint.dim(`${quantity}: ${note}`)] : []))
  return [drawn(estimates, paint, false), "", ...notes].join("\n")
}

function drawn(estimates: readonly Estimate[], paint: Paint, withNotes: boolean): string {
  const table = plainTable()
  const cells = (row: readonly string[]) => (withNotes ? row : row.slice(0, 3))
  for (const [i, unit] of [...new Set(estimates.map((estimate) => estimate.unit))].entries()) {
    if (i > 0) table.push([""])
    table.push(cells(["Quantity", unit, "Kind", "Note"]).map(paint.bold))
    for (const estimate of baselinesFirst(estimates.filter((each) => each.unit === unit))) {
      const row = cells([estimate.quantity, ...partsOf(estimate), estimate.note ?? ""])
      table.push(estimate.kind === "baseline" ? row.map(paint.dim) : [...row])
    }
  }
  return aligned(table)
}

/** `≤ 90.21 ± 0.24` and `bound, K = 1000` of `≤ 90.21 ± 0.24 nats (bound, K = 1000)`. */
function partsOf(estimate: Estimate): [value: string, kind: string] {
  const written = formatEstimate(estimate)
  const cut = written.lastIndexOf(` ${estimate.unit} (`)
  return [written.slice(0, cut), written.slice(cut + estimate.unit.length + 3, -1)]
}

const borders = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
const lines = ["left", "left-mid", "mid", "mid-mid", "right", "right-mid"]

/** A table without lines: columns are parted by blanks. */
export function plainTable(head: readonly string[] = []) {
  const chars = Object.fromEntries([...borders, ...lines].map((name) => [name, ""]))
  const style = { "padding-left": 0, "padding-right": 0, head: [], border: [] }
  return new Table({ head: [...head], chars: { ...chars, middle: "  " }, style })
}

/** The table's text without blanks at the ends of lines. */
export const aligned = (table: { toString(): string }): string =>
  table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters, and take no room
const colours = /\x1b\[\d+m/g

const widthOf = (text: string): number => Math.max(...text.split("\n").map((line) => line.replace(colours, "").length))
