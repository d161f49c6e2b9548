import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { fillUniform } from "../core/random.ts"
import { graphOf } from "../graph/graph.ts"
import { input } from "../graph/ops/index.ts"
import { gradients } from "../graph/pullback.ts"
import { tracing } from "../graph/trace.ts"
import { compile } from "../runtime/ort-node.ts"
import { interpret } from "../runtime/reference.ts"
import { bases } from "./base.ts"
import { logistic } from "./logistic.ts"

const column = (values: ArrayLike<number>) => ndarray([values.length, 1], Float32Array.from(values))
const logProbs = (of: ReturnType<typeof logistic>, values: ArrayLike<number>) =>
  interpret(graphOf({ logProb: of.logProb(input("x", [values.length, 1])) }), { x: column(values) })["logProb"]!.data

/** Samples whose uniform draws are these. */
const samplesAt = (of: ReturnType<typeof logistic>, uniforms: Float32Array) => {
  const graph = graphOf({ x: of.sample(tracing(false).rng, [uniforms.length, 1]) })
  return { graph, feeds: { noise: column(uniforms) } }
}

describe("the logistic distribution", () => {
  const step = 0.01
  const grid = Float64Array.from({ length: 8000 }, (_, i) => -40 + step * (i + 0.5))
  it.each([
    [0, 0],
    [1.5, Math.log(0.5)],
    [-2, Math.log(2)],
  ])("around %f at log scale %f has a density that integrates to 1", (mean, logScale) => {
    const total = logProbs(logistic(mean, logScale), grid).reduce((sum, value) => sum + Math.exp(value) * step, 0)
    expect(Math.abs(total - 1)).toBeLessThan(1e-6)
  })
  it("has the density ¼ at its centre, and falls by one nat a scale far out", () => {
    expect(logProbs(logistic(), [0])[0]).toBeCloseTo(Math.log(0.25), 12)
    const [near, far] = logProbs(logistic(), [30, 31])
    expect(near! - far!).toBeCloseTo(1, 10)
    expect(logProbs(logistic(), [-1e4, 1e4])).toEqual(Float64Array.of(-1e4, -1e4))
  })
  it("is sampled as it is scored: P(x ≤ sample) is uniform", () => {
    const n = 20_000
    const uniforms = fillUniform({ seed: 1, name: "u" }, new Float32Array(n))
    const { graph, feeds } = samplesAt(logistic(1.5, Math.log(0.5)), uniforms)
    const { data } = interpret(graph, feeds)["x"]!
    const ranks = data.map((x) => 1 / (1 + Math.exp(-(x - 1.5) / 0.5))).sort()
    const distance = ranks.reduce((most, rank, i) => Math.max(most, Math.abs(rank - (i + 0.5) / n)), 0)
    expect(distance).toBeLessThan(1.63 / Math.sqrt(n)) // the 1 % point of Kolmogorov's statistic
    const variance = data.reduce((total, x) => total + (x - 1.5) ** 2, 0) / n
    expect(Math.abs(variance / ((Math.PI * 0.5) ** 2 / 3) - 1)).toBeLessThan(4 * Math.sqrt(3.2 / n)) // kurtosis 4.2
  })
  it("gives no infinite sample at the ends of the uniform draws", async () => {
    const { graph, feeds } = samplesAt(logistic(), Float32Array.of(0, 2 ** -24, 0.5, 1 - 2 ** -24))
    const program = await compile(graph, { threads: 1 })
    const { x } = await program.run(feeds)
    await program.dispose()
    expect([...x!.data].every(Number.isFinite)).toBe(true)
    expect(Math.abs(x!.data[2]!)).toBeLessThan(1e-6)
    expect([...x!.data].map((value) => Math.round(value))).toEqual([-17, -16, 0, 16])
  })
  it("has finite gradients where its density is tiny", () => {
    const y = input("y", [2])
    const [g] = gradients(logistic().logProb(y), [y])
    expect([...interpret(graphOf({ g: g! }), { y: ndarray([2], [-500, 500]) })["g"]!.data]).toEqual([1, -1])
  })
})

describe("the noise of a flow", () => {
  it("is drawn as it is scored: logistic from uniform numbers, Gaussian from normal ones", () => {
    const drawsOf = (name: keyof typeof bases) =>
      [...graphOf({ z: bases[name].sample(tracing(false).rng, [2, 3]) }).draws.values()].map(
        ({ attrs }) => attrs.distribution,
      )
    expect([drawsOf("logistic"), drawsOf("gaussian")]).toEqual([["uniform"], ["normal"]])
  })
})
