/** Scores and how well they part outliers from inliers, as text. */
import { type Separation, warningOf } from "../evaluate/outliers.ts"
import type { Scored } from "../run/score.ts"
import type { Paint } from "./colour.ts"
import { aligned, plainTable } from "./estimates-table.ts"
import { areaText } from "./outlier-flags.ts"

/** What each score is, and what it rests on. */
export function scoreLines(
  { scores, density, typical }: Omit<Scored, "separations" | "inliers" | "n">,
  paint: Paint,
): string[] {
  const lines = Object.entries(scores).map(([name, words]) => `${paint.bold(name.padEnd(10))}  ${words}`)
  const stands = density === undefined ? [] : [`${"".padEnd(10)}  log p(x) here: ${density}`]
  const level = typical
    ? [`${"".padEnd(10)}  H = ${typical.value.toFixed(2)} ± ${typical.standardError.toPrecision(2)} nats`]
    : []
  return [...lines, ...stands, ...level]
}

/** One row a set, one column a score, and a word of warning where one fails. */
export function areasTable(
  { scores, separations, inliers }: Pick<Scored, "scores" | "separations" | "inliers">,
  paint: Paint,
): string {
  const names = Object.keys(scores)
  const sure = "confidence" in inliers
  const shown = [...(sure ? ["Confidence"] : []), ...names.map((name) => `AUROC of ${name}`)]
  const table = plainTable(["Outliers", "n", ...shown, ""].map(paint.bold))
  for (const separation of separations) table.push(row(separation, names, sure, paint))
  const own = sure ? `Mean confidence on the data themselves: ${(-inliers["confidence"]!).toFixed(3)}.` : ""
  const notes = separations.map(({ set, words }) => `${set}: ${words}`)
  return [aligned(table), "", ...notes.map(paint.dim), "", footnote, own].join("\n").trimEnd()
}

const footnote =
  "AUROC (estimates, s.e. by DeLong): the share of pairs of an outlier and a datum that the score puts in order; 0.5 is chance."

function row(separation: Separation, names: readonly string[], sure: boolean, paint: Paint): string[] {
  const { set, count, areas, means } = separation
  const areaOf = (name: string) => (areas[name] ? areaText(areas[name]) : "")
  const confidence = sure ? [(-means["confidence"]!).toFixed(3)] : []
  return [set, String(count), ...confidence, ...names.map(areaOf), paint.red(warningOf(separation) ?? "")]
}
