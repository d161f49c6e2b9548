/** What a VAE that is conditioned on labels claims beyond one that is not. */
import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../../src/core/array.ts"
import { fillNormal } from "../../src/core/random.ts"
import type { Split } from "../../src/data/dataset.ts"
import { glyphs } from "../../src/data/glyphs.ts"
import { noLabels, tooFewClasses } from "../../src/data/labels.ts"
import { oneHotFeeds } from "../../src/evaluate/evaluator.ts"
import { decodeCodes } from "../../src/explore/latent.ts"
import { samplesOf } from "../../src/explore/samples.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/index.ts"
import { initialize, leaves, live, type Parameters } from "../../src/graph/parameter.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import { type Env, tracing } from "../../src/graph/trace.ts"
import { configure } from "../../src/model/define.ts"
import { vae } from "../../src/models/variational/vae.ts"
import { adam } from "../../src/optim/adam.ts"
import { exportModel } from "../../src/run/export.ts"
import { openSession, toTensor } from "../../src/runtime/ort-node.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { beginning, feedsOf, setupOf, sixPixels, threeClasses, tinyOf, trained, worst } from "./tiny.ts"

const event = [1, 2, 3]
const build = (config: object) => vae.build(configure(vae, config), event)
const conditional = build({ latent: 2, hidden: [5], classes: 3 })
const plain = build({ latent: 2, hidden: [5] })
type Vae = typeof conditional

const randomly = (model: Vae): Map<string, NdArray> =>
  new Map(
    leaves(model.params).map(({ path, value: { shape } }) => [
      path,
      { shape, data: fillNormal({ seed: 4, name: path }, new Float32Array(shape.reduce((a, b) => a * b, 1))) },
    ]),
  )
const twoImages = ndarray([2, ...event], [0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0])

/** Everything the model says of two images and two codes under two labels, by name, with the same noise. */
function said(model: Vae, parameters: Parameters, labels: readonly number[]) {
  const given = { x: twoImages, z: ndarray([2, 2], [0.3, -1, 1, 0.5]) }
  const label = model.classes === undefined ? undefined : input("label", [2, model.classes])
  const trace = (f: (p: any, env: Env) => Record<string, Tensor>) => {
    const graph = graphOf(f(live(model.params), tracing(false, "noise", label)))
    return interpret(graph, feedsOf(graph, parameters, { ...given, ...oneHotFeeds(model, labels) }))
  }
  const x = input("x", [2, ...event])
  return {
    ...trace((p, env) => ({ ...model.elbo(p, x, env) })),
    ...trace((p, env) => ({ weights: model.logWeights(p, x, 3, env) })),
    ...trace((p, env) => ({ codes: model.encode(p, x, env) })),
    ...trace((p, env) => ({ means: model.decode(p, input("z", [2, 2]), env) })),
    ...trace((p, env) => ({ samples: model.sample(p, 2, env) })),
  }
}
const numbersOf = (outputs: Readonly<Record<string, { data: ArrayLike<number> }>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data)]))

describe("a conditional VAE", () => {
  const parameters = randomly(conditional)

  it("whose weights for labels are zero is the unconditional one, under any label", () => {
    const without = randomly(plain)
    const withZeros = new Map(without)
    for (const path of ["encoder.0.w", "decoder.0.w"]) {
      const { shape, data } = without.get(path)!
      const [rows = 0, columns = 0] = shape
      withZeros.set(path, ndarray([rows + 3, columns], [...data, ...Array<number>(3 * columns).fill(0)]))
    }
    const known = numbersOf(said(plain as unknown as Vae, without, []))
    for (const labels of [
      [0, 1],
      [2, 2],
    ] as const)
      expect(numbersOf(said(conditional, withZeros, labels))).toEqual(known)
  })

  it("hears its label in everything it says", () => {
    const [one, other] = [
      [0, 1],
      [2, 1],
    ].map((labels) => numbersOf(said(conditional, parameters, labels)))
    for (const [name, values] of Object.entries(one!)) {
      const half = values.length / 2
      expect([name, values.slice(0, half)]).not.toEqual([name, other![name]!.slice(0, half)])
      expect([name, values.slice(half)]).toEqual([name, other![name]!.slice(half)]) // the second label is the same
    }
  })

  it("exports a decoder that reads the label from a port of its own and says the same", async () => {
    const z = ndarray([2, 2], [0.3, -1, 1, 0.5])
    const { bytes } = exportModel({ model: conditional, parameters }, {}).find(({ role }) => role === "decoder")!
    const session = await openSession(bytes, { threads: 1 })
    for (const labels of [
      [0, 2],
      [1, 1],
    ]) {
      const { label } = oneHotFeeds(conditional, labels)
      const { mean } = await session.run({ z: toTensor(z), label: toTensor(label!) })
      const own = await decodeCodes({ model: conditional, parameters }, z, labels)
      expect(worst(mean!.data as Float32Array, own.data)).toBeLessThan(1e-6)
    }
    await session.release()
  })

  it("refuses data without labels, and labels it has no place for", async () => {
    const onSixPixels = (dataset: typeof sixPixels) =>
      tinyOf("vae", "", { latent: 2, hidden: [5], classes: 2 }, dataset)
    const unlabelled = onSixPixels(sixPixels)
    await expect(trained(setupOf(unlabelled, await beginning(unlabelled)))).rejects.toThrow(noLabels)
    const crowded = onSixPixels(threeClasses)
    await expect(trained(setupOf(crowded, await beginning(crowded)))).rejects.toThrow(tooFewClasses(2, 2))
  })

  it("draws the digit it is asked for: the nearest class mean agrees far more often than one time in ten", async () => {
    const dataset = glyphs({ train: 3000, validation: 10, test: 10 })
    const definition = configure(vae, { latent: 4, hidden: [64], classes: 10 })
    const model = vae.build(definition, dataset.event)
    const start = { step: 0, parameters: initialize(model.params, 1), slots: new Map() }
    const schedule = { name: "constant", start: 3e-3, end: 3e-3, steps: 250 } as const
    const preprocessing = { binarize: "dynamic", dequantize: false } as const
    const setup = { model, dataset, preprocessing, batchSize: 64, steps: 250, schedule }
    const { parameters } = await trained({ ...setup, seed: 1, optimizer: adam(), snapshotEvery: 250, start })
    const n = 200
    const samples = await samplesOf({ model, parameters }, n, { seed: 1 }) // labels in turn: 0, 1, … 9, 0, …
    const nearest = nearestMeans(dataset.splits.train)
    const right = Array.from({ length: n }, (_, i) => nearest(samples.data.subarray(784 * i, 784 * (i + 1))) === i % 10)
    // By chance 0.1 ± 0.021 of 200.
    expect(right.filter(Boolean).length / n).toBeGreaterThan(0.5)
  }, 20_000)
})

/** The class whose mean image is nearest, in grey levels from 0 to 1. */
function nearestMeans({ pixels, labels, count }: Split): (image: Float32Array) => number {
  const sums = Array.from({ length: 10 }, () => new Float64Array(784))
  const counts = new Float64Array(10)
  for (let i = 0; i < count; i++) {
    counts[labels![i]!]!++
    for (let d = 0; d < 784; d++) sums[labels![i]!]![d]! += pixels[784 * i + d]! / 255
  }
  const distance = (image: Float32Array, label: number) =>
    image.reduce((total, x, d) => total + (x - sums[label]![d]! / counts[label]!) ** 2, 0)
  return (image) => {
    const distances = sums.map((_, label) => distance(image, label))
    return distances.indexOf(Math.min(...distances))
  }
}
