/** Which line of a scoreboard stands where: kinds of numbers never mix in one ranking. */
import { type Estimate, formatEstimate } from "../../core/estimate.ts"
import type { BoardRow } from "./row.ts"

/** Lines whose figures may be compared with one another, best first. */
export interface BoardGroup {
  /** What the figures are, as in `exact, nats; already binary`. */
  readonly heading: string
  readonly rows: readonly BoardRow[]
}

const kinds = ["exact", "bound", "estimate", "baseline"] as const
const kindWords = { exact: "Exact", bound: "Upper bounds (≤)", estimate: "Estimates", baseline: "Baselines" } as const

/** Lines by what may be ranked: baselines, then each kind of figure by itself, then those that must not be ranked, then failures. */
export function groupsOf(rows: readonly BoardRow[]): BoardGroup[] {
  const groups = new Map<string, BoardRow[]>()
  for (const row of [...rows].sort((a, b) => placeOf(a) - placeOf(b) || byPreprocessing(a, b) || byFigure(a, b))) {
    const heading = headingOf(row)
    groups.set(heading, [...(groups.get(heading) ?? []), row])
  }
  return [...groups].map(([heading, members]) => ({ heading, rows: members }))
}

/** All lines in the order they are shown. */
export const ordered = (rows: readonly BoardRow[]): BoardRow[] => groupsOf(rows).flatMap((group) => group.rows)

export function headingOf({ isBaseline, error, doNotRank, figure, preprocessing }: BoardRow): string {
  if (error) return "Without a result"
  if (doNotRank !== undefined || figure === undefined) return "Do not rank"
  if (isBaseline) return `${kindWords.baseline}, ${figure.unit}; ${preprocessing}`
  return `${kindWords[figure.kind]}, ${figure.unit}; ${preprocessing}`
}

function placeOf({ isBaseline, error, doNotRank, figure }: BoardRow): number {
  if (error) return 9
  if (doNotRank !== undefined || figure === undefined) return 8
  if (isBaseline) return 0
  return 1 + kinds.indexOf(figure.kind)
}

const byPreprocessing = (a: BoardRow, b: BoardRow): number =>
  a.doNotRank === undefined && !a.error ? compare(a.preprocessing, b.preprocessing) : 0
const byFigure = (a: BoardRow, b: BoardRow): number =>
  (isRanked(a) && isRanked(b) && a.figure!.value - b.figure!.value) || compare(a.model, b.model)
const isRanked = ({ figure, doNotRank }: BoardRow): boolean => figure !== undefined && doNotRank === undefined
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** A line as words, the same in every place it is shown. */
export interface BoardCells {
  readonly model: string
  /** `≤ 90.21 ± 0.24 nats`, or `none`. */
  readonly figure: string
  /** `bound, K = 1000`, `exact`, `estimate`, or `no density`. */
  readonly kind: string
  readonly bitsPerDim: string
  readonly parameters: string
  readonly secondsPerEpoch: string
  readonly samplesPerSecond: string
  /** Why not to rank it, what else was measured, or why there is no result. */
  readonly note: string
}

/** The words of a line; what is not known is left empty. */
export function cellsOf(row: BoardRow): BoardCells {
  const { model, figure, bitsPerDim, parameters, secondsPerEpoch, samplesPerSecond } = row
  const written = figure === undefined ? undefined : formatEstimate(figure)
  const cut = written?.lastIndexOf(" (") ?? 0
  const bound = figure?.kind === "bound" ? "≤ " : ""
  return {
    model,
    figure: row.error ? "" : (written?.slice(0, cut) ?? "none"),
    kind: row.error ? "" : (written?.slice(cut + 2, -1) ?? "no density"),
    bitsPerDim: bitsPerDim === undefined ? "" : `${bound}${bitsPerDim.toFixed(4)}`,
    parameters: parameters === undefined ? "" : parameters.toLocaleString("en"),
    secondsPerEpoch: secondsPerEpoch === undefined ? "" : secondsPerEpoch.toPrecision(3),
    samplesPerSecond:
      samplesPerSecond === undefined ? "" : Number(samplesPerSecond.toPrecision(2)).toLocaleString("en"),
    note: noteOf(row),
  }
}

function noteOf({ error, doNotRank, figure, estimates }: BoardRow): string {
  if (error) return error.message
  const isAside = ({ quantity, note }: Estimate) => quantity !== figure?.quantity && /do not rank/i.test(note ?? "")
  const parts = estimates
    .filter(isAside)
    .map((estimate) => `${estimate.quantity}: ${formatEstimate(estimate)}; ${estimate.note}`)
  if (figure === undefined) return [doNotRank, ...parts].filter(Boolean).join(". ")
  const warning = doNotRank && `do not rank: ${doNotRank.replace(/^do not rank: /, "")}`
  // what an estimate or a trivial model's figure rests on; a bound and an exact figure say it by their kind
  const basis = figure.kind === "estimate" || figure.kind === "baseline" ? figure.note : undefined
  return [warning ?? basis, ...parts].filter(Boolean).join(". ")
}
