/** What classifying with a choice to abstain gave, as text. */
import { formatEstimate, type Sampled } from "../core/estimate.ts"
import type { Classified, Rejection } from "../run/classify.ts"
import type { Paint } from "./colour.ts"
import { aligned, plainTable } from "./estimates-table.ts"
import { areaText } from "./outlier-flags.ts"

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const accuracyText = ({ value, standardError }: Sampled): string =>
  `${percent(value)} ± ${(100 * standardError).toFixed(1)}`

/** The accuracy, then one table for the data and one for the outliers, a column a way of rejecting. */
export function classifiedText({ accuracy, accept, rejections }: Classified, paint: Paint): string {
  const tables = [withinData(rejections, accept, paint), beyondData(rejections, accept, paint)]
  return [`accuracy ${formatEstimate(accuracy)}`, "", ...tables].join("\n").trimEnd()
}

function withinData(rejections: readonly Rejection[], accept: number, paint: Paint): string {
  const table = plainTable(["Rejected by", ...rejections.map(({ by }) => by)].map(paint.bold))
  for (const [i, { coverage }] of rejections[0]!.accuracies.entries())
    table.push([`accuracy at coverage ${percent(coverage)}`, ...rejections.map((way) => atCoverage(way, i))])
  table.push(["area under risk–coverage", ...rejections.map(({ area }) => riskText(area))])
  table.push([
    `threshold for ${percent(accept)} of validation`,
    ...rejections.map(({ threshold }) => written(threshold.score)),
  ])
  table.push(["  accepts of test", ...rejections.map(({ threshold }) => percent(threshold.accepted))])
  table.push([
    "  accuracy among them",
    ...rejections.map(({ threshold: { accuracy } }) => (accuracy ? accuracyText(accuracy) : "none accepted")),
  ])
  return aligned(table)
}

const atCoverage = ({ accuracies }: Rejection, i: number): string => accuracyText(accuracies[i]!.accuracy)
const riskText = ({ value, standardError }: Sampled): string =>
  `${value.toPrecision(3)} ± ${standardError.toPrecision(2)}`
const written = (score: number): string => Number(score.toPrecision(5)).toString().replace("-", "−")

function beyondData(rejections: readonly Rejection[], accept: number, paint: Paint): string {
  const sets = rejections[0]!.outliers.map(({ set }) => set)
  if (sets.length === 0) return ""
  const columns = rejections.flatMap(({ by }) => [`AUROC of ${by}`, "let through"])
  const table = plainTable(["", ...columns].map(paint.bold))
  for (const [i, set] of sets.entries())
    table.push([
      set,
      ...rejections.flatMap(({ outliers }) => [areaText(outliers[i]!.auroc), percent(outliers[i]!.accepted)]),
    ])
  return `\nOutliers; let through at the threshold for ${percent(accept)} of validation\n${aligned(table)}\n\nAll are estimates: ± one standard error, of areas under the ROC curve by DeLong, of the risk's area by bootstrap.`
}
