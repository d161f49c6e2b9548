/** What holds for every model that maps events to noise and back: it undoes itself, and its log|det| is that of its Jacobian. */
import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../../src/core/array.ts"
import { fillUniform } from "../../src/core/random.ts"
import { sizeOf } from "../../src/core/shape.ts"
import { compileFor, eventsOf, oneHotFeeds } from "../../src/evaluate/evaluator.ts"
import { meanOf } from "../../src/evaluate/statistics.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { broadcastTo, constant, input, reshape, type Tensor } from "../../src/graph/index.ts"
import { live, type Parameters } from "../../src/graph/parameter.ts"
import { pullback } from "../../src/graph/pullback.ts"
import { type Env, tracing } from "../../src/graph/trace.ts"
import type { Direct, Invertible, Model, Tractable } from "../../src/model/capabilities.ts"
import { exportModel } from "../../src/run/export.ts"
import { openSession, toTensor } from "../../src/runtime/ort-node.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { logAbsDet } from "./determinant.ts"
import { feedsOf, firstParameters, strongParameters, type Tiny, tinies, worst } from "./tiny.ts"

const invertible = tinies.filter(({ model }) => model.forward && model.inverse)
const flowOf = ({ model }: Tiny) => model as Model & Invertible<any> & Tractable<any> & Direct<any>
const rows = 24
const samples = 2000

/** Where a solver stands between f and its inverse, both are right up to its error. */
const isSolved = ({ model }: Tiny): boolean => model.velocity !== undefined

const labelsOf = ({ model }: Tiny, n: number): NdArray | undefined =>
  oneHotFeeds(
    model,
    Array.from({ length: n }, (_, i) => i % (model.classes ?? 1)),
  )["label"]
const feedsFor = (tiny: Tiny, n: number, x: Record<string, NdArray>) => {
  const label = labelsOf(tiny, n)
  return { ...x, ...(label && { label }) }
}
const environment = ({ model: { classes } }: Tiny, n: number): Env =>
  tracing(false, "noise", classes === undefined ? undefined : input("label", [n, classes]))

const dataOf = ({ model, dataset, preprocessing }: Tiny): NdArray =>
  eventsOf({ dataset, preprocessing, split: "test" }, model.event, [...Array(rows).keys()])

/** Outputs in 64 bits. */
function in64(tiny: Tiny, parameters: Parameters, given: Record<string, NdArray>, n: number, f: Traced) {
  const graph = graphOf(f(live(tiny.model.params), environment(tiny, n)))
  return interpret(graph, feedsOf(graph, parameters, feedsFor(tiny, n, given)))
}
/** Outputs of ONNX Runtime. */
async function in32(tiny: Tiny, parameters: Parameters, given: Record<string, NdArray>, n: number, f: Traced) {
  const program = await compileFor(tiny.model, f, { threads: 1, rows: n, seed: 5 })
  const outputs = await program.run(parameters, feedsFor(tiny, n, given))
  await program.dispose()
  return outputs
}
type Traced = (p: any, env: Env) => Record<string, Tensor>

const there = (tiny: Tiny): Traced => {
  const flow = flowOf(tiny)
  return (p, env) => ({ back: flow.inverse(p, flow.forward(p, input("x", [rows, ...flow.event]), env).z, env) })
}
const andBack = (tiny: Tiny, n: number): Traced => {
  const flow = flowOf(tiny)
  return (p, env) => {
    const x = flow.sample(p, n, env)
    return { again: flow.inverse(p, flow.forward(p, x, env).z, env), x }
  }
}

/** log|det ∂z/∂x| that the model states, and that of its Jacobian row by row. */
function determinants(tiny: Tiny, parameters: Parameters) {
  const flow = flowOf(tiny)
  const dims = sizeOf(flow.event)
  const outputs = in64(tiny, parameters, { x: dataOf(tiny) }, rows, (p, env) => {
    const x = input("x", [rows, ...flow.event])
    const { z, logDet } = flow.forward(p, x, env)
    const jacobian = Array.from({ length: dims }, (_, i) => {
      const unit = Float32Array.from({ length: dims }, (_, j) => Number(i === j))
      const [row] = pullback(z, [x], broadcastTo(constant(ndarray([1, dims], unit)), [rows, dims]))
      return [`row${i}`, reshape(row!, [rows, dims])] as const
    })
    return { logDet, ...Object.fromEntries(jacobian) }
  })
  const ofJacobian = Array.from({ length: rows }, (_, r) =>
    logAbsDet(Array.from({ length: dims }, (_, i) => [...outputs[`row${i}`]!.data.subarray(r * dims, (r + 1) * dims)])),
  )
  return { stated: outputs["logDet"]!.data, ofJacobian }
}

describe.each(invertible)("$name", (tiny) => {
  const flow = flowOf(tiny)
  const dims = sizeOf(flow.event)

  it("has noise as long as its events, and one log-determinant a datum", () => {
    const x = input("x", [rows, ...flow.event])
    const { z, logDet } = flow.forward(live(flow.params), x, environment(tiny, rows))
    expect([z.shape, logDet.shape]).toEqual([[rows, dims], [rows]])
    expect(flow.inverse(live(flow.params), z, environment(tiny, rows)).shape).toEqual(x.shape)
  })
  it("finds its way back from data, in 32 bits and in 64", async () => {
    const x = dataOf(tiny)
    const parameters = await firstParameters(tiny)
    const fast = await in32(tiny, parameters, { x }, rows, there(tiny))
    expect(worst(fast["back"]!.data, x.data)).toBeLessThan(1e-4)
    const slow = in64(tiny, parameters, { x }, rows, there(tiny))
    expect(worst(slow["back"]!.data, x.data)).toBeLessThan(isSolved(tiny) ? 1e-4 : 1e-12)
  })
  it("finds its way back to its own samples, in 32 bits and in 64", async () => {
    const parameters = await firstParameters(tiny)
    const fast = await in32(tiny, parameters, {}, samples, andBack(tiny, samples))
    expect(worst(fast["again"]!.data, fast["x"]!.data)).toBeLessThan(1e-4)
    const slow = in64(tiny, parameters, {}, 200, andBack(tiny, 200))
    expect(worst(slow["again"]!.data, slow["x"]!.data)).toBeLessThan(isSolved(tiny) ? 1e-4 : 1e-12)
  })
  it("arrives at the noise it started from", async () => {
    const { z, again } = in64(tiny, await firstParameters(tiny), {}, 200, (p, env) => {
      const z = env.rng.normal([200, dims])
      return { z, again: flow.forward(p, flow.inverse(p, z, env), env).z }
    })
    expect(worst(again!.data, z!.data)).toBeLessThan(isSolved(tiny) ? 1e-4 : 1e-9)
  })
  it("has the log-determinant of its Jacobian", async () => {
    const { stated, ofJacobian } = determinants(tiny, await firstParameters(tiny))
    expect(worst(stated, ofJacobian)).toBeLessThan(isSolved(tiny) ? 1e-4 : 1e-10)
  })
  it.skipIf(isSolved(tiny))("does all this with strong weights, where the determinant is far from one", () => {
    const parameters = strongParameters(tiny)
    const { stated, ofJacobian } = determinants(tiny, parameters)
    expect(worst(stated, ofJacobian)).toBeLessThan(1e-8)
    expect(Math.max(...stated.map(Math.abs))).toBeGreaterThan(0.1)
    const x = dataOf(tiny)
    const { back } = in64(tiny, parameters, { x }, rows, there(tiny))
    expect(worst(back!.data, x.data)).toBeLessThan(1e-6)
  })
  it("exports its sampler: noise in, events out, whatever the length of the batch", async () => {
    const parameters = await firstParameters(tiny)
    const sampler = exportModel({ model: flow, parameters }, {}).find(({ role }) => role === "sampler")!
    const session = await openSession(sampler.bytes, { threads: 1 })
    for (const n of [1, 7]) {
      const noise = ndarray([n, dims], fillUniform({ seed: 8, name: "noise" }, new Float32Array(n * dims)))
      const expected = in64(tiny, parameters, { noise }, n, (p, env) => ({ events: flow.sample(p, n, env) }))
      const feeds = Object.entries(feedsFor(tiny, n, { noise })).map(([name, value]) => [name, toTensor(value)])
      const { x } = await session.run(Object.fromEntries(feeds))
      expect(x!.dims).toEqual([n, ...flow.event])
      expect(worst(x!.data as Float32Array, expected["events"]!.data)).toBeLessThan(1e-5)
    }
    await session.release()
  })
  it("draws from the distribution it scores with: its samples have the noise's entropy", async () => {
    const { logProb, logDet } = await in32(tiny, await firstParameters(tiny), {}, samples, (p, env) => {
      const x = flow.sample(p, samples, env)
      return { logProb: flow.logProb(p, x, env), logDet: flow.forward(p, x, env).logDet }
    })
    const ofNoise = logProb!.data.map((value, i) => value - logDet!.data[i]!)
    const { value, standardError } = meanOf(ofNoise)
    // Entropies of one dimension in nats: standard logistic 2, standard normal ½ log 2πe.
    const entropy = /logistic/.test(tiny.name) ? 2 : 0.5 * Math.log(2 * Math.PI * Math.E)
    expect(Math.abs(value + dims * entropy)).toBeLessThan(4 * standardError)
    expect(4 * standardError).toBeLessThan(0.1 * dims) // the other noise would be seen: their entropies differ by 0.58
  })
})
