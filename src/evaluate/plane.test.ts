import { describe, expect, it } from "vitest"
import { fillNormal, fillUniform } from "../core/random.ts"
import { eightGaussians, toy2d } from "../data/toy2d.ts"
import { binsOf, type Grid, gridOver, histogram, jsDivergence, klDivergence } from "./divergence.ts"
import { coverageOf, modeOfEach, modesOf } from "./modes.ts"
import { planeMeasure, pointEstimates } from "./plane.ts"

const dataset = toy2d("eight-gaussians", { train: 4000, validation: 10, test: 2000 })
const modes = modesOf(dataset)!
/** n points around these modes, each coordinate with this deviation. */
const around = (which: readonly number[], n: number, sigma = modes.sigma): Float32Array =>
  fillNormal({ seed: 1, name: "around" }, new Float32Array(2 * n)).map((e, i) => {
    const centre = eightGaussians.centres[which[Math.floor(i / 2) % which.length]!]!
    return centre[i % 2]! + sigma * e
  })
const all = [0, 1, 2, 3, 4, 5, 6, 7]
const coverage = (points: Float32Array) => coverageOf(modeOfEach(points, modes), modes.centres.length)

describe("modes", () => {
  it("are known of eight-gaussians alone, without those whose class was left out", () => {
    expect(modesOf(toy2d("two-moons", { train: 10, validation: 1, test: 1 }))).toBeUndefined()
    const { train } = dataset.splits
    const some = { ...train, labels: train.labels!.map((label) => label % 4) }
    expect(modesOf({ ...dataset, splits: { ...dataset.splits, train: some } })!.centres).toEqual(
      eightGaussians.centres.slice(0, 4),
    )
  })
  it("are covered by their own distribution, of which 1 − e^(−9/2) = 98.9 % lies within 3σ", () => {
    const { covered, within } = coverage(around(all, 20_000))
    expect(covered).toBe(8)
    expect(Math.abs(within - (1 - Math.exp(-4.5)))).toBeLessThan(4 * 0.00074) // standard error √(p(1 − p)/20,000)
  })
  it("that nothing reaches are not", () => {
    expect(coverage(around([0, 3], 1000))).toMatchObject({ covered: 2 })
    expect(coverage(new Float32Array(200))).toEqual({ covered: 0, within: 0 }) // all at the origin
  })
  it("are covered from a tenth of their fair share on", () => {
    const counted = (inLast: number) =>
      coverageOf(
        Array.from({ length: 800 }, (_, i) => (i < inLast ? 7 : i % 7)),
        8,
      ).covered
    expect([counted(10), counted(9)]).toEqual([8, 7]) // fair is 100
  })
})

const grid: Grid = { low: [0, 0], high: [1, 1], bins: 2 }
const corners = Float32Array.of(0.1, 0.1, 0.9, 0.1, 0.1, 0.9, 0.9, 0.9, 1.5, 0.5, 0.5, -0.01)

describe("divergences", () => {
  it("count points in bins, those outside in the last", () => {
    expect([...binsOf(corners, grid)]).toEqual([0, 1, 2, 3, 4, 4])
    expect([...histogram(binsOf(corners, grid), grid)]).toEqual([1, 1, 1, 1, 2])
  })
  it("are what their formulas say", () => {
    const [p, q] = [Float64Array.of(3, 1, 0), Float64Array.of(1, 1, 2)]
    // q with ½ a bin: (1.5, 1.5, 2.5) / 5.5
    const kl = 0.75 * Math.log(0.75 / (1.5 / 5.5)) + 0.25 * Math.log(0.25 / (1.5 / 5.5))
    expect(klDivergence(p, q)).toBeCloseTo(kl, 12)
    const half = (share: number, other: number) => 0.5 * share * Math.log((2 * share) / (share + other))
    const js = half(0.75, 0.25) + half(0.25, 0.75) + 2 * half(0.25, 0.25) + half(0.5, 0)
    expect(jsDivergence(p, q)).toBeCloseTo(js, 12)
  })
  it("of a set and itself are nothing, and of sets without a common bin JS is log 2", () => {
    const [p, q] = [Float64Array.of(5, 3, 0, 0), Float64Array.of(0, 0, 2, 9)]
    expect(jsDivergence(p, p)).toBe(0)
    expect(jsDivergence(p, q)).toBeCloseTo(Math.LN2, 12)
    expect(klDivergence(p, q)).toBeGreaterThan(1)
    expect(Number.isFinite(klDivergence(p, q))).toBe(true)
  })
  it("lie on a grid that holds all the points it was made for", () => {
    const points = fillUniform({ seed: 2, name: "box" }, new Float32Array(400))
    expect(histogram(binsOf(points, gridOver(points)), gridOver(points)).at(-1)).toBe(0)
  })
})

describe("what is said of samples", () => {
  const measure = planeMeasure(dataset, "test")
  it("is better the closer they come: data, too narrow modes, half the modes, one point", () => {
    const sets = [around(all, 4000), around(all, 4000, 0.04), around([0, 2, 4, 6], 4000), new Float32Array(8000)]
    const [close, narrow, half, point] = sets.map((points) => measure.of(points))
    for (const of of ["kl", "js"] as const) {
      expect([close![of], narrow![of], half![of], point![of]]).toEqual(
        [close![of], narrow![of], half![of], point![of]].sort((a, b) => a - b),
      )
      expect(close![of]).toBeLessThan(0.1)
    }
    expect([close, narrow, half, point].map((numbers) => numbers!.modes!.covered)).toEqual([8, 8, 4, 0])
  })
  it("carries standard errors that are the spread over independent sets of samples, within a factor of two", () => {
    const draw = (seed: number) =>
      measure.of(
        fillNormal({ seed, name: "fresh" }, new Float32Array(2000)).map((e, i) => {
          const centre = eightGaussians.centres[Math.floor(i / 2) % 8]!
          return centre[i % 2]! + 0.15 * e
        }),
      ).kl
    const deviation = (values: readonly number[]) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
    }
    const spread = deviation(Array.from({ length: 40 }, (_, i) => draw(i)))
    const points = around(all, 1000, 0.15)
    const told = deviation(measure.bootstrap(points, 40, 1).map(({ kl }) => kl))
    expect(told / spread).toBeGreaterThan(0.5) // the bootstrap also draws the data anew
    expect(told / spread).toBeLessThan(2.5)
  })
  it("stands beside what training points reach, every number with its kind", () => {
    const estimates = pointEstimates(dataset, "test", around(all, 3000))
    expect(estimates.map(({ quantity, kind }) => `${quantity}: ${kind}`)).toEqual([
      "training points within 3σ: baseline",
      "modes covered: estimate",
      "samples within 3σ of a mode: estimate",
      "KL(data ‖ training points): baseline",
      "JS(data, training points): baseline",
      "KL(data ‖ samples): estimate",
      "JS(data, samples): estimate",
    ])
    const moons = toy2d("two-moons", { train: 500, validation: 1, test: 500 })
    expect(pointEstimates(moons, "test", moons.splits.train.pixels as Float32Array)).toHaveLength(4)
  })
})
