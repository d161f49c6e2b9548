/** Latent codes carry the image, unused dimensions are seen as unused, and great circles keep the norm. */
import { beforeAll, describe, expect, it } from "vitest"
import { ndarray } from "../../src/core/array.ts"
import { fillNormal, permutation } from "../../src/core/random.ts"
import { elboTerms } from "../../src/evaluate/bound.ts"
import { eventsOf } from "../../src/evaluate/evaluator.ts"
import { codesOf } from "../../src/evaluate/reconstruction.ts"
import { meanOf } from "../../src/evaluate/statistics.ts"
import {
  codeGrid,
  decodeCodes,
  drawCodes,
  encodeEvents,
  fitCodeGaussian,
  linear,
  normalQuantiles,
  pathsBetween,
  reconstructions,
  spherical,
  traversal,
} from "../../src/explore/latent.ts"
import { samplesOf } from "../../src/explore/samples.ts"
import type { Parameters } from "../../src/graph/parameter.ts"
import type { vae } from "../../src/models/index.ts"
import { beginning, setupOf, tinyDataset, tinyOf, trained } from "./tiny.ts"

/** Six pixels that are all dark or all bright: one bit of information, to be held by one of four latent dimensions. */
const oneBit = tinyDataset([1, 2, 3], 256, (u) => (u < 0.5 ? 10 : 245), { train: 200, validation: 10, test: 200 })
const tiny = tinyOf("vae", "one bit", { latent: 4, hidden: [16], activation: "tanh" }, oneBit)
const model = tiny.model as ReturnType<typeof vae.build>
const data = { ...tiny, split: "test" } as const
let parameters: Parameters

beforeAll(async () => {
  const steps = 1500
  const schedule = { name: "cosine", start: 1e-2, end: 1e-3, steps } as const
  const setup = setupOf(tiny, await beginning(tiny), { steps, batchSize: 50, schedule, executor: "loop" })
  parameters = (await trained(setup)).parameters
})

/** Nats an image of reconstructing the test events from these codes. */
async function nats(codes: Float32Array): Promise<number> {
  const { data: means } = await decodeCodes({ model, parameters }, ndarray([200, 4], codes))
  const x = eventsOf(
    data,
    model.event,
    Uint32Array.from({ length: 200 }, (_, i) => i),
  ).data
  return -x.reduce((total, pixel, i) => total + Math.log(pixel === 1 ? means[i]! : 1 - means[i]!), 0) / 200
}

/** Variance over data of each dimension's posterior mean (Burda et al. 2016, section 5.1 calls a dimension active above 0.01). */
const activities = (codes: Float32Array): number[] => Array.from(fitCodeGaussian(codes, 4).std, (std) => std ** 2)

describe("a trained VAE", () => {
  it("needs its codes: shuffled among images they reconstruct worse", async () => {
    const codes = await codesOf({ model, parameters }, data)
    const order = permutation({ seed: 1, name: "shuffle" }, 200)
    const shuffled = codes.map((_, i) => codes[order[i >> 2]! * 4 + (i & 3)]!)
    const [own, others, none] = [await nats(codes), await nats(shuffled), await nats(new Float32Array(800))]
    expect(own).toBeLessThan(2)
    expect(others).toBeGreaterThan(own + 3)
    expect(none).toBeGreaterThan(own + 1)
  })
  it("has active dimensions where there is something to say, and collapsed ones beyond", async () => {
    const active = activities(await codesOf({ model, parameters }, data)).filter((variance) => variance > 0.01)
    expect(active.length).toBeGreaterThanOrEqual(1)
    expect(active.length).toBeLessThan(4)
  })
  it("when collapsed to the prior has no active dimension, a KL of zero, and shuffling changes nothing", async () => {
    const silent = new Map(
      [...parameters].map(([path, { shape, data: values }]) => [
        path,
        ndarray(shape, path.startsWith("encoder") ? values.map(() => 0) : values),
      ]),
    )
    const codes = await codesOf({ model, parameters: silent }, data)
    expect(activities(codes).filter((variance) => variance > 0.01)).toEqual([])
    const { kl } = await elboTerms({ model, parameters: silent }, data)
    expect(Math.max(...kl)).toBe(0)
  })
  it("spends on its codes about the one bit that is there", async () => {
    const { kl, elbo } = await elboTerms({ model, parameters }, data)
    expect(meanOf(kl).value).toBeGreaterThan(0.5 * Math.LN2)
    expect(meanOf(kl).value).toBeLessThan(4)
    expect(meanOf(elbo).value).toBeGreaterThan(-4) // the uniform model pays 6 ln 2 = 4.16 nats
  })
  it("reconstructs by encoding and decoding, and nothing else", async () => {
    const events = eventsOf(data, model.event, [0, 1, 2])
    const codes = await encodeEvents({ model, parameters }, events)
    expect((await reconstructions({ model, parameters }, events)).data).toEqual(
      (await decodeCodes({ model, parameters }, codes)).data,
    )
  })
  it("draws the same samples from the same seed, and others from another", async () => {
    const draw = (seed: number) => samplesOf({ model, parameters }, 5, { seed })
    expect(await draw(1)).toEqual(await draw(1))
    expect((await draw(2)).data).not.toEqual((await draw(1)).data)
    expect((await draw(1)).shape).toEqual([5, 1, 2, 3])
  })
  it("refuses codes of another width in words", async () =>
    expect(decodeCodes({ model, parameters }, ndarray([1, 3]))).rejects.toThrow("a code of 3 numbers came"))
})

describe("paths between Gaussian codes", () => {
  const latent = 100
  const codes = ndarray([2, latent], fillNormal({ seed: 8, name: "codes" }, new Float32Array(2 * latent)))
  const norm = (a: ArrayLike<number>) => Math.hypot(...Array.from(a))
  const [a, b] = [codes.data.slice(0, latent), codes.data.slice(latent)]
  it("keep the norm on the great circle and lose it on the line", () => {
    const typical = (norm(a) + norm(b)) / 2
    for (const t of [0.25, 0.5, 0.75]) expect(Math.abs(norm(spherical(a, b, t)) / typical - 1)).toBeLessThan(0.1)
    expect(norm(linear(a, b, 0.5)) / typical).toBeLessThan(0.8)
  })
  it("keep the norm exactly between codes of one norm", () => {
    const c = b.map((value) => (value * norm(a)) / norm(b))
    for (const t of [0.1, 0.5, 0.9]) expect(norm(spherical(a, c, t)) / norm(a)).toBeCloseTo(1, 5)
  })
  it.each([
    ["linear", linear],
    ["spherical", spherical],
  ] as const)("begin and end where they should (%s)", (_, path) => {
    expect(path(a, b, 0)).toEqual(a)
    expect(path(a, b, 1)).toEqual(b)
    const frames = pathsBetween(ndarray([1, latent], a), ndarray([1, latent], b), 5, path)
    expect(frames.shape).toEqual([5, latent])
    expect(frames.data.subarray(0, latent)).toEqual(a)
    expect(frames.data.subarray(4 * latent)).toEqual(b)
    expect(frames.data.subarray(2 * latent, 3 * latent)).toEqual(path(a, b, 0.5))
  })
  it("of parallel and of zero codes are lines, not NaN", () => {
    expect([...spherical([1, 0], [3, 0], 0.5)]).toEqual([2, 0])
    expect([...spherical([0, 0], [2, 2], 0.5)]).toEqual([1, 1])
  })
})

describe("grids of codes", () => {
  it("traverse one dimension a row and leave the others", () => {
    const { shape, data: values } = traversal([1, 2, 3], [0, 2], [-1, 0, 1])
    expect(shape).toEqual([6, 3])
    expect([...values]).toEqual([-1, 2, 3, 0, 2, 3, 1, 2, 3, 1, 2, -1, 1, 2, 0, 1, 2, 1])
  })
  it("begin at the top left: largest z₂, smallest z₁", () =>
    expect([...codeGrid([0, 1], [5, 6]).data]).toEqual([0, 6, 1, 6, 0, 5, 1, 5]))
  it("split the normal distribution into equal shares", () => {
    const [low, middle, high] = normalQuantiles(3)
    expect(middle).toBeCloseTo(0, 8)
    expect(high).toBeCloseTo(0.9674215661, 7) // Φ⁻¹(5/6)
    expect(low).toBeCloseTo(-0.9674215661, 7)
    expect(normalQuantiles(500)[0]).toBeCloseTo(-3.0902323062, 6) // Φ⁻¹(0.001)
  })
})

describe("a Gaussian fitted to codes", () => {
  it("has their moments, and draws codes that have them too", () => {
    const codes = fillNormal({ seed: 1, name: "codes" }, new Float32Array(20_000)).map((e, i) =>
      i % 2 ? 3 + 0.5 * e : -1 + 2 * e,
    )
    const fitted = fitCodeGaussian(codes, 2)
    const again = fitCodeGaussian(drawCodes(fitted, 10_000, 2).data, 2)
    for (const { mean, std } of [fitted, again]) {
      expect(Math.abs(mean[0]! + 1)).toBeLessThan(0.1)
      expect(Math.abs(mean[1]! - 3)).toBeLessThan(0.03)
      expect(Math.abs(std[0]! - 2)).toBeLessThan(0.06)
      expect(Math.abs(std[1]! - 0.5)).toBeLessThan(0.015)
    }
  })
})
