/** A batch worked on in shares, side by side, moves the weights as the whole batch does; what data share is never split. */
import { describe, expect, it } from "vitest"
import { EidosError } from "../../src/core/errors.ts"
import { fillUniform } from "../../src/core/random.ts"
import { initialize } from "../../src/graph/parameter.ts"
import { vae } from "../../src/models/index.ts"
import { adam } from "../../src/optim/adam.ts"
import { sgd } from "../../src/optim/sgd.ts"
import { cannotShare } from "../../src/train/gradient-program.ts"
import { type NodeSetup, openExecutor } from "../../src/train/open-executor.ts"
import { firstParameters, type Tiny, trainable, worstOf } from "./tiny.ts"

const batchSize = 8
const isPerDatum = ({ model }: Tiny) => Object.values(model.players).every(({ perDatum }) => perDatum)

async function setupOf(tiny: Tiny, shares: number): Promise<NodeSetup> {
  const { classes } = tiny.model
  const inputs = {
    seed: 4,
    batchSize,
    learningRate: () => 0.05,
    fillBatch(step: number, out: Float32Array, labels: Float32Array | undefined) {
      fillUniform({ seed: 5, name: "batch", step }, out)
      labels?.fill(0)
      for (let row = 0; row < batchSize; row++) if (labels) labels[row * classes! + ((row + step) % classes!)] = 1
    },
  }
  return {
    model: tiny.model,
    optimizer: sgd(),
    parameters: await firstParameters(tiny),
    inputs,
    kind: "kernel",
    shares,
  }
}

async function stepped(tiny: Tiny, shares: number, steps = 3) {
  const executor = await openExecutor(await setupOf(tiny, shares))
  const metrics = await executor.run(1, steps)
  const parameters = new Map(
    [...executor.parameters()].map(([path, { shape, data }]) => [path, { shape, data: data.slice() }] as const),
  )
  await executor.dispose()
  return { parameters, metrics }
}

describe.each(trainable.filter(isPerDatum))("$name", (tiny) => {
  it.each([2, 4])("takes the same steps in %i shares", async (shares) => {
    const [whole, parts] = [await stepped(tiny, 1), await stepped(tiny, shares)]
    expect(worstOf(parts.parameters, whole.parameters)).toBeLessThan(2e-5)
    for (const [i, metrics] of whole.metrics.entries())
      for (const [name, value] of Object.entries(metrics)) expect(parts.metrics[i]![name]).toBeCloseTo(value, 3)
  })
  it("gives the same bits every time", async () => {
    const [once, again] = [await stepped(tiny, 2), await stepped(tiny, 2)]
    for (const [path, { data }] of once.parameters) expect(again.parameters.get(path)!.data).toEqual(data)
  })
})

describe.each(trainable.filter((tiny) => !isPerDatum(tiny)))("$name", (tiny) => {
  it("refuses to be split", async () => {
    const player = Object.entries(tiny.model.players).find(([, { perDatum }]) => !perDatum)![0]
    await expect(stepped(tiny, 2)).rejects.toThrow(new EidosError("usage", cannotShare(player)))
  })
})

describe("a model of millions of weights", () => {
  const model = vae.build(vae.config.parse({ latent: 2, hidden: [700] }), [1, 28, 28])
  it("moves as with one thread, in memory that threads share, and hands out arrays of its own", async () => {
    const run = async (threads: number) => {
      const executor = await openExecutor({
        model,
        optimizer: adam(),
        parameters: initialize(model.params, 3),
        inputs: {
          seed: 1,
          batchSize: 4,
          learningRate: () => 1e-3,
          fillBatch: (step, out) => void fillUniform({ seed: 6, name: "batch", step }, out),
        },
        kind: "kernel",
        session: { threads },
      })
      await executor.run(1, 3)
      const held = { parameters: executor.parameters(), slots: executor.slots() }
      await executor.dispose()
      return held
    }
    const [one, two] = [await run(1), await run(2)]
    expect(worstOf(two.parameters, one.parameters)).toBeLessThan(1e-4)
    for (const arrays of [two.parameters, two.slots])
      for (const { data } of arrays.values()) expect(data.buffer).toBeInstanceOf(ArrayBuffer)
  })
})
