/** Weights outside a fixed mask are zero through all of training, whatever they were before, and take no part in anything. */
import { describe, expect, it } from "vitest"
import { fillUniform } from "../../src/core/random.ts"
import { type Leaf, leaves, type Parameters } from "../../src/graph/parameter.ts"
import { adamw } from "../../src/optim/adamw.ts"
import { lion } from "../../src/optim/lion.ts"
import type { Optimizer } from "../../src/optim/optimizer.ts"
import { sgd } from "../../src/optim/sgd.ts"
import type { Executor } from "../../src/train/executor.ts"
import { openExecutor } from "../../src/train/open-executor.ts"
import { confined, copied, strongParameters, type Tiny, trainable } from "./tiny.ts"

const sparse = ({ model }: Tiny) => leaves(model.params).filter(({ value }) => value.keeps)

/** The same weights, with other numbers where a mask lets nothing pass. */
function disturbed(tiny: Tiny, parameters: Parameters): Parameters {
  const changed = copied(parameters)
  for (const { path, value } of sparse(tiny)) {
    const { data } = changed.get(path)!
    for (let at = 0; at < data.length; at++) if (!value.keeps!(at)) data[at] = 7 + at
  }
  return changed
}

async function stepped({ model }: Tiny, parameters: Parameters, optimizer: Optimizer, kind: Executor["kind"]) {
  const inputs = {
    seed: 4,
    batchSize: 8,
    learningRate: () => 0.05,
    fillBatch: (step: number, out: Float32Array) => void fillUniform({ seed: 5, name: "batch", step }, out),
  }
  const executor = await openExecutor({ model, optimizer, parameters, inputs, kind })
  const metrics = await executor.run(1, 4)
  const moved = copied(executor.parameters())
  await executor.dispose()
  return { moved, metrics }
}

const outside = ({ keeps }: Leaf, data: Float32Array) => [...data].filter((_, at) => !keeps!(at))

it("are those of several models", () => {
  expect(trainable.filter((tiny) => sparse(tiny).length > 0).map(({ definition }) => definition.name)).toEqual(
    expect.arrayContaining(["made", "fvsbn"]),
  )
})

describe.each(trainable.filter((tiny) => sparse(tiny).length > 0))("$name", (tiny) => {
  const strong = strongParameters(tiny)
  const first = confined(tiny, strong)
  it.each([
    ["SGD", sgd({ momentum: 0.9 })],
    ["AdamW", adamw({ weightDecay: 0.1 })],
    ["Lion", lion()],
  ] as const)("stay zero under %s", async (_, optimizer) => {
    const { moved } = await stepped(tiny, strong, optimizer, "kernel")
    for (const { path, value } of sparse(tiny)) {
      const { data } = moved.get(path)!
      expect(new Set(outside(value, data).map(Math.abs))).toEqual(new Set([0]))
      expect(data).not.toEqual(first.get(path)!.data) // others moved
    }
  })
  it.each(["kernel", "loop"] as const)("change no bit of a step in a %s", async (kind) => {
    const [as, other] = [
      await stepped(tiny, strong, sgd(), kind),
      await stepped(tiny, disturbed(tiny, strong), sgd(), kind),
    ]
    expect(other.metrics).toEqual(as.metrics)
    for (const [path, { data }] of as.moved) expect(other.moved.get(path)!.data).toEqual(data)
  })
})
