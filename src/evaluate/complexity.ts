/** How complex an image is by itself: the size of a lossless compressor's output, as Serrà et al. (2020) correct likelihoods by. */
import { deflateRawSync } from "node:zlib"
import { sizeOf } from "../core/shape.ts"
import { levelsOf } from "./baselines.ts"
import { type EvaluationData, eventsOf } from "./evaluator.ts"

/** What to subtract from each byte before it is compressed: nothing, the byte to the left, or the byte above, as PNG does. */
const filters = [() => 0, () => 1, (width: number) => width] as const

/** Bits of an image of levels, rows of `width` bytes, under the best of three PNG filters and Deflate. */
export function complexityBits(levels: Uint8Array, width: number): number {
  const sizes = filters.map((back) => deflateRawSync(differences(levels, back(width)), { level: 9 }).length)
  return 8 * Math.min(...sizes)
}

const differences = (levels: Uint8Array, back: number): Uint8Array =>
  back === 0 ? levels : levels.map((level, i) => level - (i < back ? 0 : levels[i - back]!))

/** Complexity in bits of each datum of a split as the model sees it: [count]. The data must be levels. */
export function complexities(data: EvaluationData, event: readonly number[]): Float64Array {
  const { count } = data.dataset.splits[data.split]
  const size = sizeOf(event)
  const width = event.at(-1) ?? 1
  return Float64Array.from({ length: count }, (_, i) =>
    complexityBits(levelsFrom(eventsOf(data, event, [i]).data, levelsOf(data), size), width),
  )
}

/** Prepared values back as the levels they came from: 0 and 1, (k + u)/256, or k/255. */
function levelsFrom(values: Float32Array, levels: 2 | 256 | undefined, size: number): Uint8Array {
  const out = new Uint8Array(size)
  for (let j = 0; j < size; j++) {
    const value = values[j]!
    out[j] = levels === 2 ? value : levels === 256 ? Math.floor(256 * value) : Math.round(255 * value)
  }
  return out
}
