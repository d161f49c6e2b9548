/** What the baselines share: what a pixel may be, and rows of the training data to fit on. */
import { z } from "zod"
import { EidosError } from "../../core/errors.ts"
import { greater, mul, sub } from "../../graph/ops/arithmetic.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Events } from "../../model/capabilities.ts"
import type { PreferredData } from "../../model/define.ts"

export const pixelKinds = z.enum(["binary", "grey"])
export type PixelKind = z.output<typeof pixelKinds>

/** How data become such pixels: zeros and ones, or (k + u)/256 of grey levels k. */
export const dataOf = (pixels: PixelKind): PreferredData =>
  pixels === "binary" ? { binarize: "dynamic", dequantize: false } : { binarize: "none", dequantize: true }

export const wrongPixel = (model: string, pixels: PixelKind, came: number): string =>
  `${model}: the data hold ${came}; ${pixels === "binary" ? "zeros and ones are" : "grey levels with dequantization, in [0, 1), are"} needed.`

/** Throws EidosError("config") when a number is not what such pixels are. */
export function checkPixels(model: string, pixels: PixelKind, rows: Float32Array): void {
  const fits = pixels === "binary" ? (x: number) => x === 0 || x === 1 : (x: number) => x >= 0 && x < 1
  const stranger = rows.find((x) => !fits(x))
  if (stranger === undefined) return
  const hint =
    pixels === "binary"
      ? "Prepare the data with --binarize dynamic, or configure the model for grey levels."
      : "Prepare the data with --dequantize, or configure the model for zeros and ones."
  throw new EidosError("config", wrongPixel(model, pixels, stranger), { hint })
}

/** 1 where 0 ≤ x < 1, else 0. */
export const inUnit = (x: Tensor): Tensor => mul(sub(1, greater(0, x)), greater(1, x))

/** At most `most` rows, evenly spaced over the split, since files may be ordered by class: [rows, dimensions] flat. */
export function spacedRows(events: Events, dimensions: number, most: number): Float32Array {
  const count = Math.min(most, events.count)
  if (count === events.count) return events.read(0, count)
  const rows = new Float32Array(count * dimensions)
  for (let i = 0; i < count; i++) rows.set(events.read(Math.floor((i * events.count) / count), 1), i * dimensions)
  return rows
}

const chunk = 2000

/** All rows of the split, some at a time: [up to 2000, dimensions] flat. */
export function* chunksOf(events: Events): Generator<Float32Array> {
  for (let first = 0; first < events.count; first += chunk)
    yield events.read(first, Math.min(chunk, events.count - first))
}
