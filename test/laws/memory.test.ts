/** Ten thousand steps need no more memory than the first: nothing is kept per step. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { expect, it } from "vitest"
import { adam } from "../../src/optim/adam.ts"
import { openExecutor } from "../../src/train/open-executor.ts"
import { firstParameters, trainable } from "./tiny.ts"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** Resident megabytes after a collection: the median of a few looks, since the allocator breathes. */
function residentMegabytes(): number {
  const looks = Array.from({ length: 5 }, () => {
    collect()
    return process.memoryUsage.rss() / 2 ** 20
  })
  return looks.sort((a, b) => a - b)[2]!
}

it.each(["kernel", "loop"] as const)("10,000 steps of the %s executor grow by less than 10 MB", async (kind) => {
  const tiny = trainable.find(({ name }) => name === "vae relu")!
  const executor = await openExecutor({
    model: tiny.model,
    optimizer: adam(),
    parameters: await firstParameters(tiny),
    kind,
    session: { threads: 1 },
    inputs: { seed: 1, batchSize: 6, learningRate: () => 1e-3, fillBatch: (step, out) => out.fill(step % 2) },
  })
  const steps = async (first: number, count: number) => {
    for (let t = first; t < first + count; t += 500) await executor.run(t, 500)
  }
  await steps(1, 10_000) // the first second grows the collected heap, whatever runs
  const before = residentMegabytes()
  await steps(10_001, 10_000)
  const grown = residentMegabytes() - before
  await executor.dispose()
  expect(grown).toBeLessThan(10)
})

it("the measure notices what is kept", () => {
  const before = residentMegabytes()
  const kept = Array.from({ length: 20 }, () => new Float32Array(2 ** 18).fill(1))
  expect(residentMegabytes() - before).toBeGreaterThan(10)
  expect(kept.length).toBe(20)
})
