import { describe, expect, it } from "vitest"
import { badToyCount, eightGaussians, isToy2d, logDensityOf, type Point2, toy2d, toy2dNames } from "./toy2d.ts"

const few = { train: 4000, validation: 10, test: 10 }
const pointsOf = ({ splits }: ReturnType<typeof toy2d>): Point2[] =>
  Array.from({ length: splits.train.count }, (_, i) => [splits.train.pixels[2 * i]!, splits.train.pixels[2 * i + 1]!])
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

describe.each(toy2dNames)("%s", (name) => {
  const data = toy2d(name, few)
  const points = pointsOf(data)

  it("is points of the plane with mean 0 and a standard deviation of about 1 along each axis", () => {
    expect([data.event, data.levels, data.splits.train.pixels.constructor]).toEqual([[2], "real", Float32Array])
    for (const axis of [0, 1]) {
      const values = points.map((point) => point[axis]!)
      const std = Math.sqrt(mean(values.map((v) => v * v)))
      expect(Math.abs(mean(values))).toBeLessThan((4 * std) / Math.sqrt(points.length)) // four standard errors
      expect(std).toBeGreaterThan(0.65)
      expect(std).toBeLessThan(1.3)
    }
  })
  it("is the same for the same seed, begins the same when larger, and differs between seeds and splits", () => {
    expect(toy2d(name, few).digest).toBe(data.digest)
    const larger = toy2d(name, { ...few, train: 4100 }).splits.train.pixels
    expect(larger.subarray(0, data.splits.train.pixels.length)).toEqual(data.splits.train.pixels)
    expect(toy2d(name, { ...few, seed: 1 }).digest).not.toBe(data.digest)
    expect(data.splits.validation.pixels).not.toEqual(data.splits.test.pixels)
  })
  it("has a label for every point where it names classes, and each class comes", () => {
    const { labels } = data.splits.train
    if (data.classes.length === 0) expect(labels).toBeUndefined()
    else expect([...new Set(labels)].sort()).toEqual(data.classes.map((_, i) => i))
  })
})

describe.each(toy2dNames.filter((name) => logDensityOf(name)))("the density of %s", (name) => {
  const logDensity = logDensityOf(name)!
  const half = 4.5 // beyond it, below 1e-12 of the mass
  const step = 0.025 // a quarter of the narrowest σ and a divisor of the board's squares
  const cells = Array.from({ length: (2 * half) / step }, (_, i) => -half + (i + 0.5) * step)
  const masses = cells.map((x) => cells.map((y) => Math.exp(logDensity([x, y])) * step ** 2))

  it("integrates to 1", () => expect(Math.abs(mean(masses.flat()) * cells.length ** 2 - 1)).toBeLessThan(1e-5))

  it("is that of the points: its mean over them is minus its entropy, within four standard errors", () => {
    const found = pointsOf(toy2d(name, few)).map(logDensity)
    const entropy = -masses
      .flatMap((column, i) => column.map((mass, j) => (mass > 0 ? mass * logDensity([cells[i]!, cells[j]!]) : 0)))
      .reduce((a, b) => a + b, 0)
    const spread = Math.sqrt(mean(found.map((log) => (log - mean(found)) ** 2)))
    expect(Math.abs(mean(found) + entropy)).toBeLessThan((4 * spread) / Math.sqrt(found.length) + 1e-6)
  })
})

describe("eight-gaussians", () => {
  it("puts an eighth of its points within 4 σ of each centre, labelled by it", () => {
    const data = toy2d("eight-gaussians", few)
    const counts = Array<number>(8).fill(0)
    for (const [i, [x, y]] of pointsOf(data).entries()) {
      const [a, b] = eightGaussians.centres[data.splits.train.labels![i]!]!
      if (Math.hypot(x - a, y - b) < 4 * eightGaussians.sigma) counts[data.splits.train.labels![i]!]!++
    }
    const standardError = Math.sqrt((4000 * 7) / 64)
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(4 * standardError + 1) // 3·10⁻⁴ lie farther out
  })
})

describe("a set of points", () => {
  it("is known by name and refuses a size that is none", () => {
    expect([isToy2d("ring"), isToy2d("glyphs"), isToy2d("toString")]).toEqual([true, false, false])
    expect(() => toy2d("ring", { train: 1.5 })).toThrow(badToyCount("ring", "train", 1.5))
  })
})
