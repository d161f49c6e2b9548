/** What holds for every model that samples by a Markov chain, and what a generative stochastic network claims beyond. */
import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../../src/core/array.ts"
import { type Shape, sizeOf } from "../../src/core/shape.ts"
import { parzenLogDensities } from "../../src/evaluate/parzen.ts"
import { meanOf } from "../../src/evaluate/statistics.ts"
import { summarize } from "../../src/evaluate/summary.ts"
import { openChains, samplesOf } from "../../src/explore/samples.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/index.ts"
import { live } from "../../src/graph/parameter.ts"
import { tracing } from "../../src/graph/trace.ts"
import { configure } from "../../src/model/define.ts"
import { gsn } from "../../src/models/index.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { drawnFrom, randomParameters, stateNumbers } from "./binary.ts"
import { type ChainModel, stationary, surprise } from "./stationary.ts"
import { beginning, feedsOf, setupOf, tinies, tinyDataset, tinyOf, trained, worst } from "./tiny.ts"

const chains = tinies.filter(({ model }) => model.sampling === "chain")

describe.each(chains.filter(({ model }) => model.density !== "implicit"))("the chain of $name", (tiny) => {
  const model = tiny.model as ChainModel
  const { units } = model
  const parameters = randomParameters(model, { seed: 3, scale: 0.8 })
  const probabilities = stationary(model, parameters)!
  const n = 10_000
  const start = ndarray([n, units], drawnFrom(probabilities, units, { seed: 1, n }))

  it("leaves its distribution as it is: πT = π, by χ² over all states of 10,000 chains, within 4 standard deviations", async () => {
    expect(Math.abs(surprise(start.data, units, probabilities))).toBeLessThan(4)
    const walking = await openChains({ model, parameters } as any, n, { seed: 2, start, threads: 1 })
    await walking.advance(1)
    const states = walking.states().data
    await walking.dispose()
    expect(surprise(states, units, probabilities)).toBeLessThan(4)
    expect(states).not.toEqual(start.data)
    // The states of a model with other weights would be noticed.
    expect(
      surprise(states, units, stationary(model, randomParameters(model, { seed: 4, scale: 0.8 }))!),
    ).toBeGreaterThan(25)
  })
  it("reaches it from where it begins, or from zeros", async () => {
    const zeros = ndarray([n, units])
    const walking = await openChains({ model, parameters } as any, n, { seed: 5, start: zeros, threads: 1 })
    await walking.advance(30)
    const states = walking.states().data
    await walking.dispose()
    expect(surprise(zeros.data, units, probabilities)).toBeGreaterThan(25)
    expect(surprise(states, units, probabilities)).toBeLessThan(4)
  })
})

describe.each(chains)("the chain of $name", (tiny) => {
  const model = tiny.model as ChainModel
  const parameters = randomParameters(model, { seed: 3, scale: 0.8 })
  const of = { model, parameters } as any

  it("stands for events in [0, 1], which are zeros and ones where it says that they are samples", async () => {
    const { shape, data } = await samplesOf(of, 7, { seed: 1, burnIn: 3, threads: 1 })
    expect(shape).toEqual([7, ...model.event])
    expect(data.every((value) => value >= 0 && value <= 1)).toBe(true)
    expect(data.every((value) => value === 0 || value === 1)).toBe(model.emits === "sample")
  })
  it("takes 2 steps and then 3 as it takes 5, and others with another seed", async () => {
    const walked = async (seed: number, parts: number[]) => {
      const walking = await openChains(of, 50, { seed, threads: 1 })
      for (const part of parts) await walking.advance(part)
      const states = walking.states().data
      await walking.dispose()
      return states
    }
    const five = await walked(1, [5])
    expect(await walked(1, [2, 3])).toEqual(five)
    expect(await walked(2, [5])).not.toEqual(five)
  })
  it("gives more samples than it has chains, none of them left out", async () => {
    const { data } = await samplesOf(of, 450, { seed: 1, burnIn: 2, threads: 1 })
    const width = sizeOf(model.event)
    const first = (await samplesOf(of, 200, { seed: 1, burnIn: 2, threads: 1 })).data
    expect(data.subarray(0, 200 * width)).toEqual(first)
    expect(data.subarray(200 * width, 400 * width)).not.toEqual(first)
    expect(data.subarray(400 * width).some((value) => value > 0)).toBe(true)
  })
})

const gsnOf = (config: object, event: Shape) => gsn.build(configure(gsn, config), event)

describe("a generative stochastic network", () => {
  /** States of chains after a step, for a network with these weights. */
  async function stepped(config: object, parameters: Map<string, NdArray>, pixels: number, n = 4000) {
    const model = gsnOf(config, [1, 1, pixels])
    const walking = await openChains({ model, parameters } as any, n, { seed: 1, threads: 1 })
    await walking.advance(1)
    const states = walking.states().data
    await walking.dispose()
    return states
  }
  const identity = (pixels: number) =>
    ndarray(
      [pixels, pixels],
      Float32Array.from({ length: pixels ** 2 }, (_, i) => (i % (pixels + 1) === 0 ? 1 : 0)),
    )
  const constant = (pixels: number, bias: number) =>
    new Map([
      ["w", identity(pixels)],
      ["b", ndarray([pixels], new Float32Array(pixels).fill(bias))],
      ["c", ndarray([pixels])],
    ])

  it("replaces 40% of the pixels by salt or pepper: 20% of ones become 0, and 20% of zeros 1", async () => {
    // With W = I and no hidden noise, tanh⁻¹(h) is the corrupted image; the bias makes every pixel 1, or every pixel 0.
    const ones = await stepped({ hidden: 6, hiddenNoise: 0 }, constant(6, 50), 6)
    const zeros = await stepped({ hidden: 6, hiddenNoise: 0 }, constant(6, -50), 6)
    const standardError = Math.sqrt((0.2 * 0.8) / 24_000)
    expect(Math.abs(meanOf(ones.map((h) => (h < 0.5 ? 1 : 0))).value - 0.2)).toBeLessThan(4 * standardError)
    expect(Math.abs(meanOf(zeros.map((h) => (h < 0.5 ? 0 : 1))).value - 0.2)).toBeLessThan(4 * standardError)
  })
  it("adds its hidden noise both before and after the nonlinearity", async () => {
    // With W = 0: h = tanh(σε) + σε′ of variance E tanh²(σε) + σ², where noise on one side alone gives σ² or E tanh².
    const still = new Map(constant(6, 0)).set("w", ndarray([6, 6]))
    const states = await stepped({ hidden: 6, hiddenNoise: 2 }, still, 6)
    const squares = meanOf(states.map((h) => h * h))
    const grid = Array.from({ length: 2001 }, (_, i) => -5 + i / 200)
    const weights = grid.map((e) => Math.exp(-0.5 * e * e))
    const inside =
      grid.reduce((total, e, i) => total + weights[i]! * Math.tanh(2 * e) ** 2, 0) / weights.reduce((a, b) => a + b)
    expect(inside).toBeGreaterThan(0.5)
    expect(Math.abs(squares.value - (4 + inside))).toBeLessThan(4 * squares.standardError)
  })
  it("is asked for the clean image at every step of the walk", () => {
    // With W = 0 the reconstruction is σ(b) whatever came in, so the loss is the cross-entropy of x itself.
    const model = gsnOf({ hidden: 3, walkback: 3 }, [1, 1, 4])
    const [bias, x] = [
      [0.5, -1, 2, 0.1],
      [1, 0, 1, 1, 0, 0, 1, 0],
    ]
    const parameters = new Map([
      ["w", ndarray([4, 3])],
      ["b", ndarray([4], bias)],
      ["c", ndarray([3])],
    ])
    const shape = [2, 1, 1, 4]
    const { loss, metrics } = model.players.walk.play(live(model.params) as any, input("x", shape), tracing(true))
    const graph = graphOf({ loss, ...metrics })
    const outputs = interpret(graph, feedsOf(graph, parameters, { x: ndarray(shape, x) }))
    const entropy = x.reduce((total, bit, i) => total + Math.log(1 + Math.exp((bit ? -1 : 1) * bias[i % 4]!)), 0) / 2
    for (const name of ["loss", "firstStep", "lastStep"]) expect(outputs[name]!.data[0]).toBeCloseTo(entropy, 6)
  })
  it("walks as many steps as it is told, each with its own noise", () => {
    const model = gsnOf({ hidden: 3, walkback: 3 }, [1, 1, 4])
    const { loss } = model.players.walk.play(live(model.params) as any, input("x", [2, 1, 1, 4]), tracing(true))
    const draws = [...graphOf({ loss }).draws.keys()].sort()
    const each = (k: number) =>
      ["after", "before", "corruption", ...(k === 1 ? ["level"] : []), ...(k < 3 ? ["pixels"] : [])].map(
        (name) => `noise/walk/${k}/${name}`,
      )
    expect(draws).toEqual([1, 2, 3].flatMap(each)) // nothing is asked of the last step's pixels
  })

  const twoModes = tinyDataset([1, 2, 3], 2, (u, _, d) => (u < 0.5 === d < 3 ? 1 : 0)) // 111000 or 000111
  const tiny = tinyOf("gsn", "modes", { hidden: 20, hiddenNoise: 0.5 }, twoModes)
  const setup = async () => setupOf(tiny, await beginning(tiny), { steps: 1500, batchSize: 20, executor: "loop" })
  let training: Promise<any> | undefined
  /** The network trained on the two modes, once for all tests. */
  const walker = () => {
    training ??= setup()
      .then(trained)
      .then(({ parameters }) => ({ model: tiny.model, parameters }))
    return training
  }
  it("comes from noise to the data, to each of their two modes, and to no other", async () => {
    const of = await walker()
    const walking = await openChains(of, 1000, { seed: 1, threads: 1 })
    const shares = async () => {
      const numbers = stateNumbers((await walking.events()).data.map(Math.round), 6)
      const share = (state: number) => numbers.filter((number) => number === state).length / 1000
      return { first: share(0b111000), second: share(0b000111) }
    }
    await walking.advance(20)
    const late = await shares()
    await walking.dispose()
    expect(late.first + late.second).toBeGreaterThan(0.9)
    expect(Math.min(late.first, late.second)).toBeGreaterThan(0.3)
  })
  it("leaves each mode for the other", async () => {
    const of = await walker()
    const walking = await openChains(of, 200, { seed: 1, threads: 1 })
    await walking.advance(20)
    const mode = async () =>
      Array.from(
        (await walking.events()).data.filter((_, i) => i % 6 === 0),
        Math.round,
      )
    const before = await mode()
    await walking.advance(20)
    const after = await mode()
    await walking.dispose()
    for (const from of [0, 1]) expect(before.some((value, i) => value === from && after[i] !== from)).toBe(true)
  })
  it("claims no likelihood: only a Parzen window estimate that says not to rank it, beside that of training images", async () => {
    const of = await walker()
    const estimates = await summarize(of, { ...tiny, split: "test" }, { k: 0, threads: 1 })
    expect(estimates.map(({ quantity, kind }) => `${quantity}: ${kind}`)).toEqual([
      "Parzen log p(x) of training images: baseline",
      "Parzen log p(x): estimate",
    ])
    for (const { note } of estimates) expect(note).toMatch(/do not rank.*n = \d+, σ = [\d.]+ chosen on validation/)
  })
})

describe("parzen windows on a model's samples", () => {
  it("are a density: they integrate to 1 over the plane", async () => {
    const samples = ndarray([3, 2], [0.2, 0.3, 0.7, 0.6, 0.5, 0.1])
    const side = 120
    const grid = Float32Array.from({ length: 2 * side ** 2 }, (_, i) => {
      const cell = i >> 1
      return -1 + (3 * (i % 2 === 0 ? cell % side : Math.floor(cell / side))) / side
    })
    const [logs] = await parzenLogDensities(samples, ndarray([side ** 2, 2], grid), [0.15], { threads: 1 })
    const total = logs!.reduce((sum, value) => sum + Math.exp(value), 0) * (3 / side) ** 2
    expect(worst([total], [1])).toBeLessThan(1e-3)
  })
})
