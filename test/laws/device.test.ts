/** Whole steps as a device runs them are the steps of the processor; here the device is the processor itself. */
import { describe, expect, it } from "vitest"
import { optimizerOf } from "../../src/optim/settings.ts"
import { noAccumulation } from "../../src/train/device-executor.ts"
import { onlyOnProcessor } from "../../src/train/open-executor.ts"
import { beginning, bytesOf, setupOf, trainable, trained, worstOf } from "./tiny.ts"

describe.each(trainable)("$name", (tiny) => {
  it("moves as the kernels move it, and goes on bit for bit", async () => {
    const run = async (executor: "kernel" | "device", steps = 12, start = beginning(tiny)) =>
      trained(setupOf(tiny, await start, { steps: 12, snapshotEvery: steps, executor }))
    const [kernel, whole] = [await run("kernel"), await run("device")]
    expect(worstOf(whole.parameters, kernel.parameters)).toBeLessThan(1e-4)
    expect(worstOf(whole.slots, kernel.slots)).toBeLessThan(1e-4)
    const controller = new AbortController()
    const cut = { steps: 12, snapshotEvery: 5, executor: "device", signal: controller.signal } as const
    const half = await trained(setupOf(tiny, await beginning(tiny), cut), () => controller.abort())
    expect(half.step).toBe(5)
    const resumed = await run("device", 12, Promise.resolve(half))
    expect(bytesOf(resumed.parameters)).toEqual(bytesOf(whole.parameters))
    expect(bytesOf(resumed.slots)).toEqual(bytesOf(whole.slots))
  })
})

describe("the device executor", () => {
  const tiny = trainable.find(({ name }) => name === "vae relu")!
  it("changes no bit of the weights with what is measured", async () => {
    const runs = [1, 4].map(async (metricsEvery) =>
      trained(setupOf(tiny, await beginning(tiny), { steps: 9, executor: "device", metricsEvery })),
    )
    const [all, some] = await Promise.all(runs)
    expect(bytesOf(some!.parameters)).toEqual(bytesOf(all!.parameters))
  })
  it("keeps averages beside the weights", async () => {
    const optimizer = optimizerOf({ optimizer: { name: "adamw" }, clip: { norm: 0.1 }, ema: 0.9 })
    const runs = (["kernel", "device"] as const).map(async (executor) =>
      trained(setupOf(tiny, await beginning(tiny), { steps: 9, executor, optimizer })),
    )
    const [kernel, device] = await Promise.all(runs)
    expect(worstOf(device!.slots, kernel!.slots)).toBeLessThan(1e-5)
  })
  it("refuses what only the processor does", async () => {
    const start = await beginning(tiny)
    await expect(trained(setupOf(tiny, start, { executor: "device", accumulate: 2 }))).rejects.toThrow(noAccumulation)
    const loop = { executor: "loop", device: { provider: "webgpu" } } as const
    await expect(trained(setupOf(tiny, start, loop))).rejects.toThrow(onlyOnProcessor("loop"))
  })
})
