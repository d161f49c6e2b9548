/** What holds for every model, whatever it is: one loop over the registry. */
import { describe, expect, it } from "vitest"
import type { NdArray } from "../../src/core/array.ts"
import { sizeOf } from "../../src/core/shape.ts"
import { batchAt } from "../../src/data/batches.ts"
import { fillEvents } from "../../src/data/preprocess.ts"
import { classProbabilities } from "../../src/evaluate/confidence.ts"
import { eventsOf } from "../../src/evaluate/evaluator.ts"
import { squaredErrors } from "../../src/evaluate/reconstruction.ts"
import { encodeEvents, reconstructions } from "../../src/explore/latent.ts"
import { samplesOf } from "../../src/explore/samples.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/index.ts"
import { leaves, live, type Parameters } from "../../src/graph/parameter.ts"
import { tracing } from "../../src/graph/trace.ts"
import { models } from "../../src/models/index.ts"
import { learningRate } from "../../src/optim/schedule.ts"
import { compile } from "../../src/runtime/ort-node.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { decodeSafetensors, encodeSafetensors } from "../../src/storage/safetensors.ts"
import { openExecutor } from "../../src/train/open-executor.ts"
import { assignedOf, gradientGraph, gradientOf } from "../../src/train/program.ts"
import { train } from "../../src/train/train.ts"
import {
  beginning,
  bytesOf,
  feedsOf,
  firstParameters,
  playersOf,
  type Setup,
  setupOf,
  type Tiny,
  tinies,
  tinyDataset,
  tinyOf,
  trainable,
  trained,
  worst,
  worstOf,
} from "./tiny.ts"

const batchSize = 6
const rowsOf = (count: number) => Uint32Array.from({ length: count }, (_, i) => i)

/** The batch of a training step as `train` is documented to choose it, with its labels where the model is conditional. */
function batchOf({ model, dataset, preprocessing, seed, batchSize }: Setup, step: number): Record<string, NdArray> {
  const { train } = dataset.splits
  const { epoch, indices } = batchAt(train.count, batchSize, step - 1, seed)
  const data = new Float32Array(batchSize * sizeOf(model.event))
  fillEvents(train, "train", indices, preprocessing, dataset.levels, { seed, epoch }, data, sizeOf(model.event))
  const x = { shape: [batchSize, ...model.event], data }
  const { classes } = model
  if (classes === undefined) return { x }
  const labels = Float32Array.from({ length: batchSize * classes }, (_, i) =>
    train.labels![indices[Math.floor(i / classes)]!] === i % classes ? 1 : 0,
  )
  return { x, label: { shape: [batchSize, classes], data: labels } }
}

/** Training in 64 bits from the definitions: each player's gradients by the interpreter, Adam as Kingma and Ba print it (alg. 1). */
function plainSteps(setup: Setup): Map<string, { shape: readonly number[]; data: Float64Array }> {
  const { model } = setup
  const [beta1, beta2] = [0.9, 0.999]
  const players = Object.keys(model.players).map((name) => gradientGraph(model, name, setup.batchSize))
  const values = new Map(
    [...setup.start.parameters].map(([path, { shape, data }]) => [path, { shape, data: Float64Array.from(data) }]),
  )
  const moments = new Map([...values].map(([path, { data }]) => [path, data.map(() => 0)]))
  const squares = new Map([...values].map(([path, { data }]) => [path, data.map(() => 0)]))
  for (let t = 1; t <= setup.steps; t++)
    for (const graph of players) {
      const feeds = feedsOf(graph, new Map(), batchOf(setup, t), { seed: setup.seed, step: t })
      const outputs = interpret(graph, { ...feeds, ...Object.fromEntries(values) })
      for (const [path, { data }] of values) {
        const [gradient, m, v] = [outputs[gradientOf(path)]?.data, moments.get(path)!, squares.get(path)!]
        for (let i = 0; gradient && i < data.length; i++) {
          m[i] = beta1 * m[i]! + (1 - beta1) * gradient[i]!
          v[i] = beta2 * v[i]! + (1 - beta2) * gradient[i]! ** 2
          const [first, second] = [m[i]! / (1 - beta1 ** t), v[i]! / (1 - beta2 ** t)]
          data[i]! -= (learningRate(setup.schedule, t) * first) / (Math.sqrt(second) + 1e-8)
        }
        const assigned = outputs[assignedOf(path)]
        if (assigned) data.set(assigned.data)
      }
    }
  return values
}

/** What a model answers in evaluation, whichever it can: codes, reconstructions and their errors, samples. */
async function answersOf(
  { model, dataset, preprocessing }: Tiny,
  parameters: Parameters,
): Promise<Record<string, Float32Array>> {
  const of = { model, parameters } as any
  const data = { dataset, preprocessing, split: "test" } as const
  const events = eventsOf(data, model.event, rowsOf(5))
  const answers = {
    ...(model.encode && { codes: (await encodeEvents(of, events)).data }),
    ...(model.encode &&
      model.decode && { means: (await reconstructions(of, events)).data, errors: await squaredErrors(of, data) }),
    ...(model.sampling !== "none" && { samples: (await samplesOf(of, 5, { seed: 1 })).data }),
    ...(model.classify && { probabilities: Float32Array.from(await classProbabilities(of, events)) }),
  }
  expect(Object.keys(answers)).not.toEqual([])
  return answers
}

describe("the registry", () => {
  it("is known to these laws, each model in a tiny configuration or more", () =>
    expect(new Set(tinies.map(({ definition }) => definition.name))).toEqual(new Set(Object.keys(models))))
})

describe.each(tinies)("$name", (tiny) => {
  const { model, definition, dataset } = tiny

  it("is what its definition says, and cites a paper", () => {
    expect([model.density, model.sampling]).toEqual([definition.density, definition.sampling])
    expect(model.event).toEqual(dataset.event)
    expect(definition.cites.length).toBeGreaterThan(0)
  })
  it("has exactly the functions its density and sampling promise", () => {
    const has = (name: string) => name in model
    expect([has("logProb"), has("elbo"), has("logWeights"), has("sample")]).toEqual([
      model.density === "tractable",
      model.density === "bounded",
      model.density === "bounded",
      model.sampling === "direct",
    ])
  })
  it("starts with the same weights from the same seed, and with others from another", async () => {
    const [first, again, other] = [
      await firstParameters(tiny, 7),
      await firstParameters(tiny, 7),
      await firstParameters(tiny, 8),
    ]
    expect(bytesOf(again)).toEqual(bytesOf(first))
    expect([...first.keys()].sort()).toEqual(
      leaves(model.params)
        .map(({ path }) => path)
        .sort(),
    )
    if (!model.fit) expect(bytesOf(other)).not.toEqual(bytesOf(first))
  })
  it("gives the same output after its weights were saved and loaded", async () => {
    const parameters = await firstParameters(tiny)
    const loaded = decodeSafetensors(encodeSafetensors(parameters), "memory").tensors
    expect(bytesOf(loaded)).toEqual(bytesOf(parameters))
    expect(await answersOf(tiny, loaded)).toEqual(await answersOf(tiny, parameters))
  })
  it("has evaluation traces without noise of training: the same input twice gives the same answers", async () => {
    const parameters = await firstParameters(tiny)
    expect(await answersOf(tiny, parameters)).toEqual(await answersOf(tiny, parameters))
  })
})

describe.each(trainable)("$name", (tiny) => {
  const { model } = tiny

  it("takes a step in ONNX Runtime as in the reference interpreter", async () => {
    const parameters = await firstParameters(tiny)
    for (const player of Object.keys(model.players)) {
      const graph = gradientGraph(model, player, batchSize)
      const feeds = feedsOf(graph, parameters, batchOf(setupOf(tiny, await beginning(tiny)), 1))
      const program = await compile(graph, { threads: 1 })
      const fast = await program.run(feeds)
      await program.dispose()
      const slow = interpret(graph, feeds)
      expect(Object.keys(fast).sort()).toEqual(Object.keys(slow).sort())
      expect(worstOf(new Map(Object.entries(fast)), new Map(Object.entries(slow)))).toBeLessThan(1e-5)
    }
  })
  it("gives every weight a gradient from some player", async () => {
    const parameters = await firstParameters(tiny)
    const setup = setupOf(tiny, { step: 0, parameters: new Map(), slots: new Map() })
    const moved = Object.keys(model.players).flatMap((player) => {
      const graph = gradientGraph(model, player, batchSize)
      const outputs = interpret(graph, feedsOf(graph, parameters, batchOf(setup, 1)))
      return Object.entries(outputs).flatMap(([name, { data }]) => (data.some((g) => g !== 0) ? [name] : []))
    })
    const weights = leaves(model.params).filter(({ value }) => value.kind === "weight")
    expect(weights.map(({ path }) => gradientOf(path)).filter((name) => !moved.includes(name))).toEqual([])
  })
  it("takes the same 25 steps as a loop, with the fused kernel, and in plain 64-bit arithmetic", async () => {
    const start = await beginning(tiny)
    const loop = await trained(setupOf(tiny, start, { executor: "loop" }))
    const kernel = await trained(setupOf(tiny, start, { executor: "kernel" }))
    const plain = plainSteps(setupOf(tiny, start))
    expect(worstOf(loop.parameters, kernel.parameters)).toBeLessThan(1e-5)
    expect(worstOf(loop.parameters, plain)).toBeLessThan(1e-5)
    expect(worstOf(kernel.parameters, plain)).toBeLessThan(1e-5)
    expect(worstOf(kernel.slots, loop.slots)).toBeLessThan(1e-4)
    expect(worstOf(start.parameters, plain)).toBeGreaterThan(0.02) // 25 steps do move the weights
  })
  // The loss of an unnormalized model is a difference that stays near zero; unnormalized.test.ts measures its likelihood.
  it.skipIf(model.density === "unnormalized")(
    "lowers its loss when it overfits 8 examples; where players pull against each other, the first does alone",
    async () => {
      const eight = {
        ...tiny.dataset.splits.train,
        count: 8,
        pixels: tiny.dataset.splits.train.pixels.subarray(0, 8 * sizeOf(model.event)),
      }
      const dataset = { ...tiny.dataset, splits: { ...tiny.dataset.splits, train: eight } }
      const losses: number[] = []
      const setup = setupOf({ ...tiny, dataset }, await beginning(tiny), { steps: 600, batchSize: 8, executor: "loop" })
      const [first] = Object.entries(model.players)
      const executor = await openExecutor({
        model: { ...model, players: Object.fromEntries([first!]) },
        optimizer: setup.optimizer,
        parameters: setup.start.parameters,
        kind: "loop",
        inputs: {
          seed: 1,
          batchSize: 8,
          learningRate: () => 1e-2,
          fillBatch: (step, out, labels) => {
            const { x, label } = batchOf(setup, step)
            out.set(x!.data)
            if (label) labels!.set(label.data)
          },
        },
      })
      for (const { loss } of await executor.run(1, 600)) losses.push(loss!)
      await executor.dispose()
      const average = (part: number[]) => part.reduce((a, b) => a + b, 0) / part.length
      const [early, late] = [average(losses.slice(0, 50)), average(losses.slice(-200))]
      expect(late).toBeLessThan(early - (/importance/.test(tiny.name) ? 0.01 : 0.03) * Math.abs(early))
    },
  )
  // A chain's draws are its sampler, no corruption of training.
  it.skipIf(model.sampling === "chain")("draws no corruption outside training", () => {
    const lossOf = (training: boolean) => {
      const x = input("x", [batchSize, ...model.event])
      const label = model.classes === undefined ? undefined : input("label", [batchSize, model.classes])
      const env = tracing(training, "noise", label)
      return graphOf({ loss: playersOf(tiny)[0]!.play(live(model.params), x, env).loss })
    }
    expect([...lossOf(false).draws.keys()].filter((name) => /noise\/|dropout/.test(name))).toEqual([])
    if (/masking|autoencoder gaussian/.test(tiny.name))
      expect([...lossOf(true).draws.keys()]).toEqual([/masking/.test(tiny.name) ? "noise/masking" : "noise/noise"])
  })
})

describe("a player with a part of the weights", () => {
  const tiny = trainable.find(({ name }) => name === "vae relu")!
  const player = { ...playersOf(tiny)[0]!, moves: ["decoder"] }
  it("leaves the others' weights untouched, to the bit", async () => {
    const start = await beginning(tiny)
    const setup = setupOf({ ...tiny, model: { ...tiny.model, players: { player } } as any }, start)
    const end = await trained(setup)
    const [before, after] = [bytesOf(start.parameters), bytesOf(end.parameters)]
    for (const [path, bytes] of Object.entries(before)) expect(after[path] === bytes).toBe(path.startsWith("encoder"))
  })
  it("that names no weight is refused", () =>
    expect(() =>
      gradientGraph({ ...tiny.model, players: { player: { ...player, moves: ["nobody"] } } } as any, "player", 2),
    ).toThrow("names no weight"))
})

describe("a setup that leaves everything to defaults", () => {
  it("trains fresh weights of seed 0 with Adam at a constant 1e-3, 128 events at a time", async () => {
    const tiny = trainable.find(({ name }) => name === "vae relu")!
    const { model, dataset, preprocessing } = tiny
    const rate = { name: "constant", start: 1e-3, end: 1e-3, steps: 20 } as const
    const told = { seed: 0, batchSize: 128, schedule: rate, steps: 20 }
    const explicit = await trained(setupOf(tiny, await beginning(tiny, 0), told))
    for await (const { step, parameters } of train({ model, dataset, preprocessing, steps: 20 })) {
      expect(step).toBe(20)
      expect(bytesOf(parameters)).toEqual(bytesOf(explicit.parameters))
    }
  })
  it("cannot train a model that is fitted", async () => {
    const { model, dataset, preprocessing } = tinies.find(({ name }) => name.startsWith("pca"))!
    await expect(train({ model, dataset, preprocessing, steps: 1 }).next()).rejects.toThrow("fitted in closed form")
  })
})

describe("the law of executors", () => {
  it("would notice another ε, another rate or another order of the batches", async () => {
    const tiny = tinyOf(
      "autoencoder",
      "small",
      { latent: 1, hidden: [] },
      tinyDataset([1, 1, 2], 256, (u) => 255 * u),
    )
    const start = await beginning(tiny)
    const honest = await trained(setupOf(tiny, start, { executor: "loop" }))
    for (const change of [{ seed: 2 }, { schedule: { name: "constant", start: 9e-3, end: 9e-3, steps: 25 } }] as const)
      expect(
        worstOf((await trained(setupOf(tiny, start, { ...change, executor: "kernel" }))).parameters, honest.parameters),
      ).toBeGreaterThan(1e-4)
    expect(worst([1], [1 + 1e-4])).toBeGreaterThan(1e-5)
  })
})
