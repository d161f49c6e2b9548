import { describe, expect, it } from "vitest"
import { randomOf } from "../../core/random.ts"
import { bernoulliFamily, diagonalFamily, fullFamily } from "./components.ts"
import { type Family, fitMixture, type Rows } from "./em.ts"

const options = { components: 3, iterations: 40, tolerance: -1, seed: 5 } // a negative tolerance never stops

/** Rows of three clusters whose third coordinate is the first plus a little noise, and whose fourth never varies. */
const clusters: Rows = (() => {
  const random = randomOf({ seed: 1, name: "test/clusters" })
  const rows = Array.from({ length: 300 }, (_, i) => {
    const x = random.normal(4 * (i % 3), 1)
    return [x, random.normal((i % 3) ** 2, 0.5), x + random.normal(0, 0.1), 7]
  })
  return { data: Float32Array.from(rows.flat()), count: 300, dimensions: 4 }
})()
/** Ten noisy bits of three clusters that overlap. */
const bits: Rows = (() => {
  const random = randomOf({ seed: 2, name: "test/bits" })
  const rows = Array.from({ length: 300 }, (_, i) =>
    Array.from({ length: 10 }, (_, d) => (random.uniform() < [0.2, 0.5, 0.8][(i + d * (i % 3)) % 3]! ? 1 : 0)),
  )
  return { data: Float32Array.from(rows.flat()), count: 300, dimensions: 10 }
})()

const families: readonly [string, Family<any>, Rows][] = [
  ["bernoulli", bernoulliFamily(0.01), bits],
  ["diagonal", diagonalFamily(0.01), clusters],
  ["full", fullFamily(0.01), clusters],
]

describe.each(families)("a %s mixture", (_, family, rows) => {
  const fitted = fitMixture(family, rows, options)

  it("never loses likelihood from one iteration of EM to the next, floors and all", () => {
    expect(fitted.trace.length).toBe(40)
    expect(fitted.trace.at(-1)!).toBeGreaterThan(fitted.trace[0]! + 1e-3)
    for (const [i, now] of fitted.trace.entries())
      expect(now).toBeGreaterThanOrEqual((fitted.trace[i - 1] ?? now) - 1e-9)
  })
  it("has weights that sum to 1 and says of the rows what its last trace says", () => {
    expect(fitted.logWeights.reduce((sum, log) => sum + Math.exp(log), 0)).toBeCloseTo(1, 12)
    const each = fitted.components.map((one) => family.logDensities(rows, one))
    const mean =
      Array.from({ length: rows.count }, (_, i) =>
        Math.log(each.reduce((sum, logs, k) => sum + Math.exp(logs[i]! + fitted.logWeights[k]!), 0)),
      ).reduce((a, b) => a + b, 0) / rows.count
    expect(mean).toBeCloseTo(fitted.trace.at(-1)!, 10)
  })
  it("is the same for the same seed, and stops when nothing more is won", () => {
    expect(fitMixture(family, rows, options).trace).toEqual(fitted.trace)
    const stopped = fitMixture(family, rows, { ...options, iterations: 1000, tolerance: 1e-6 })
    expect(stopped.trace.length).toBeLessThan(1000)
    expect(stopped.trace.at(-1)! - stopped.trace.at(-2)!).toBeLessThan(1e-6)
  })
  it("outlives more components than there are different rows", () => {
    const same: Rows = { ...rows, data: rows.data.slice(0, 4 * rows.dimensions).fill(1), count: 4 }
    const { trace } = fitMixture(family, same, { ...options, components: 6 })
    expect(trace.every(Number.isFinite)).toBe(true)
  })
})

describe("the floor of variances", () => {
  it.each([
    ["diagonal", diagonalFamily(0.01)],
    ["full", fullFamily(0.01)],
  ] as const)("holds for a %s covariance: a coordinate that never varies has it exactly", (_, family) => {
    for (const { variances } of fitMixture(family, clusters, options).components)
      expect(Math.min(...variances)).toBeCloseTo(0.01, 12)
  })
  it("is the best that is allowed: no other variance above it gives the rows a higher likelihood", () => {
    const everything = new Float64Array(clusters.count).fill(1)
    for (const family of [diagonalFamily(0.05), fullFamily(0.05)]) {
      const best = family.estimate(clusters, everything)
      const likelihood = (one: typeof best) => family.logDensities(clusters, one).reduce((a, b) => a + b, 0)
      for (const d of [0, 1, 2, 3])
        for (const factor of [0.9, 1.1, 2]) {
          const variances = best.variances.map((v, i) => Math.max(0.05, i === d ? v * factor : v))
          expect(likelihood({ ...best, variances })).toBeLessThanOrEqual(likelihood(best))
        }
    }
  })
})

describe("a full covariance", () => {
  it("sees what a diagonal one cannot: coordinates that go together", () => {
    const [full, diagonal] = [fullFamily(1e-4), diagonalFamily(1e-4)].map(
      (family) => fitMixture<any>(family, clusters, options).trace.at(-1)!,
    )
    expect(full! - diagonal!).toBeGreaterThan(1) // log (σ / √(1 − ρ²)) of the pair, with ρ = 0.995, is 2.3
  })
})
