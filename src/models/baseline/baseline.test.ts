import { describe, expect, it } from "vitest"
import { ndarray } from "../../core/array.ts"
import { fillUniform, randomOf } from "../../core/random.ts"
import { graphOf } from "../../graph/graph.ts"
import { input } from "../../graph/ops/source.ts"
import { live } from "../../graph/parameter.ts"
import { tracing } from "../../graph/trace.ts"
import type { FitData } from "../../model/capabilities.ts"
import { configure } from "../../model/define.ts"
import { interpret } from "../../runtime/reference.ts"
import { marginal } from "./marginal.ts"
import { mixture, tooManyForFull } from "./mixture.ts"
import { parzen, tooFewPoints } from "./parzen.ts"
import { wrongPixel } from "./pixels.ts"
import { uniform } from "./uniform.ts"

/** These rows as training and validation data. */
function fitDataOf(rows: readonly (readonly number[])[], validation = rows): FitData {
  const dimensions = rows[0]!.length
  const events = (all: typeof rows) => ({
    count: all.length,
    read: (first: number, count: number) => Float32Array.from(all.slice(first, first + count).flat()),
    moments: () => Promise.reject(new Error("not needed")),
  })
  return { dimensions, train: events(rows), validation: events(validation), seed: 1 }
}

/** log p(x) of rows in 64 bits. */
async function logProbs(model: any, data: FitData, rows: readonly (readonly number[])[]): Promise<Float64Array> {
  const shape = [rows.length, ...model.event]
  const graph = graphOf({ y: model.logProb(live(model.params), input("x", shape), tracing(false)) })
  const parameters = Object.fromEntries(await model.fit(data))
  return interpret(graph, { ...parameters, x: ndarray(shape, rows.flat()) })["y"]!.data
}

describe("uniform", () => {
  it("gives exactly 8.000 bits/dim to dequantized grey levels, and nothing outside [0, 1)", async () => {
    const rows = Array.from({ length: 4 }, (_, i) => Array.from({ length: 784 }, (_, d) => ((7 * d + i) % 256) / 256))
    const model = uniform.build({ pixels: "grey" }, [1, 28, 28])
    const found = await logProbs(model, fitDataOf(rows), rows)
    expect([...found].map((log) => -log / (784 * Math.LN2) + 8)).toEqual([8, 8, 8, 8])
    const outside = [...rows[0]!.slice(1), 1]
    expect([...(await logProbs(model, fitDataOf(rows), [outside]))]).toEqual([Number.NEGATIVE_INFINITY])
  })
  it("gives D · ln 2 nats to D bits", async () => {
    const rows = [Array.from({ length: 784 }, (_, d) => d % 2)]
    const [log] = await logProbs(uniform.build({ pixels: "binary" }, [1, 28, 28]), fitDataOf(rows), rows)
    expect(-log!).toBeCloseTo(543.43, 2)
  })
  it("refuses pixels it was not configured for", async () => {
    const fitted = (pixels: "binary" | "grey", value: number) =>
      uniform.build({ pixels }, [2]).fit(fitDataOf([[0, value]]))
    await expect(fitted("binary", 0.5)).rejects.toThrow(wrongPixel("uniform", "binary", 0.5))
    await expect(fitted("grey", 1)).rejects.toThrow(wrongPixel("uniform", "grey", 1))
    await expect(fitted("binary", 1)).resolves.toEqual(new Map())
  })
})

describe("marginal", () => {
  it("counts bits as Jeffreys does: (Σ x + ½)/(n + 1)", async () => {
    const data = fitDataOf([
      [0, 1],
      [0, 1],
      [0, 0],
    ])
    const found = await logProbs(marginal.build({ pixels: "binary" }, [2]), data, [[1, 1]])
    expect(found[0]).toBeCloseTo(Math.log((0.5 / 4) * (2.5 / 4)), 6)
  })
  it("is a distribution of grey levels: every cell of width 1/256 has 256 P(k), and these sum to 1", async () => {
    const random = randomOf({ seed: 2, name: "test/levels" })
    const rows = Array.from({ length: 300 }, () => [random.uniform() ** 2, random.uniform()])
    const cells = Array.from({ length: 256 }, (_, k) => (k + 0.5) / 256)
    const model = marginal.build({ pixels: "grey" }, [2])
    const found = await logProbs(model, fitDataOf(rows), [
      ...cells.map((x) => [x, 0.1]),
      ...cells.map((x) => [x - 0.499 / 256, 0.1]),
      [-0.01, 0.1],
      [1, 0.1],
    ])
    const counts = cells.map((_, k) => rows.filter(([x]) => Math.floor(x! * 256) === k).length)
    const other = rows.filter(([, y]) => Math.floor(y! * 256) === 25).length
    for (const [k, n] of counts.entries()) {
      const expected = Math.log((256 * (n + 1)) / 556) + Math.log((256 * (other + 1)) / 556)
      expect(found[k]).toBeCloseTo(expected, 5)
      expect(found[256 + k]).toBe(found[k])
    }
    expect([found[512], found[513]]).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])
  })
  it("draws each level as often as its histogram says", async () => {
    const rows = Array.from({ length: 4000 }, (_, i) => [i % 4 === 0 ? 0.999 : 0.25])
    const model = marginal.build({ pixels: "grey" }, [1])
    const n = 20_000
    const graph = graphOf({ x: model.sample(live(model.params) as any, n, tracing(false)) })
    const noise = [...graph.draws.values()].map(({ attrs: { name } }) => [
      name,
      ndarray([n, 1], fillUniform({ seed: 3, name }, new Float32Array(n))),
    ])
    const feeds = { ...Object.fromEntries(noise), ...Object.fromEntries(await model.fit(fitDataOf(rows))) }
    const levels = [...interpret(graph, feeds)["x"]!.data].map((x) => Math.floor(x * 256))
    for (const [level, count] of [
      [255, 1001],
      [64, 3001],
      [7, 1],
    ] as const) {
      const p = count / 4256
      const standardError = Math.sqrt((p * (1 - p)) / n)
      expect(Math.abs(levels.filter((k) => k === level).length / n - p)).toBeLessThan(4 * standardError)
    }
    expect(Math.max(...levels)).toBe(255)
  })
})

describe("mixture", () => {
  it("refuses what would do nothing, and covariances too large to fill", () => {
    expect(() => configure(mixture, { covariance: "full" })).toThrow("only Gaussian components have one")
    expect(() => configure(mixture, { varianceFloor: 0.1 })).toThrow("only Gaussian components have a variance")
    const full = configure(mixture, { likelihood: "gaussian", covariance: "full" })
    expect(() => mixture.build(full, [1, 28, 28])).toThrow(tooManyForFull(784))
  })
})

describe("parzen", () => {
  const oneWindow = (sigma: number) => parzen.build({ points: 1, sigma }, [1, 28, 28])
  it("gives a single window at the datum −D log(σ√2π) = 541.35 nats, with σ = 0.2 and D = 784", async () => {
    const row = Array.from({ length: 784 }, (_, d) => (d % 7) / 7)
    const [log] = await logProbs(oneWindow(0.2), fitDataOf([row]), [row])
    expect(log).toBeCloseTo(541.35, 2)
  })
  it("is the mean of its windows", async () => {
    const windows = [[0], [1], [3]]
    const [log] = await logProbs(parzen.build({ points: 3, sigma: 0.5 }, [1]), fitDataOf(windows), [[0.7]])
    const normal = (d: number) => Math.exp(-0.5 * (d / 0.5) ** 2) / (0.5 * Math.sqrt(2 * Math.PI))
    expect(log).toBeCloseTo(Math.log((normal(0.7) + normal(0.3) + normal(2.3)) / 3), 6)
  })
  it("chooses its width on validation data, not on training data", async () => {
    const random = randomOf({ seed: 4, name: "test/parzen" })
    const rows = (n: number) => Array.from({ length: n }, () => [random.normal(), random.normal()])
    const [train, validation] = [rows(200), rows(200)]
    const sigmaOf = async (data: FitData) => (await parzen.build({ points: 200 }, [2]).fit(data)).get("sigma")!.data[0]!
    const chosen = await sigmaOf(fitDataOf(train, validation))
    const tempted = await sigmaOf(fitDataOf(train, train)) // every datum sits under its own window
    expect(tempted).toBeLessThan(0.02)
    expect(chosen).toBeGreaterThan(0.2)
    expect(chosen).toBeLessThan(0.7) // Silverman's rule for 200 points of the plane: 200^(−1/6) = 0.41
  })
  it("refuses more windows than there are data", async () => {
    await expect(parzen.build({ points: 9 }, [1]).fit(fitDataOf([[1]]))).rejects.toThrow(tooFewPoints(9, 1))
  })
})
