import { EidosError } from "../core/errors.ts"
import { permutation } from "../core/random.ts"

/** One mini-batch: row numbers into a split, and the epoch its first row belongs to. */
export interface BatchIndices {
  readonly epoch: number
  /** [batchSize] */
  readonly indices: Uint32Array
}

/** The order in which an epoch visits the rows 0..count-1; each comes exactly once. */
export const epochOrder = (count: number, { seed, epoch }: { seed: number; epoch: number }): Uint32Array =>
  permutation({ seed, name: "data/shuffle", step: epoch }, count)

export const noRows = (batchSize: number): string =>
  `batches: the split is empty; a batch of ${batchSize} needs at least 1 image.`

/**
 * The mini-batch of training step `step`, a pure function of its arguments: any step can be asked at any time. The
 * epochs' orders follow one another without a gap, so every batch is full and may begin in one epoch and end in the next.
 * Throws EidosError "data" when there are no rows.
 */
export function batchAt(count: number, batchSize: number, step: number, seed: number): BatchIndices {
  if (count < 1) throw new EidosError("data", noRows(batchSize))
  const indices = new Uint32Array(batchSize)
  const start = step * batchSize
  for (let filled = 0; filled < batchSize; ) {
    const within = (start + filled) % count
    const order = remembered(count, seed, Math.floor((start + filled) / count))
    const some = order.subarray(within, within + batchSize - filled)
    indices.set(some, filled)
    filled += some.length
  }
  return { epoch: Math.floor(start / count), indices }
}

// Orders are pure, and a run asks for the same one thousands of times: the last two are kept (a batch may span both).
const recent: { key: string; order: Uint32Array }[] = []

function remembered(count: number, seed: number, epoch: number): Uint32Array {
  const key = `${count} ${seed} ${epoch}`
  const known = recent.find((entry) => entry.key === key)
  if (known !== undefined) return known.order
  const order = epochOrder(count, { seed, epoch })
  recent.push({ key, order })
  if (recent.length > 2) recent.shift()
  return order
}
