/** What holds for every model with an exact density, and what probabilistic PCA claims beyond. */
import { describe, expect, it } from "vitest"
import { ndarray } from "../../src/core/array.ts"
import { sizeOf } from "../../src/core/shape.ts"
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
import { feedsOf, firstParameters, sixPixels, type Tiny, tinies, twoReals, worst } from "./tiny.ts"

const tractable = tinies.filter(({ model }) => model.density === "tractable")
const plain = { binarize: "none", dequantize: false } as const

/** log p(x) of rows, in 64 bits. */
function logProbs({ model }: Pick<Tiny, "model">, parameters: Parameters, rows: number[][]): Float64Array {
  const shape = [rows.length, ...model.event]
  const logProb = (model as Model & Tractable<any>).logProb(live(model.params), input("x", shape), tracing(false))
  const graph = graphOf({ logProb })
  return interpret(graph, feedsOf(graph, parameters, { x: ndarray(shape, rows.flat()) }))["logProb"]!.data
}

describe.each(tractable.filter(({ model }) => sizeOf(model.event) === 2))("$name", (tiny) => {
  it("is a distribution: ∫ exp log p(x) dx = 1 over the plane", async () => {
    const side = 300
    const [low, step] = [-1, 3 / side]
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

describe.each(tractable)("$name", (tiny) => {
  const data = { ...tiny, split: "test" } as const
  it("gives its own samples the density it gives on average: −entropy", async () => {
    const parameters = await firstParameters(tiny)
    const { data: samples } = await samplesOf({ model: tiny.model, parameters } as any, 4000, { seed: 1 })
    const dimensions = sizeOf(tiny.model.event)
    const rows = Array.from({ length: 4000 }, (_, i) =>
      Array.from<number>(samples.subarray(i * dimensions, (i + 1) * dimensions)),
    )
    const { value, standardError } = meanOf(logProbs(tiny, parameters, rows))
    const [variances, noise] = [parameters.get("variances")!.data, parameters.get("noise")!.data[0]!]
    const logDet =
      variances.reduce((total, v) => total + Math.log(v), 0) + (dimensions - variances.length) * Math.log(noise)
    const entropy = 0.5 * (dimensions * Math.log(2 * Math.PI * Math.E) + logDet)
    expect(Math.abs(value + entropy)).toBeLessThan(4 * standardError)
  })
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
