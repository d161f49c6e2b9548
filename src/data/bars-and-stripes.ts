import { EidosError } from "../core/errors.ts"
import { randomOf } from "../core/random.ts"
import type { Dataset, Split, SplitName } from "./dataset.ts"
import { digestOf } from "./digest.ts"

/**
 * Bars and stripes (MacKay, "Information theory, inference, and learning algorithms", 2003, section 43.2): images whose
 * columns are each all on or all off, or whose rows are. All 2·2ⁿ − 2 of them are known and equally likely, so that what a
 * model has learnt can be held against the truth: no model can do better than log (2·2ⁿ − 2) nats.
 */

/** Images along a side unless told. */
const usualSide = 4
/** Training images unless told: each of the 30 usual ones about a hundred times. */
const usualTraining = 3000
// 2^17 − 2 images of 256 pixels; more are too many to list, which is what these data are for.
const largestSide = 16

export const badSide = (came: number): string =>
  `bars-and-stripes: the side is ${came}; a whole number from 2 to ${largestSide} is needed.`
export const badImageCount = (split: string, came: number): string =>
  `bars-and-stripes: ${split} is ${came}; a whole number of images, 1 or more, is needed.`

/** Each distinct image once: [2·2^side − 2, side, side] of zeros and ones, bars (whole columns) before stripes (whole rows). */
export function barsAndStripesPatterns(side: number): Uint8Array {
  if (!Number.isInteger(side) || side < 2 || side > largestSide) throw new EidosError("config", badSide(side))
  const all = 2 ** side
  const image = (lines: number, isBar: boolean): number[] =>
    Array.from({ length: side * side }, (_, i) => (lines >> (isBar ? i % side : Math.floor(i / side))) & 1)
  const bars = Array.from({ length: all }, (_, lines) => image(lines, true))
  const stripes = Array.from({ length: all - 2 }, (_, lines) => image(lines + 1, false)) // none and all on are bars already
  return Uint8Array.from([...bars, ...stripes].flat())
}

/**
 * Bars and stripes of side × side pixels. The data are a complete distribution: `train` is drawn from it uniformly with
 * replacement, and `validation` and `test` hold every image once, so that a mean over them is the expectation under the
 * truth itself; nothing is held out, for there is nothing else. A split whose size is given is drawn like `train`. Throws
 * EidosError "config" for a side or a size that is none.
 */
export function barsAndStripes(
  options: { readonly side?: number; readonly seed?: number } & Partial<Record<SplitName, number>> = {},
): Dataset {
  const { side = usualSide, seed = 0, train = usualTraining, validation, test } = options
  const patterns = barsAndStripesPatterns(side)
  const whole: Split = { count: patterns.length / side ** 2, pixels: patterns }
  const drawn = (name: SplitName, count: number) => drawRows(whole, { seed, name, count })
  const splits = {
    train: drawn("train", train),
    validation: validation === undefined ? whole : drawn("validation", validation),
    test: test === undefined ? whole : drawn("test", test),
  }
  const complete = validation === undefined && test === undefined ? "validation and test hold each image once" : ""
  const how = complete || "so are splits of a chosen size"
  return {
    name: "bars-and-stripes",
    event: [1, side, side],
    levels: 2,
    classes: [],
    splits,
    digest: digestOf(splits),
    source: `All ${whole.count} images of ${side}×${side} bars or stripes; train is drawn from them uniformly (seed ${seed}), ${how}.`,
  }
}

function drawRows(
  { count: distinct, pixels }: Split,
  { seed, name, count }: { readonly seed: number; readonly name: SplitName; readonly count: number },
): Split {
  if (!Number.isInteger(count) || count < 1) throw new EidosError("config", badImageCount(name, count))
  const size = pixels.length / distinct
  const random = randomOf({ seed, name: `bars-and-stripes/${name}` })
  const out = new Uint8Array(count * size)
  for (let i = 0; i < count; i++) {
    const row = random.integer(distinct)
    out.set(pixels.subarray(row * size, (row + 1) * size), i * size)
  }
  return { count, pixels: out }
}
