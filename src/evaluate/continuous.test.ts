import { beforeAll, describe, expect, it } from "vitest"
import type { Dataset, Split } from "../data/dataset.ts"
import { toy2d } from "../data/toy2d.ts"
import type { Parameters } from "../graph/parameter.ts"
import { initialize } from "../graph/parameter.ts"
import { configure } from "../model/define.ts"
import { ffjord, tooManyDimensions } from "../models/flow/ffjord.ts"
import { train } from "../train/train.ts"
import { adaptiveLogLikelihood, adaptiveSamples, tooFine } from "./continuous.ts"
import { logLikelihood } from "./likelihood.ts"
import { meanOf } from "./statistics.ts"
import { summarize } from "./summary.ts"

const cut = ({ count, pixels }: Split, n: number): Split => ({
  count: Math.min(count, n),
  pixels: pixels.subarray(0, 2 * n),
})
const whole = toy2d("eight-gaussians", { seed: 0 })
const dataset: Dataset = {
  ...whole,
  splits: { ...whole.splits, validation: cut(whole.splits.validation, 300), test: cut(whole.splits.test, 700) },
}
const preprocessing = { binarize: "none", dequantize: false } as const
const data = { dataset, preprocessing, split: "test" } as const
const modelWith = (solverSteps: number) => ffjord.build(configure(ffjord, { hidden: [12, 12], solverSteps }), [2])
const model = modelWith(4)
const session = { threads: 1 }

let parameters: Parameters = initialize(model.params, 0)
const metrics: Record<string, number>[] = []
beforeAll(async () => {
  const schedule = { name: "constant", start: 1e-2, end: 1e-2, steps: 150 } as const
  for await (const snapshot of train({ model, dataset, preprocessing, steps: 150, schedule, batchSize: 64, session })) {
    metrics.push(snapshot.metrics)
    parameters = new Map(
      [...snapshot.parameters].map(([path, { shape, data }]) => [path, { shape, data: data.slice() }]),
    )
  }
})

const negative = (values: ArrayLike<number>) => meanOf(Float64Array.from(values, (value) => -value)).value
const adaptive = async (tolerance: number) => {
  const { logProb, evaluations } = await adaptiveLogLikelihood({ model, parameters }, data, { tolerance, ...session })
  return { nats: negative(logProb), evaluations, logProb }
}

describe("a continuous flow after some training", () => {
  it("says how often its field was evaluated: four times a Runge–Kutta step", () =>
    expect(metrics.map(({ functionEvaluations }) => functionEvaluations)).toEqual(metrics.map(() => 16)))
  it("has the same likelihood at a tolerance and at a tenth of it, at more cost", async () => {
    const [coarse, fine] = [await adaptive(1e-4), await adaptive(1e-5)]
    expect(Math.abs(coarse.nats - fine.nats)).toBeLessThan(0.01)
    expect(fine.evaluations).toBeGreaterThan(coarse.evaluations)
    expect(fine.nats).toBeLessThan(2.8) // it has learnt something: a standard normal has 2.85
  })
  it("has that likelihood by the fixed steps it was trained with, and better so with more of them", async () => {
    const exact = await adaptive(1e-6)
    const errorOf = async (steps: number) => {
      const found = await logLikelihood({ model: modelWith(steps), parameters }, data, session)
      return meanOf(found.map((value, i) => Math.abs(value - exact.logProb[i]!))).value
    }
    const [one, four] = [await errorOf(1), await errorOf(4)]
    expect(four).toBeLessThan(0.01)
    expect(four).toBeLessThan(one / 10)
  })
  it("has the same likelihood twice, to the bit", async () =>
    expect((await adaptive(1e-4)).logProb).toEqual((await adaptive(1e-4)).logProb))
  it("is summarised by both solvers, each said to be what it is", async () => {
    const estimates = await summarize({ model, parameters }, data, { k: 0, ...session })
    const own = estimates.filter(({ kind }) => kind !== "baseline")
    expect(own.map(({ quantity }) => quantity)).toEqual(["−log p(x)", "−log p(x), adaptive solver"])
    expect(own[0]!.note).toContain("4 Runge–Kutta steps")
    expect(own[1]!.note).toContain("tolerance 0.00001")
    expect(Math.abs(own[0]!.value - own[1]!.value)).toBeLessThan(0.01)
  })
  it("draws samples from the density it states: ∫ p = 1 over the plane, and their mean log p is ∫ p log p", async () => {
    const [side, step] = [80, 0.125]
    const grid = Float32Array.from({ length: 2 * side * side }, (_, i) => {
      const cell = i % 2 === 0 ? Math.floor(i / 2) % side : Math.floor(i / 2 / side)
      return step * (cell + 0.5 - side / 2)
    })
    const { samples, evaluations } = await adaptiveSamples({ model, parameters }, 1000, { seed: 1, ...session })
    expect([samples.shape, evaluations > 10]).toEqual([[1000, 2], true])
    const densityAt = async (pixels: Float32Array) => {
      const split = { count: pixels.length / 2, pixels }
      const there = { ...data, dataset: { ...dataset, splits: { ...dataset.splits, test: split } } }
      return (await adaptiveLogLikelihood({ model, parameters }, there, { tolerance: 1e-4, ...session })).logProb
    }
    const onGrid = await densityAt(grid)
    const total = onGrid.reduce((sum, logProb) => sum + Math.exp(logProb) * step ** 2, 0)
    expect(Math.abs(total - 1)).toBeLessThan(0.01)
    const expected = onGrid.reduce((sum, logProb) => sum + logProb * Math.exp(logProb) * step ** 2, 0)
    const { value, standardError } = meanOf(await densityAt(samples.data))
    expect(Math.abs(value - expected)).toBeLessThan(4 * standardError + 0.01)
    expect(standardError).toBeLessThan(0.05)
  })
  it("refuses a tolerance that 32 bits cannot resolve", async () => {
    await expect(adaptive(1e-9)).rejects.toThrow(tooFine(1e-9))
  })
  it("stops when the evaluations allowed are spent", async () => {
    const few = adaptiveLogLikelihood({ model, parameters }, data, { tolerance: 1e-6, maxEvaluations: 20, ...session })
    await expect(few).rejects.toThrow("20 evaluations did not reach the end")
  })
})

describe("ffjord", () => {
  it("refuses events whose exact trace it would not take", () =>
    expect(() => ffjord.build(configure(ffjord, {}), [1, 28, 28])).toThrow(tooManyDimensions(784)))
})
