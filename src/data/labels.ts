import { EidosError } from "../core/errors.ts"
import type { Split } from "./dataset.ts"

export const noLabels =
  "data: the model needs labels, and these data have none; choose labelled data, or a model without --classes."
export const tooFewClasses = (label: number, classes: number): string =>
  `data: the label ${label} needs at least ${label + 1} classes, and the model has ${classes}.`

/** Writes the one-hot labels of the rows `indices`, [indices.length, classes]. Throws EidosError("data") where there are none. */
export function fillLabels(
  { labels }: Pick<Split, "labels">,
  indices: ArrayLike<number>,
  classes: number,
  out: Float32Array,
): void {
  if (!labels) throw new EidosError("data", noLabels)
  out.fill(0)
  for (let i = 0; i < indices.length; i++) {
    const label = labels[indices[i]!]!
    if (label >= classes) throw new EidosError("data", tooFewClasses(label, classes))
    out[i * classes + label] = 1
  }
}
