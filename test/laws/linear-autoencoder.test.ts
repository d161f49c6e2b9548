/** A linear autoencoder trained to the end spans the principal subspace (Baldi and Hornik 1989). */
import { Matrix, SingularValueDecomposition } from "ml-matrix"
import { expect, it } from "vitest"
import type { Dataset, Split } from "../../src/data/dataset.ts"
import { glyphs } from "../../src/data/glyphs.ts"
import { fitData } from "../../src/evaluate/fit-data.ts"
import { codesOf, squaredErrors } from "../../src/evaluate/reconstruction.ts"
import { meanOf } from "../../src/evaluate/statistics.ts"
import type { Parameters } from "../../src/graph/parameter.ts"
import { pca } from "../../src/models/autoencoder/pca.ts"
import { beginning, setupOf, tinyOf, trained } from "./tiny.ts"

const [side, latent] = [14, 3]
const dimensions = side * side

/** Glyphs at half their size: each pixel the mean of four. */
function halved(dataset: Dataset): Dataset {
  const half = ({ count, pixels }: Split): Split => ({
    count,
    pixels: Uint8Array.from({ length: count * dimensions }, (_, i) => {
      const [image, y, x] = [Math.floor(i / dimensions), Math.floor(i / side) % side, i % side]
      const at = image * 784 + 56 * y + 2 * x
      return (pixels[at]! + pixels[at + 1]! + pixels[at + 28]! + pixels[at + 29]!) / 4
    }),
  })
  const { train, validation, test } = dataset.splits
  return {
    ...dataset,
    event: [1, side, side],
    splits: { train: half(train), validation: half(validation), test: half(test) },
  }
}

const dataset = halved(glyphs({ seed: 1, train: 600, validation: 0, test: 300 }))
const tiny = tinyOf("autoencoder", "linear", { latent, hidden: [], activation: "linear" }, dataset)
const linear = { model: tiny.model as any, data: { ...tiny, split: "test" } as const }

/** Largest angle in degrees between the spans of the rows of two [latent, dimensions] matrices. */
function largestAngle(a: Matrix, b: Matrix): number {
  const basis = (m: Matrix) =>
    new SingularValueDecomposition(m.transpose()).leftSingularVectors.subMatrix(0, dimensions - 1, 0, latent - 1)
  const cosines = new SingularValueDecomposition(basis(a).transpose().mmul(basis(b))).diagonal
  return (Math.acos(Math.min(1, Math.min(...cosines))) * 180) / Math.PI
}

const spanOf = (parameters: Parameters): Matrix =>
  Matrix.from1DArray(latent, dimensions, parameters.get("decoder.0.w")!.data)

it("has on test data the error of PCA with as many components, and spans its subspace", async () => {
  const reference = pca.build({ latent }, dataset.event)
  const fitted = await reference.fit(fitData(tiny, dataset.event, 0))
  const axes = Matrix.from1DArray(dimensions, latent, fitted.get("components")!.data).transpose()
  const steps = 4000
  const schedule = { name: "cosine", start: 1e-2, end: 1e-5, steps } as const
  const start = await beginning(tiny)
  const { parameters } = await trained(setupOf(tiny, start, { steps, batchSize: 100, schedule, executor: "loop" }))
  const errorOf = async (model: any, weights: Parameters) =>
    meanOf(await squaredErrors({ model, parameters: weights } as any, linear.data)).value
  const [principal, learnt, before] = [
    await errorOf(reference, fitted),
    await errorOf(linear.model, parameters),
    await errorOf(linear.model, start.parameters),
  ]
  expect(Math.abs(learnt / principal - 1)).toBeLessThan(0.01)
  expect(before / principal).toBeGreaterThan(1.5)
  expect(largestAngle(spanOf(parameters), axes)).toBeLessThan(1)
  expect(largestAngle(spanOf(start.parameters), axes)).toBeGreaterThan(30)
  const codes = await codesOf({ model: linear.model, parameters }, linear.data)
  expect(codes.length).toBe(300 * latent)
})
