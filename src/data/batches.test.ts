import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { batchAt, epochOrder } from "./batches.ts"

const sizes = { count: fc.integer({ min: 1, max: 60 }), batchSize: fc.integer({ min: 1, max: 90 }), seed: fc.nat() }

describe("mini-batches", () => {
  it("visit every row exactly once in each epoch", () => {
    fc.assert(
      fc.property(sizes.count, sizes.batchSize, sizes.seed, (count, batchSize, seed) => {
        const steps = Math.ceil((3 * count) / batchSize)
        const rows = Array.from({ length: steps }, (_, step) => [
          ...batchAt(count, batchSize, step, seed).indices,
        ]).flat()
        for (let epoch = 0; epoch < 3; epoch++)
          expect(rows.slice(epoch * count, (epoch + 1) * count)).toEqual([...epochOrder(count, { seed, epoch })])
        expect(rows.slice(0, count).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
      }),
    )
  })

  it("are the same asked one by one or out of order", () => {
    const inOrder = Array.from({ length: 50 }, (_, step) => batchAt(130, 32, step, 5))
    for (const step of [49, 3, 20, 4, 0, 49]) expect(batchAt(130, 32, step, 5)).toEqual(inOrder[step])
    expect(inOrder.map((batch) => batch.epoch).slice(0, 10)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 2])
  })

  it("differ between epochs and seeds", () => {
    expect(epochOrder(100, { seed: 1, epoch: 0 })).not.toEqual(epochOrder(100, { seed: 1, epoch: 1 }))
    expect(epochOrder(100, { seed: 1, epoch: 0 })).not.toEqual(epochOrder(100, { seed: 2, epoch: 0 }))
  })
})
