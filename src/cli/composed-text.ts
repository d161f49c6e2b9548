/** What a composition of p(x) and p(y|x) is worth, class by class, as text. */
import type { Sampled } from "../core/estimate.ts"
import type { ComposedRun } from "../run/compose.ts"
import type { Paint } from "./colour.ts"
import { aligned, plainTable } from "./estimates-table.ts"

/** Where all draws agree their spread is 0, which is no standard error of the share. */
const share = ({ value, standardError }: Sampled): string => {
  if (standardError === 0) return `${value.toFixed(3)}, ${value > 0 ? "every" : "no"} draw`
  return `${value.toFixed(3)} ± ${standardError.toPrecision(2)}`
}

/** One row a class: how many draws the weights are worth, p(y) under the model, and how often the classifier agrees. */
export function composedText({ classes, pixels }: ComposedRun, paint: Paint): string {
  const hasNative = classes.some(({ native }) => native)
  const columns = ["Class", "ESS", "of", "p(y)", "Agreement composed", ...(hasNative ? ["native"] : [])]
  const table = plainTable(columns.map(paint.bold))
  for (const { label, composed, native } of classes) {
    const { effectiveSampleSize, proposals, classProbability, agreement } = composed
    const numbers = [effectiveSampleSize.toFixed(1), String(proposals), share(classProbability), share(agreement)]
    table.push([String(label), ...numbers, ...(native ? [share(native.agreement)] : [])])
  }
  const seen = pixels === "drawn" ? "zeros and ones drawn from the samples" : "the samples as the model gives them"
  return [aligned(table), "", ...footnotes.map(paint.dim), paint.dim(`The classifier saw ${seen}.`)].join("\n")
}

const footnotes = [
  "Estimates, ± one standard error. ESS: how many independent draws from p(x|y) the weighted ones are worth.",
  "Agreement: the share that the classifier puts into the class; the composition was weighted by the same classifier.",
]
