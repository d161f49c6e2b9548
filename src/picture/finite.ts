import { EidosError } from "../core/errors.ts"

export const nothingFinite = (title: string): string =>
  `chart "${title}": none of its values is a finite number, so there is nothing to draw.`

/** The items whose numbers are all finite, and a note on how many are not shown. Throws EidosError("failed") when none is left. */
export function keepFinite<T>(title: string, items: readonly T[], numbersOf: (item: T) => readonly number[]) {
  const shown = items.filter((item) => numbersOf(item).every(Number.isFinite))
  if (shown.length === 0) throw new EidosError("failed", nothingFinite(title))
  const dropped = items.length - shown.length
  return { shown, note: dropped === 0 ? "" : `${dropped} of ${items.length} values not finite and not shown` }
}

/** A chart's title with its notes beneath it. */
export function titled(title: string, notes: readonly string[]): { text: string; subtitle?: string } {
  const subtitle = notes.filter((note) => note !== "").join(" · ")
  return subtitle === "" ? { text: title } : { text: title, subtitle }
}
