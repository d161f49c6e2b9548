/** Gradients averaged over small batches are the gradient of the large batch that they make. */
import { describe, expect, it } from "vitest"
import { EidosError } from "../../src/core/errors.ts"
import { adam } from "../../src/optim/adam.ts"
import { sgd } from "../../src/optim/sgd.ts"
import { noAccumulation } from "../../src/train/loop-executor.ts"
import { train } from "../../src/train/train.ts"
import { beginning, bytesOf, setupOf, type Tiny, tinies, trained, worstOf } from "./tiny.ts"

const tinyNamed = (name: string): Tiny => tinies.find((tiny) => tiny.name === name)!
const schedule = { name: "constant", start: 1e-2, end: 1e-2, steps: 20 } as const
/** Parameters after 20 steps. */
const stepped = async (tiny: Tiny, options: Parameters<typeof setupOf>[2]) =>
  trained(setupOf(tiny, await beginning(tiny), { steps: 20, schedule, executor: "kernel", ...options }))

// Losses that are means over the batch, of data without noise.
describe.each(["fvsbn raster", "nade random", "made deep", "classifier linear"])("%s", (name) => {
  const tiny = tinyNamed(name)
  it("takes the same 20 steps with 2 batches of 4, 4 of 2 and one of 8", async () => {
    const optimizer = sgd({ momentum: 0.9 })
    const whole = await stepped(tiny, { batchSize: 8, optimizer })
    for (const accumulate of [2, 4]) {
      const parts = await stepped(tiny, { batchSize: 8 / accumulate, accumulate, optimizer })
      expect(worstOf(parts.parameters, whole.parameters)).toBeLessThan(1e-6)
    }
    expect(worstOf((await stepped(tiny, { batchSize: 4, optimizer })).parameters, whole.parameters)).toBeGreaterThan(
      1e-3,
    )
  })
  it("sees the same metrics and epochs", async () => {
    const seen = async (batchSize: number, accumulate: number) => {
      const start = await beginning(tiny)
      const setup = { ...setupOf(tiny, start, { steps: 5, batchSize, metricsEvery: 1 }), accumulate }
      for await (const { metrics, epoch } of train(setup)) return { loss: metrics["loss"]!, epoch }
      return undefined
    }
    const [whole, parts] = [(await seen(8, 1))!, (await seen(4, 2))!]
    expect(parts.epoch).toBe(whole.epoch)
    expect(parts.loss).toBeCloseTo(whole.loss, 5)
  })
})

describe("accumulation", () => {
  it.each(["vae relu", "gan points", "rbm pcd"])("resumes bit for bit with noise and players (%s)", async (name) => {
    const tiny = tinyNamed(name)
    const options = { batchSize: 3, accumulate: 3, optimizer: adam() }
    const half = await stepped(tiny, { ...options, steps: 7 })
    const resumed = await trained(setupOf(tiny, half, { ...options, steps: 20, schedule }))
    expect(bytesOf(resumed.parameters)).toEqual(bytesOf((await stepped(tiny, options)).parameters))
  })
  it("has fresh noise in every batch of a step", async () => {
    const tiny = tinyNamed("vae relu")
    const once = await stepped(tiny, { batchSize: 40, optimizer: sgd(), steps: 1 }) // each batch is the whole data
    const twice = await stepped(tiny, { batchSize: 40, accumulate: 2, optimizer: sgd(), steps: 1 })
    expect(worstOf(twice.parameters, once.parameters)).toBeGreaterThan(1e-6)
  })
  it("is refused by the loop of steps, not ignored", async () => {
    const tiny = tinyNamed("fvsbn raster")
    await expect(stepped(tiny, { accumulate: 2, executor: "loop" })).rejects.toThrow(
      new EidosError("usage", noAccumulation),
    )
  })
})
