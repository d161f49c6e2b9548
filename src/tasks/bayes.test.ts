import { describe, expect, it } from "vitest"
import { mul } from "../graph/ops/arithmetic.ts"
import { constant } from "../graph/ops/index.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { sigmoid } from "../graph/ops/unary.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Env } from "../graph/trace.ts"
import {
  agreement,
  composeConditional,
  conditionalAlready,
  neverLikely,
  noSuchLabel,
  otherEvents,
  proposalsOf,
  resample,
  systematic,
} from "./bayes.ts"

const common = { params: {}, players: {}, event: [1] }
/** x ~ N(0, 1). */
const normal = {
  model: {
    ...common,
    density: "implicit" as const,
    sampling: "direct" as const,
    sample: (_: unknown, n: number, { rng }: Env) => rng.normal([n, 1]),
  },
  parameters: new Map(),
}
/** x = σ(a·z): probabilities of a pixel. */
const pixel = {
  ...normal,
  model: { ...normal.model, sample: (_: unknown, n: number, { rng }: Env) => sigmoid(mul(rng.normal([n, 1]), 3)) },
}
/** p(y = 1|x) = σ(2x). */
const steep = {
  model: {
    ...common,
    density: "none" as const,
    sampling: "none" as const,
    labels: 2,
    classify: (_: unknown, x: Tensor) => matmul(x, constant({ shape: [1, 2], data: Float32Array.of(0, 2) })),
  },
  parameters: new Map(),
}

/** ∫ f(x) N(x; 0, 1) dx by the trapezium rule. */
function expected(f: (x: number) => number): number {
  let total = 0
  for (let x = -9; x <= 9; x += 0.001) total += f(x) * Math.exp((-x * x) / 2)
  return (total * 0.001) / Math.sqrt(2 * Math.PI)
}
const weight = (x: number) => 1 / (1 + Math.exp(-2 * x))

describe("p(x|y) composed of p(x) and p(y|x)", () => {
  const options = { count: 4000, seed: 1, pixels: "expected", n: 2000 } as const
  it("has the mean that quadrature gives", async () => {
    const { events, effectiveSampleSize } = await composeConditional(normal, steep, { ...options, label: 1 })
    const mean = events.data.reduce((a, b) => a + b, 0) / events.data.length
    const truth = expected((x) => x * weight(x)) / expected(weight) // 0.605
    expect(Math.abs(mean - truth)).toBeLessThan(4 / Math.sqrt(effectiveSampleSize)) // the spread of x is below 1
    expect(truth).toBeGreaterThan(0.5)
  })
  it("is worth (Σw)²/Σw² draws, and knows p(y)", async () => {
    const { effectiveSampleSize, proposals, classProbability } = await composeConditional(normal, steep, {
      ...options,
      label: 1,
    })
    const share = expected(weight) ** 2 / expected((x) => weight(x) ** 2)
    expect(effectiveSampleSize / proposals).toBeCloseTo(share, 1)
    expect(Math.abs(classProbability.value - 0.5)).toBeLessThan(4 * classProbability.standardError)
    expect(classProbability.standardError).toBeLessThan(0.01)
  })
  it("agrees with the classifier as often as weighted quadrature says", async () => {
    const { agreement: found } = await composeConditional(normal, steep, { ...options, label: 1 })
    const truth = expected((x) => (x > 0 ? weight(x) : 0)) / expected(weight)
    expect(Math.abs(found.value - truth)).toBeLessThan(4 * found.standardError)
    expect(found.standardError).toBeGreaterThan(0)
  })
  it("gives a classifier of binary pixels binary pixels", async () => {
    const { events } = await proposalsOf(pixel, steep, { ...options, pixels: "drawn" })
    expect(new Set(events.data)).toEqual(new Set([0, 1]))
    const { events: grey } = await proposalsOf(pixel, steep, options)
    expect(new Set(grey.data).size).toBeGreaterThan(1000)
    const mean = (data: Float32Array) => data.reduce((a, b) => a + b, 0) / data.length
    expect(Math.abs(mean(events.data) - mean(grey.data))).toBeLessThan(0.032) // 4 standard errors of a coin
  })
  it("refuses what cannot be composed", async () => {
    const conditional = { ...normal, model: { ...normal.model, classes: 3 } }
    await expect(proposalsOf(conditional, steep, options)).rejects.toThrow(conditionalAlready(3))
    const wide = { ...normal, model: { ...normal.model, event: [2] } }
    await expect(proposalsOf(wide, steep, options)).rejects.toThrow(otherEvents([2], [1]))
    const proposals = {
      events: { shape: [2, 1], data: Float32Array.of(1, 2) },
      classes: 2,
      probabilities: Float64Array.of(1, 0, 1, 0),
    }
    expect(() => resample(proposals, { label: 2, n: 1, seed: 0 })).toThrow(noSuchLabel(2, 2))
    expect(() => resample(proposals, { label: 1, n: 1, seed: 0 })).toThrow(neverLikely(1))
  })
})

describe("systematic resampling", () => {
  it("takes each row as often as its share says", () =>
    expect([...systematic(Float64Array.of(1, 0, 2, 1), 4, 8, 0.5)]).toEqual([0, 0, 2, 2, 2, 2, 3, 3]))
  it("never takes a row without weight", () => {
    for (const offset of [0, 0.25, 0.999])
      expect([...systematic(Float64Array.of(0, 1, 0), 1, 5, offset)]).toEqual([1, 1, 1, 1, 1])
  })
})

describe("the agreement of events with a label", () => {
  it("is the share that the classifier gives it", async () => {
    const events = { shape: [4, 1], data: Float32Array.of(-1, 1, 2, 3) }
    expect((await agreement(steep, events, 1)).value).toBe(0.75)
    expect((await agreement(steep, events, 0)).value).toBe(0.25)
  })
})
