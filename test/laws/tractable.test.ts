/** What holds for every model with an exact density, and what probabilistic PCA claims beyond. */
import { describe, expect, it } from "vitest"
import { ndarray } from "../../src/core/array.ts"
import { sizeOf } from "../../src/core/shape.ts"
import { levelsOf } from "../../src/evaluate/baselines.ts"
import { oneHotFeeds } from "../../src/evaluate/evaluator.ts"
import { fitData } from "../../src/evaluate/fit-data.ts"
import { logLikelihood } from "../../src/evaluate/likelihood.ts"
import { momentsOf } from "../../src/evaluate/moments.ts"
import { squaredErrors } from "../../src/evaluate/reconstruction.ts"
import { meanOf } from "../../src/evaluate/statistics.ts"
import { samplesOf } from "../../src/explore/samples.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/index.ts"
import { live, type Parameters } from "../../src/graph/parameter.ts"
import { tracing } from "../../src/graph/trace.ts"
import type { Model, Moments, Tractable } from "../../src/model/capabilities.ts"
import { pca, principalAxes } from "../../src/models/autoencoder/pca.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { feedsOf, firstParameters, sixPixels, strongParameters, type Tiny, tinies, twoReals, worst } from "./tiny.ts"

const tractable = tinies.filter(({ model }) => model.density === "tractable")
const plain = { binarize: "none", dequantize: false } as const

/** log p(x) of rows, in 64 bits; of a conditional model given the labels. */
function logProbs({ model }: Pick<Tiny, "model">, parameters: Parameters, rows: number[][], labels: number[] = []) {
  const shape = [rows.length, ...model.event]
  const { classes } = model
  const label = classes === undefined ? undefined : input("label", [rows.length, classes])
  const env = tracing(false, "noise", label)
  const logProb = (model as Model & Tractable<any>).logProb(live(model.params), input("x", shape), env)
  const graph = graphOf({ logProb })
  const given = { x: ndarray(shape, rows.flat()), ...oneHotFeeds(model, labels) }
  return interpret(graph, feedsOf(graph, parameters, given))["logProb"]!.data
}

/** Data of zeros and ones have probabilities that sum to 1; all others have densities that integrate to 1. */
const isDiscrete = (tiny: Tiny): boolean => levelsOf(tiny) === 2
const classesOf = ({ model: { classes = 1 } }: Tiny): number[] => [...Array(classes).keys()]
/** All images of `pixels` binary pixels. */
const binaryImages = (pixels: number): number[][] =>
  Array.from({ length: 2 ** pixels }, (_, image) => Array.from({ length: pixels }, (_, d) => (image >> d) & 1))

describe.each(tractable.filter(isDiscrete))("$name", (tiny) => {
  const images = binaryImages(sizeOf(tiny.model.event))
  it("is a distribution: Σ p(x) = 1 over all 64 images, whatever the weights", async () => {
    for (const label of classesOf(tiny))
      for (const isStrong of tiny.model.fit ? [false] : [false, true]) {
        const parameters = isStrong ? strongParameters(tiny) : await firstParameters(tiny)
        const probabilities = logProbs(tiny, parameters, images, Array(64).fill(label)).map(Math.exp)
        expect(probabilities.length).toBe(64)
        expect(Math.abs(probabilities.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-9)
        if (isStrong) expect(Math.max(...probabilities)).toBeGreaterThan(2 / 64) // a flat one would sum to 1 whatever it is
      }
  })
})

describe.each(tractable.filter((tiny) => !isDiscrete(tiny) && sizeOf(tiny.model.event) === 2))("$name", (tiny) => {
  it("is a distribution: ∫ exp log p(x) dx = 1 over the plane", async () => {
    const isReal = tiny.dataset.levels === "real" // then fresh weights leave it about as wide as the noise, and as smooth
    const side = isReal ? 100 : 300
    const [low, step] = isReal ? [-12, 24 / side] : [-1, 3 / side]
    const grid = Array.from({ length: side * side }, (_, i) => [
      low + step * (i % side),
      low + step * Math.floor(i / side),
    ])
    const densities = logProbs(tiny, await firstParameters(tiny), grid).map(Math.exp)
    const total = densities.reduce((a, b) => a + b, 0) * step ** 2
    expect(Math.abs(total - 1)).toBeLessThan(1e-3)
    expect(Math.abs(total / Math.sqrt(2 * Math.PI) - 1)).toBeGreaterThan(0.5) // a missing ½ log 2π would be seen
  })
})

/** −∫ p log p of a model where arithmetic gives it: the normal distribution's formula, or the sum over all images. */
function entropyOf(tiny: Tiny, parameters: Parameters): number {
  const dimensions = sizeOf(tiny.model.event)
  if (isDiscrete(tiny)) {
    const entropies = classesOf(tiny).map((label) => {
      const images = binaryImages(dimensions)
      const each = logProbs(tiny, parameters, images, Array(images.length).fill(label))
      return each.reduce((total, logProb) => total - logProb * Math.exp(logProb), 0)
    })
    return entropies.reduce((a, b) => a + b, 0) / entropies.length
  }
  const [variances, noise] = [parameters.get("variances")!.data, parameters.get("noise")!.data[0]!]
  const logDet =
    variances.reduce((total, v) => total + Math.log(v), 0) + (dimensions - variances.length) * Math.log(noise)
  return 0.5 * (dimensions * Math.log(2 * Math.PI * Math.E) + logDet)
}

describe.each(tractable.filter((tiny) => isDiscrete(tiny) || tiny.definition === (pca as unknown)))("$name", (tiny) => {
  it("gives its own samples the density it gives on average: −entropy", async () => {
    const parameters = tiny.model.fit ? await firstParameters(tiny) : strongParameters(tiny)
    const n = 3999 // a multiple of 3 classes, which take turns
    const { data: samples } = await samplesOf({ model: tiny.model, parameters } as any, n, { seed: 1 })
    const dimensions = sizeOf(tiny.model.event)
    const rows = Array.from({ length: n }, (_, i) =>
      Array.from<number>(samples.subarray(i * dimensions, (i + 1) * dimensions)),
    )
    const labels = Array.from({ length: n }, (_, i) => i % classesOf(tiny).length)
    const { value, standardError } = meanOf(logProbs(tiny, parameters, rows, labels))
    expect(Math.abs(value + entropyOf(tiny, parameters))).toBeLessThan(4 * standardError + 1e-9)
  })
})

describe.each(tractable)("$name", (tiny) => {
  const data = { ...tiny, split: "test" } as const
  it("gives the same likelihood twice, and in ONNX Runtime what the interpreter gives", async () => {
    const trained = { model: tiny.model, parameters: await firstParameters(tiny) } as any
    expect(await logLikelihood(trained, data)).toEqual(await logLikelihood(trained, data))
  })
})

const fitted = async (latent: number, dataset = sixPixels) => {
  const model = pca.build({ latent }, dataset.event)
  const data = { dataset, preprocessing: plain, split: "train" } as const
  const moments = await momentsOf(data, dataset.event)
  return { model, data, moments, parameters: await model.fit(fitData(data, dataset.event, 0)) }
}

/** Made-up data of full rank: six-pixels has two causes and rounding noise, which leaves four variances near zero. */
const fullRank = {
  ...sixPixels,
  splits: {
    ...sixPixels.splits,
    train: {
      count: 60,
      pixels: Uint8Array.from(
        { length: 360 },
        (_, i) => 128 + 120 * Math.sin(i * i + (i % 6) * 0.7) * (1 - (i % 6) / 8),
      ),
    },
  },
}

describe("PCA", () => {
  it.each([1, 2, 3, 4, 5])("with %i of 6 components leaves the discarded variances as error", async (latent) => {
    const { model, data, moments, parameters } = await fitted(latent, fullRank)
    const errors = await squaredErrors({ model, parameters }, data)
    const discarded = principalAxes(moments)
      .variances.subarray(latent)
      .reduce((a, b) => a + b, 0)
    expect(meanOf(errors).value * 6).toBeCloseTo(discarded, 6)
    expect(discarded).toBeGreaterThan(1e-3)
  })
  it("does not care about the signs of its components", async () => {
    const { model, data, parameters } = await fitted(3, fullRank)
    const flipped = new Map(parameters)
    flipped.set(
      "components",
      ndarray(
        [6, 3],
        parameters.get("components")!.data.map((c, i) => (i % 3 === 1 ? -c : c)),
      ),
    )
    for (const measure of [squaredErrors, logLikelihood] as const)
      expect(
        worst(await measure({ model, parameters: flipped }, data), await measure({ model, parameters }, data)),
      ).toBeLessThan(1e-6)
  })
  it("centres by the training mean: with any other it reconstructs worse", async () => {
    const { model, data, parameters } = await fitted(2, fullRank)
    const mean = parameters.get("mean")!
    const error = async (shift: number) => {
      const moved = new Map(parameters).set(
        "mean",
        ndarray(
          [6],
          mean.data.map((m, i) => m + (i % 2 ? shift : -shift)),
        ),
      )
      return meanOf(await squaredErrors({ model, parameters: moved }, data)).value
    }
    const best = await error(0)
    for (const shift of [-0.1, -0.01, 0.01, 0.1]) expect(await error(shift)).toBeGreaterThan(best)
  })
  it("is the maximum of the likelihood among its neighbours", async () => {
    const { model, data, parameters } = await fitted(2, fullRank)
    const likelihood = async (change: (path: string, value: number) => number) => {
      const moved = new Map(
        [...parameters].map(
          ([path, { shape, data: values }]) =>
            [
              path,
              ndarray(
                shape,
                values.map((v) => change(path, v)),
              ),
            ] as const,
        ),
      )
      return meanOf(await logLikelihood({ model, parameters: moved }, data)).value
    }
    const best = await likelihood((_, v) => v)
    for (const path of ["variances", "noise", "mean"])
      for (const factor of [0.9, 1.1])
        expect(await likelihood((p, v) => (p === path ? v * factor : v))).toBeLessThan(best)
  })
  it("refuses as many components as dimensions", () =>
    expect(() => pca.build({ latent: 6 }, [1, 2, 3])).toThrow("fewer components than dimensions"))
})

describe("moments", () => {
  it("are those of the split, divided by its count", async () => {
    const { pixels, count } = twoReals.splits.train
    const moments: Moments = await momentsOf({ dataset: twoReals, preprocessing: plain, split: "train" }, [1, 1, 2])
    const column = (d: number) => Array.from({ length: count }, (_, i) => pixels[2 * i + d]! / 255)
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / count
    const means = [mean(column(0)), mean(column(1))]
    const covariance = [0, 1, 2, 3].map((i) =>
      mean(column(i >> 1).map((x, n) => (x - means[i >> 1]!) * (column(i & 1)[n]! - means[i & 1]!))),
    )
    expect(worst(moments.mean, means)).toBeLessThan(1e-7)
    expect(worst(moments.covariance, covariance)).toBeLessThan(1e-6)
  })
})
