import { expect, it } from "vitest"
import { fillUniform } from "../core/random.ts"
import { vae } from "../models/index.ts"
import { train } from "./train-web.ts"

it("leaves a page its turns: a timer stops a training that computes on its thread", { timeout: 30_000 }, async () => {
  const pixels = Uint8Array.from(fillUniform({ seed: 1, name: "pixels" }, new Float32Array(64 * 16)), (u) =>
    Number(u < 0.5),
  )
  const controller = new AbortController()
  const plan = {
    model: vae.build(vae.config.parse({ latent: 2, hidden: [8] }), [1, 4, 4]),
    dataset: { levels: 2, splits: { train: { count: 64, pixels } } },
    preprocessing: { binarize: "none", dequantize: false },
    steps: 100_000_000,
    signal: controller.signal,
  } as const
  let last = 0
  for await (const { step } of train(plan)) {
    if (last === 0) setTimeout(() => controller.abort(), 100) // once WebAssembly is loaded and nothing else waits
    last = step
  }
  expect(last).toBeLessThan(plan.steps)
})
