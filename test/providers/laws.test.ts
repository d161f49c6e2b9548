/** The laws of the providers' cases can fail: each is broken once, and says so. */
import { describe, expect, it } from "vitest"
import { graphOf } from "../../src/graph/graph.ts"
import { mul } from "../../src/graph/ops/index.ts"
import { interpret } from "../../src/runtime/reference.ts"
import type { Case, Values } from "./case.ts"
import { judged } from "./judge.ts"
import { lawCases } from "./laws/index.ts"

const cases = await lawCases()
const known = new Map(
  cases.map(({ name, graph, feeds }) => {
    const values = Object.entries(interpret(graph, feeds)).map(([port, { data }]) => [port, [...data]])
    return [name, Object.fromEntries(values) as Values]
  }),
)
const named = (name: string): Case => cases.find((one) => one.name === `laws of ${name}`)!

/** A false number by output, and what the law says to it. */
const lies: readonly [name: string, port: string, lie: (x: number, i: number) => number, says: RegExp][] = [
  ["boltzmann hidden", "logProb", (x) => 1.01 * x, /Σ p\(x\) of class 0/],
  ["boltzmann hidden", "events", (x) => x + 0.5, /no event/],
  ["boltzmann visible", "next", (_, i) => Number(i % 3 === 0), /standard deviations/],
  ["fvsbn random", "logits 0", (x, i) => x + 0.01 * (i % 7), /log p\(x\) beside/],
  ["nade random", "recurrent", (x, i) => x + (i === 9 ? 0.01 : 0), /recurrence/],
  ["made conditional", "logProb", (x, i) => (i < 128 ? x : 1.01 * x), /class 2/],
  ["marginal binary", "log p of samples", (x) => x - 0.5, /entropy/],
  ["uniform grey", "density", (x) => 1.01 * x, /∫ p/],
  ["mixture full", "density", (x) => 1.01 * x, /∫ p/],
  ["pca six-pixels", "log p of samples", (x) => x - 0.5, /entropy/],
  ["realnvp conditional", "back", (x) => x + 0.001, /inverse/],
  ["realnvp logit", "logDet", (x) => 1.01 * x, /det/],
  ["nice logistic", "log p", (x) => 1.01 * x, /log p\(x\)/],
  ["ffjord gaussian", "log p of noise", (x) => x + 0.5, /entropy/],
  ["vae relu", "kl", (x) => -x, /negative/],
  ["vae relu", "reconstruction", (x) => x + 0.2, /log-weight/],
  ["vae conditional", "weights", (x) => x + 0.2, /log-weight/],
  ["vae gaussian", "reconstruction", (x) => x + 5, /above log p/],
  ["rbm cd", "freeEnergy", (x) => 1.01 * x, /Σ exp/],
  ["rbm pcd", "at base", (x) => 1.01 * x, /β = 0/],
  ["dbm pcd", "at model", (x) => 1.01 * x, /β = 1/],
  ["dbm pcd", "freeEnergy", (x) => x - 0.5, /a bound/],
  ["gsn walkback", "events", (x) => x + 1, /no event/],
]

describe("the law of a model, in the reference's numbers", () => {
  it.each(cases.map(({ name }) => name))("%s: holds", (name) => {
    const one = cases.find((each) => each.name === name)!
    expect(one.holds!(known.get(name)!, 1e-6)).toBeUndefined()
  })
  it.each(lies)("%s: is broken by a false %s", (name, port, lie, says) => {
    const one = named(name)
    const found = known.get(one.name)!
    expect(one.holds!({ ...found, [port]: found[port]!.map(lie) }, 1e-4)).toMatch(says)
  })
})

describe("a law on a provider", () => {
  const honest = named("fvsbn raster")
  const logProb = mul(honest.graph.outputs.get("logProb")!, 1.01)
  const scaled = graphOf({ ...Object.fromEntries(honest.graph.outputs), logProb })
  const verdictOf = (one: Case) => {
    const bitsOf = (data: Float64Array) => [...new Uint32Array(Float32Array.from(data).buffer)]
    const results = Object.entries(interpret(one.graph, one.feeds)).map(
      ([port, { shape, data }]) => [port, { shape, bits: bitsOf(data) }] as const,
    )
    return judged([one], [{ name: one.name, results: Object.fromEntries(results) }], "webgpu")[0]!
  }
  it("passes", () => expect(verdictOf(honest)).toMatchObject({ passes: true }))
  it("fails a program that is false, though it computes what the reference does", () => {
    const { passes, error } = verdictOf({ ...honest, graph: scaled })
    expect(passes).toBe(false)
    expect(error).toMatch(/Σ p\(x\) of class 0 over all images is 0\.9\d+, not 1/)
  })
})
