import { EidosError } from "../core/errors.ts"
import { hashName, philox4x32 } from "../core/random.ts"
import type { Dataset, Split, SplitName } from "./dataset.ts"

/** What happens to stored bytes before a model sees them. */
export interface Preprocessing {
  /** `threshold`: 1 from 128 on. `dynamic`: 1 with probability k/255, drawn anew each epoch (Salakhutdinov & Murray 2008). */
  readonly binarize: "none" | "threshold" | "dynamic"
  /** Adds uniform noise to grey levels, (k + u)/256, so that densities are honest (Theis et al. 2016, section 3.1). */
  readonly dequantize: boolean
}

/** Seed of the noise on validation and test, whatever the run's: every run is measured on the same events. */
export const evaluationSeed = 0

export const alreadyBinary = (asked: string): string =>
  `preprocessing: the data are binary already, so ${asked} has nothing to do; use binarize "none" without dequantize.`
export const realAlready = (asked: string): string =>
  `preprocessing: the data are real numbers, not levels, so ${asked} has nothing to do; use binarize "none" without dequantize.`
export const twoMinds = (binarize: string): string =>
  `preprocessing: binarize "${binarize}" gives zeros and ones and dequantize needs grey levels; choose one of them.`

/** Throws EidosError "config" for a preprocessing that does not fit data of this many levels. */
export function checkPreprocessing({ binarize, dequantize }: Preprocessing, levels: Dataset["levels"]): void {
  const nothingToDo = levels === 2 ? alreadyBinary : levels === "real" ? realAlready : undefined
  if (nothingToDo && binarize !== "none") throw new EidosError("config", nothingToDo(`binarize "${binarize}"`))
  if (nothingToDo && dequantize) throw new EidosError("config", nothingToDo("dequantize"))
  if (binarize !== "none" && dequantize) throw new EidosError("config", twoMinds(binarize))
}

/** What is done to the data, in words for tables and reports; never empty. Throws EidosError "config" as the events would. */
export function describePreprocessing(preprocessing: Preprocessing, dataset: Pick<Dataset, "name" | "levels">): string {
  checkPreprocessing(preprocessing, dataset.levels)
  if (dataset.levels === 2)
    return dataset.name === "mnist-binarized"
      ? "already binary (fixed binarization of Larochelle & Murray 2011)"
      : "already binary"
  if (dataset.levels === "real") return "real numbers as they are"
  if (preprocessing.binarize === "threshold") return "fixed binarization (threshold 0.5)"
  if (preprocessing.binarize === "dynamic")
    return `dynamic binarization (train resampled each epoch; validation and test fixed by seed ${evaluationSeed})`
  return preprocessing.dequantize ? "uniform dequantization (k + u)/256" : "grey in [0, 1]"
}

/**
 * Writes the images `indices` of a split to `out` ([indices.length, eventSize]) as a model sees them: 0 or 1 when binary,
 * else in [0, 1]. The noise of an image depends on (seed, split, epoch, its index) alone, not on its batch; on validation
 * and test it is always that of `evaluationSeed` and epoch 0. Throws EidosError "config" for what does not fit.
 */
export function fillEvents(
  split: Split,
  splitName: SplitName,
  indices: ArrayLike<number>,
  preprocessing: Preprocessing,
  levels: Dataset["levels"],
  { seed, epoch }: { seed: number; epoch: number },
  out: Float32Array,
  eventSize: number,
): void {
  checkPreprocessing(preprocessing, levels)
  const drawn = preprocessing.binarize === "dynamic" || preprocessing.dequantize
  if (!drawn) {
    if (levels !== 256) fillByCopy(split.pixels, indices, out, eventSize)
    else
      fillByTable(
        split.pixels as Uint8Array,
        indices,
        preprocessing.binarize === "threshold" ? thresholdValues : greyValues,
        out,
        eventSize,
      )
    return
  }
  const fixed = splitName !== "train"
  const noise: Noise = {
    key: hashName(`data/${preprocessing.dequantize ? "dequantize" : "binarize"}/${splitName}`),
    seed: fixed ? evaluationSeed : seed,
    epoch: fixed ? 0 : epoch,
  }
  const fillImage = preprocessing.dequantize ? dequantizeImage : binarizeImage
  for (let i = 0; i < indices.length; i++)
    fillImage(split.pixels as Uint8Array, indices[i]! * eventSize, eventSize, noise, indices[i]!, out, i * eventSize)
}

const greyValues = Float32Array.from({ length: 256 }, (_, k) => k / 255)
const thresholdValues = Float32Array.from({ length: 256 }, (_, k) => (k >= 128 ? 1 : 0))

/** Stored numbers as they are; the engine's own conversion is four times faster than a loop. */
function fillByCopy(pixels: Split["pixels"], indices: ArrayLike<number>, out: Float32Array, eventSize: number): void {
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * eventSize
    out.set(pixels.subarray(from, from + eventSize), i * eventSize)
  }
}

/** Value of each byte from a table, where no noise is drawn. */
function fillByTable(
  pixels: Uint8Array,
  indices: ArrayLike<number>,
  table: Float32Array,
  out: Float32Array,
  eventSize: number,
): void {
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * eventSize
    const to = i * eventSize
    for (let j = 0; j < eventSize; j++) out[to + j] = table[pixels[from + j]!]!
  }
}

interface Noise {
  readonly key: number
  readonly seed: number
  readonly epoch: number
}

// Eight draws of 16 bits a Philox block.
const words = new Uint32Array(4)

const drawBlock = (block: number, image: number, { key, seed, epoch }: Noise): void =>
  philox4x32(block, image, epoch, Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0, key, words)

const draw16 = (i: number): number => (words[i >> 1]! >>> (16 * (i & 1))) & 0xffff

// P(draw < threshold) = k/255 to 2^-17; exactly 0 for k = 0 and 1 for k = 255.
const thresholds = Int32Array.from({ length: 256 }, (_, k) => Math.round((k / 255) * 65536))

/** 1 where a < b, else 0, for numbers below 2^31; a coin's branch would be guessed wrongly half the time. */
const below = (a: number, b: number): number => (a - b) >>> 31

function binarizeImage(
  pixels: Uint8Array,
  from: number,
  eventSize: number,
  noise: Noise,
  image: number,
  out: Float32Array,
  to: number,
): void {
  for (let start = 0; start < eventSize; start += 8) {
    const end = Math.min(8, eventSize - start)
    if (!fillCertain(pixels, from + start, end, out, to + start)) continue
    drawBlock(start >> 3, image, noise)
    for (let i = 0; i < end; i++) out[to + start + i] = below(draw16(i), thresholds[pixels[from + start + i]!]!)
  }
}

/** Writes `count` pixels as if all were 0 or 255, which most are; true where one is not, so that bits must be drawn. */
function fillCertain(pixels: Uint8Array, from: number, count: number, out: Float32Array, to: number): boolean {
  let uncertain = 0
  for (let i = 0; i < count; i++) {
    const k = pixels[from + i]!
    out[to + i] = k >> 7
    uncertain |= (k + 1) & 254 // 0 only for 255 and 0
  }
  return uncertain !== 0
}

/** (k + u)/256 with u a multiple of 2^-16, which 32-bit floats hold exactly: always below 1. */
function dequantizeImage(
  pixels: Uint8Array,
  from: number,
  eventSize: number,
  noise: Noise,
  image: number,
  out: Float32Array,
  to: number,
): void {
  for (let j = 0; j < eventSize; j++) {
    if ((j & 7) === 0) drawBlock(j >> 3, image, noise)
    out[to + j] = (pixels[from + j]! + draw16(j & 7) * 2 ** -16) / 256
  }
}
