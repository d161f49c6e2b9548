/** What holds for every model that draws its pixels one after the other, and what each of them claims beyond. */
import { describe, expect, it } from "vitest"
import { ndarray } from "../../src/core/array.ts"
import { fillUniform } from "../../src/core/random.ts"
import { sizeOf } from "../../src/core/shape.ts"
import { oneHotFeeds } from "../../src/evaluate/evaluator.ts"
import { ancestralSamples } from "../../src/explore/ancestral.ts"
import { samplesOf } from "../../src/explore/samples.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input, reshape, slice, sum } from "../../src/graph/ops/index.ts"
import { live, type Parameters } from "../../src/graph/parameter.ts"
import { pullback } from "../../src/graph/pullback.ts"
import { tracing } from "../../src/graph/trace.ts"
import type { Ancestral, Model, Tractable } from "../../src/model/capabilities.ts"
import { maskSets } from "../../src/models/autoregressive/made.ts"
import { visitsOf } from "../../src/nn/order.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { gradientGraph, gradientOf } from "../../src/train/program.ts"
import {
  beginning,
  confined,
  feedsOf,
  setupOf,
  sixBits,
  strongParameters,
  type Tiny,
  threeClasses,
  tinies,
  tinyDataset,
  tinyOf,
  trained,
  worst,
} from "./tiny.ts"

type Pixelwise = Model & Ancestral<any>
const ancestral = tinies
  .filter(({ model }) => model.sampling === "ancestral")
  .map((tiny) => ({ ...tiny, model: tiny.model as Pixelwise }))

const binaryImages = (pixels: number): number[][] =>
  Array.from({ length: 2 ** pixels }, (_, image) => Array.from({ length: pixels }, (_, d) => (image >> d) & 1))
const someImages = (count: number, pixels: number): number[][] => {
  const bits = fillUniform({ seed: 9, name: "images" }, new Float32Array(count * pixels))
  return Array.from({ length: count }, (_, i) => Array.from(bits.subarray(i * pixels, (i + 1) * pixels), Math.round))
}
const classesOf = ({ classes = 1 }: Pick<Model, "classes">): number[] => [...Array(classes).keys()]
const surroundings = ({ classes }: Model, rows: number, training = false) =>
  tracing(training, "noise", classes === undefined ? undefined : input("label", [rows, classes]))
const feeds = (model: Model, images: number[][], label: number) => ({
  x: ndarray([images.length, ...model.event], images.flat()),
  ...oneHotFeeds(model, Array(images.length).fill(label)),
})

/** Logits of each image in order `k`, in 64 bits: [images][pixels]. */
function logitsOf(model: Pixelwise, parameters: Parameters, images: number[][], { k = 0, label = 0 } = {}): number[][] {
  const x = input("x", [images.length, ...model.event])
  const graph = graphOf({ y: model.conditional(live(model.params), x, k, surroundings(model, images.length)) })
  const { data } = interpret(graph, feedsOf(graph, parameters, feeds(model, images, label)))["y"]!
  const pixels = sizeOf(model.event)
  return images.map((_, i) => Array.from(data.subarray(i * pixels, (i + 1) * pixels)))
}
/** log p of each image, in 64 bits. */
function logProbs(model: Model, parameters: Parameters, images: number[][], label = 0): number[] {
  const x = input("x", [images.length, ...model.event])
  const env = surroundings(model, images.length)
  const graph = graphOf({ y: (model as Model & Tractable<any>).logProb(live(model.params), x, env) })
  return Array.from(interpret(graph, feedsOf(graph, parameters, feeds(model, images, label)))["y"]!.data)
}

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a))
const logBernoulli = (x: number, logit: number): number => Math.log(x === 1 ? sigmoid(logit) : sigmoid(-logit))
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** The largest |∂ logit_i / ∂ x_j| over images and weights: [i][j]. */
function largestDerivatives(model: Pixelwise, k: number, label: number, training: boolean): number[][] {
  const pixels = sizeOf(model.event)
  const images = someImages(8, pixels)
  const x = input("x", [images.length, ...model.event])
  const env = surroundings(model, images.length, training)
  const logits = reshape(model.conditional(live(model.params), x, k, env), [images.length, pixels])
  const ofPixel = (i: number) => pullback(sum(slice(logits, 1, i, i + 1)), [x])[0]!
  const graph = graphOf(Object.fromEntries(Array.from({ length: pixels }, (_, i) => [`${i}`, ofPixel(i)])))
  const parameters = (seed: number) => {
    const strong = strongParameters({ model }, seed)
    return training ? confined({ model }, strong) : strong
  }
  const runs = [1, 2, 3].map((seed) => interpret(graph, feedsOf(graph, parameters(seed), feeds(model, images, label))))
  const largest = (i: number, j: number) =>
    Math.max(...runs.flatMap((run) => images.map((_, row) => Math.abs(run[`${i}`]!.data[row * pixels + j]!))))
  return Array.from({ length: pixels }, (_, i) => Array.from({ length: pixels }, (_, j) => largest(i, j)))
}

describe.each(ancestral)("$name", ({ model }) => {
  const pixels = sizeOf(model.event)

  it("visits every pixel once in each of its orders", () => {
    expect(model.orders.length).toBeGreaterThan(0)
    for (const order of model.orders) expect([...order].sort((a, b) => a - b)).toEqual([...Array(pixels).keys()])
  })

  it.each([false, true])(
    "is causal: each logit depends on all pixels before its own and on no other (training: %s)",
    (training) => {
      for (const [k, order] of model.orders.entries()) {
        const visits = visitsOf(order)
        const derivatives = largestDerivatives(model, k, classesOf(model).at(-1)!, training)
        const depends = derivatives.map((row) => row.map((derivative) => derivative !== 0))
        expect(depends).toEqual(visits.map((own) => visits.map((other) => other < own)))
      }
    },
  )

  it("has log p(x) = log mean over its orders of Π p(x_i | x_<i)", () => {
    const images = binaryImages(pixels)
    const parameters = strongParameters({ model })
    for (const label of classesOf(model)) {
      const inOrder = model.orders.map((_, k) =>
        logitsOf(model, parameters, images, { k, label }).map((logits, i) =>
          total(logits.map((logit, d) => logBernoulli(images[i]![d]!, logit))),
        ),
      )
      const expected = images.map((_, i) => Math.log(total(inOrder.map((each) => Math.exp(each[i]!))) / inOrder.length))
      expect(worst(logProbs(model, parameters, images, label), expected)).toBeLessThan(1e-10)
    }
  })

  it("draws samples that follow its probabilities: χ² over the 64 images", async () => {
    const n = 9000 // a multiple of 3 classes, which take turns
    const parameters = strongParameters({ model })
    const { data } = await samplesOf({ model, parameters } as any, n, { seed: 5, threads: 1 })
    const observed = new Array<number>(2 ** pixels).fill(0)
    for (let i = 0; i < n; i++) {
      let image = 0
      for (let d = 0; d < pixels; d++) image += data[i * pixels + d]! * 2 ** d
      observed[image]!++
    }
    const images = binaryImages(pixels)
    const given = classesOf(model).map((label) => logProbs(model, parameters, images, label).map(Math.exp))
    const expected = images.map((_, i) => (n * total(given.map((p) => p[i]!))) / given.length)
    expect(standardized(observed, expected)).toBeLessThan(4)
    const uniform = images.map(() => n / images.length)
    expect(standardized(observed, uniform)).toBeGreaterThan(100) // the test would see another distribution
  })
})

/** (χ² − degrees of freedom) / its standard error √(2 · degrees of freedom); images expected less than 5 times share a cell. */
function standardized(observed: readonly number[], expected: readonly number[]): number {
  const cells = expected.flatMap((e, i) => (e >= 5 ? [{ e, o: observed[i]! }] : []))
  const rare = { e: total(expected.filter((e) => e < 5)), o: total(observed.filter((_, i) => expected[i]! < 5)) }
  if (rare.e >= 5) cells.push(rare)
  else expect(rare.o).toBeLessThan(20)
  const freedom = cells.length - 1
  return (total(cells.map(({ e, o }) => (o - e) ** 2 / e)) - freedom) / Math.sqrt(2 * freedom)
}

const pixelwise = (tiny: Tiny): Pixelwise => tiny.model as Pixelwise
const eightBits = tinyDataset([1, 2, 4], 2, (u, v, d) => ((d < 4 ? u : v) < 0.5 ? 0 : 1))
const thirtyFiveBits = tinyDataset([1, 5, 7], 2, (u, v, d) => ((d % 2 === 0 ? u : v) < 0.5 ? 0 : 1))
const inRandomOrder = [
  { name: "fvsbn", config: { order: "random", orderSeed: 2 } },
  { name: "nade", config: { hidden: 4, order: "random", orderSeed: 2 } },
  { name: "made", config: { hidden: [12, 9], order: "random", maskSeed: 2 } },
] as const

describe.each(inRandomOrder)("$name in a random order", ({ name, config }) => {
  it("sums to 1 over all 256 images of 8 pixels", () => {
    const model = pixelwise(tinyOf(name, "8", config, eightBits))
    expect(model.orders[0]).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    const sum = total(logProbs(model, strongParameters({ model }), binaryImages(8)).map(Math.exp))
    expect(Math.abs(sum - 1)).toBeLessThan(1e-9)
  })
})

describe.each(["fvsbn", "nade"] as const)("%s", (name) => {
  it("refuses a seed for the raster order, which has none", () =>
    expect(() => tinyOf(name, "seeded", { orderSeed: 1 }, sixBits)).toThrow("the raster order has no seed"))
})

describe("FVSBN", () => {
  it.each(["raster", "random"])("is a logistic regression of each pixel on those before it (%s)", (order) => {
    const model = pixelwise(tinyOf("fvsbn", order, { order }, sixBits))
    const parameters = strongParameters({ model })
    const [w, b] = [parameters.get("w")!.data, parameters.get("b")!.data]
    const visits = visitsOf(model.orders[0]!)
    const images = binaryImages(6)
    const expected = images.map((x) =>
      x.map((_, i) => b[i]! + total(x.map((pixel, j) => (visits[j]! < visits[i]! ? pixel * w[j * 6 + i]! : 0)))),
    )
    expect(worst(logitsOf(model, parameters, images).flat(), expected.flat())).toBeLessThan(1e-10)
  })
})

/** p(x_{o_d} = 1 | x_{o_<d}) = σ(b_d + V_d · σ(c + Σ_{i<d} x_{o_i} W_i)), each from the start: O(D²H). */
function naiveNade(order: readonly number[], parameters: Parameters, x: readonly number[]): number[] {
  const [w, c, v, b] = ["w", "c", "v", "b"].map((path) => parameters.get(path)!.data) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  const hidden = c.length
  const logits = new Array<number>(x.length)
  for (const [d, pixel] of order.entries()) {
    let logit = b[d]!
    for (let h = 0; h < hidden; h++) {
      let a = c[h]!
      for (let i = 0; i < d; i++) a += x[order[i]!]! * w[i * hidden + h]!
      logit += v[d * hidden + h]! * sigmoid(a)
    }
    logits[pixel] = logit
  }
  return logits
}

describe("NADE", () => {
  it.each(["raster", "random"])(
    "has the logits of the naive definition, over blocks of the recurrence too (%s)",
    (order) => {
      const model = pixelwise(tinyOf("nade", order, { hidden: 7, order }, thirtyFiveBits))
      const parameters = strongParameters({ model })
      const images = someImages(5, 35)
      const expected = images.flatMap((x) => naiveNade(model.orders[0]!, parameters, x))
      expect(worst(logitsOf(model, parameters, images).flat(), expected)).toBeLessThan(1e-10)
    },
  )
  it("gives the first pixel one probability for all images, that of b and c alone", () => {
    const model = pixelwise(tinyOf("nade", "first", { hidden: 4 }, sixBits))
    const parameters = strongParameters({ model })
    const [c, v, b] = ["c", "v", "b"].map((path) => parameters.get(path)!.data) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    const expected = b[0]! + total(Array.from(c, (each, h) => v[h]! * sigmoid(each)))
    for (const [first] of logitsOf(model, parameters, binaryImages(6))) expect(first).toBeCloseTo(expected, 12)
    const others = new Map(parameters).set("w", strongParameters({ model }, 2).get("w")!)
    expect(logitsOf(model, others, [[1, 1, 1, 1, 1, 1]])[0]![0]).toBeCloseTo(expected, 12)
  })
})

describe("the mask sets of MADE", () => {
  const options = { hidden: [40, 30, 20], masks: 6, order: "raster", maskSeed: 3 } as const
  const sets = maskSets(8, options)
  it("have hidden degrees from the smallest of the layer before to one less than the number of pixels", () => {
    for (const { degrees } of sets)
      for (const [l, layer] of degrees.slice(1).entries()) {
        expect(Math.min(...layer)).toBeGreaterThanOrEqual(Math.min(...degrees[l]!))
        expect(Math.max(...layer)).toBeLessThanOrEqual(7)
      }
    const first = sets.flatMap(({ degrees }) => degrees[1]!)
    expect([...new Set(first)].sort()).toEqual([1, 2, 3, 4, 5, 6, 7]) // every degree is drawn, 8 and 0 never
  })
  it("are the same for the same seed, differ among each other, and only the first visits in raster order", () => {
    expect(maskSets(8, options)).toEqual(sets)
    expect(maskSets(8, { ...options, maskSeed: 4 })).not.toEqual(sets)
    expect(new Set(sets.map(({ order }) => order.join())).size).toBe(6)
    expect(sets.findIndex(({ order }) => order.join() === "0,1,2,3,4,5,6,7")).toBe(0)
  })
  it("give a unit the pixels up to its degree, an output those below its own", () => {
    const model = pixelwise(tinyOf("made", "paths", { hidden: [3], direct: false, maskSeed: 5, masks: 2 }, sixBits))
    const [, set] = maskSets(6, { hidden: [3], masks: 2, order: "raster", maskSeed: 5 })
    const [own, hidden] = set!.degrees as [number[], number[]]
    const connected = own.map((to) => own.map((from) => hidden.some((m) => m >= from && to > m)))
    const derivatives = largestDerivatives(model, 1, 0, false)
    // A rectifier may be shut, so that a derivative may vanish where a path exists, never the other way round.
    for (const [i, row] of derivatives.entries())
      for (const [j, derivative] of row.entries()) if (!connected[i]![j]) expect(derivative).toBe(0)
    expect(connected.flat().filter(Boolean).length).toBeGreaterThan(0)
    expect(derivatives.flat().filter((each) => each !== 0).length).toBeGreaterThan(
      0.7 * connected.flat().filter(Boolean).length,
    )
  })
})

describe("MADE with several mask sets", () => {
  const options = { hidden: [8], masks: 3 }
  const tiny = tinyOf("made", "sets", options, sixBits)
  const model = pixelwise(tiny)
  const parameters = strongParameters({ model })
  const images = someImages(4, 6)
  const graph = gradientGraph(model, "likelihood", 4)
  const stepWith = (u: number) =>
    interpret(graph, {
      ...feedsOf(graph, parameters, feeds(model, images, 0)),
      "noise/mask": { shape: [1], data: [u] },
    })
  const lossIn = (k: number) =>
    -total(
      logitsOf(model, parameters, images, { k }).map((logits, i) =>
        total(logits.map((logit, d) => logBernoulli(images[i]![d]!, logit))),
      ),
    ) / images.length

  it.each([
    [0, 0],
    [0.33, 0],
    [0.34, 1],
    [0.66, 1],
    [0.67, 2],
    [1 - 2 ** -24, 2],
  ])("trains on one of them a step: the draw %f chooses set %i", (u, k) => {
    expect(stepWith(u)["loss"]!.data[0]).toBeCloseTo(lossIn(k), 10)
    expect(Math.abs(lossIn(k) - lossIn((k + 1) % 3))).toBeGreaterThan(1e-3)
  })
  it("gives no gradient to weights outside the drawn set's masks, and one to most of those inside", () => {
    const sets = maskSets(6, { ...options, order: "raster", maskSeed: 0 })
    for (const [k, { degrees }] of sets.entries()) {
      const [own, hidden] = degrees as [number[], number[]]
      const inside = own.flatMap((from) => hidden.map((to) => to >= from))
      const gradient = stepWith((k + 0.5) / 3)[gradientOf("layers.0.w")]!.data
      expect(inside.filter((isInside, i) => !isInside && gradient[i] !== 0)).toEqual([])
      expect(inside.filter((isInside, i) => isInside && gradient[i] !== 0).length).toBeGreaterThan(5)
    }
    expect(new Set(sets.map(({ degrees }) => degrees.join())).size).toBe(3)
  })
  it("evaluates all of them without a draw", () => {
    const x = input("x", [4, ...model.event])
    const { loss } = model.players["likelihood"]!.play(live(model.params), x, tracing(false))
    const evaluated = graphOf({ loss })
    expect(evaluated.draws.size).toBe(0)
    const value = interpret(evaluated, feedsOf(evaluated, parameters, feeds(model, images, 0)))["loss"]!.data[0]
    expect(value).toBeCloseTo(-total(logProbs(model, parameters, images)) / 4, 10)
  })
})

describe("MADE", () => {
  it("leaves weights outside its mask as they are, to the bit, however long it trains", async () => {
    const tiny = tinyOf("made", "one", { hidden: [30] }, sixBits)
    const [set] = maskSets(6, { hidden: [30], masks: 1, order: "raster", maskSeed: 0 })
    const [own, hidden] = set!.degrees as [number[], number[]]
    const inside = own.flatMap((from) => hidden.map((to) => to >= from))
    const start = await beginning(tiny)
    for (const executor of ["loop", "kernel"] as const) {
      const end = await trained(setupOf(tiny, start, { executor }))
      const [before, after] = [start, end].map(({ parameters }) => parameters.get("layers.0.w")!.data)
      const moved = Array.from(before!, (w, i) => w !== after![i])
      expect(moved.filter((isMoved, i) => isMoved && !inside[i]).length).toBe(0)
      expect(moved.filter(Boolean).length).toBeGreaterThan(0.25 * inside.filter(Boolean).length)
    }
    expect(inside.filter((isInside) => !isInside).length).toBeGreaterThan(5)
  })
  it("tells every pixel its class, the first one too", () => {
    const model = pixelwise(tinyOf("made", "told", { hidden: [5], classes: 3 }, threeClasses))
    const [a, b] = [0, 1].map(
      (label) => logitsOf(model, strongParameters({ model }), [[0, 1, 0, 1, 1, 0]], { label })[0]!,
    )
    for (const [d, logit] of a!.entries()) expect(Math.abs(logit - b![d]!)).toBeGreaterThan(1e-3)
  })
})

describe.each(ancestral.filter(({ model }) => model.recurrence !== undefined))("$name", (tiny) => {
  it("draws by its recurrence what it draws by whole conditionals from the same noise", async () => {
    const run = { model: tiny.model, parameters: strongParameters(tiny) }
    const draw = async (recurrent: boolean) =>
      Array.from((await ancestralSamples(run, 300, { seed: 5, recurrent, threads: 1 })).data)
    const byRecurrence = await draw(true)
    expect(byRecurrence).toEqual(await draw(false))
    expect(new Set(byRecurrence).size).toBe(2)
  })
})
