/** The outlier sets that are made on the spot, by name: what a command line needs to know of them before anything runs. */
import { type Shape, sameShape } from "../core/shape.ts"
import type { Dataset } from "../data/dataset.ts"

/** In the order they are shown. */
export const madeSets = ["uniform-noise", "constant", "inverted", "rotated", "glyph-noise"] as const
export type MadeSet = (typeof madeSets)[number]
export const isMade = (name: string): name is MadeSet => madeSets.some((known) => known === name)

/** Whether a set can be made of events of this shape. */
export function fitsEvent(name: MadeSet, event: Shape): boolean {
  if (name === "rotated") return event.length === 3 && event[1] === event[2] && event[1]! > 1
  return name !== "glyph-noise" || sameShape(event, [1, 28, 28])
}

/** The made sets that data of this kind allow. */
export const madeSetsFor = ({ event, levels }: Pick<Dataset, "event" | "levels">): MadeSet[] =>
  levels === "real" ? [] : madeSets.filter((name) => fitsEvent(name, event))
