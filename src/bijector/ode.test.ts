import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { drawNoise } from "../evaluate/evaluator.ts"
import { meanOf } from "../evaluate/statistics.ts"
import { graphOf } from "../graph/graph.ts"
import { constant, input, matmul, mul, type Operand, type Tensor, tanh } from "../graph/index.ts"
import { estimatedTrace, exactTrace } from "../graph/jacobian.ts"
import { tracing } from "../graph/trace.ts"
import { interpret } from "../runtime/reference.ts"
import { continuous, rungeKutta, type TraceNoise } from "./ode.ts"

/** A_ij = sin(i + 2j), 5 × 5, in 64 bits and as the 32-bit constant that graphs hold. */
const entries = Array.from({ length: 25 }, (_, k) => Math.sin(Math.floor(k / 5) + 2 * (k % 5)))
const A = constant(ndarray([5, 5], entries))
const traceOfA = -0.262749923
/** z ↦ A z for rows z. */
const linear = (z: Tensor): Tensor => matmul(z, A, { transB: true })

const linearFlow = (noise: TraceNoise = "rademacher") =>
  continuous({ params: {}, velocity: (_, z) => linear(z), steps: 4, noise })

/** Rows of −1 and 1: all 32 of them. */
const allSigns = ndarray(
  [32, 5],
  Float32Array.from({ length: 160 }, (_, k) => (((k / 5) >> (k % 5)) & 1 ? 1 : -1)),
)
const estimatesWith = (noise: NdArray): Float64Array => {
  const z = input("z", noise.shape)
  const graph = graphOf({ trace: estimatedTrace(linear(z), z, input("noise", noise.shape)) })
  const zeros = ndarray(noise.shape)
  return interpret(graph, { z: zeros, noise })["trace"]!.data
}
const varianceOf = (values: Float64Array): number => meanOf(values).standardError ** 2 * (values.length - 1)

describe("the trace of a Jacobian", () => {
  it("is exact with one pullback a dimension", () => {
    const z = input("z", [3, 5])
    const { trace } = interpret(graphOf({ trace: exactTrace(linear(z), z) }), { z: ndarray([3, 5]) })
    for (const value of trace!.data) expect(value).toBeCloseTo(traceOfA, 7)
  })
  it("is estimated without bias by random signs, with variance 2(‖S‖² − Σ s_ii²)", () => {
    const estimates = estimatesWith(allSigns)
    expect(meanOf(estimates).value).toBeCloseTo(traceOfA, 6)
    expect(varianceOf(estimates)).toBeCloseTo(11.506895, 5) // over all signs there are: no sampling error
  })
  it("is estimated without bias by Gaussian noise, with the larger variance 2‖S‖²", () => {
    const n = 60_000
    const noise = ndarray([n, 5], fillNormal({ seed: 1, name: "epsilon" }, new Float32Array(5 * n)))
    const estimates = estimatesWith(noise)
    const { value, standardError } = meanOf(estimates)
    expect(Math.abs(value - traceOfA)).toBeLessThan(4 * standardError)
    const squares = meanOf(estimates.map((estimate) => (estimate - traceOfA) ** 2))
    expect(Math.abs(squares.value - 12.618375)).toBeLessThan(4 * squares.standardError)
    expect(4 * squares.standardError).toBeLessThan(12.618375 - 11.506895) // the signs' variance would be seen
  })
})

describe("the Runge–Kutta method", () => {
  // z' = z cos t has z(t) = z(0) exp(sin t).
  const errorWith = (steps: number): number => {
    const start = input("z", [1, 1])
    const [end] = rungeKutta(([z], t) => [mul(z!, Math.cos(t))], [start], { from: 0, to: 2, steps })
    const { y } = interpret(graphOf({ y: end! }), { z: ndarray([1, 1], [1]) })
    return Math.abs(y!.data[0]! - Math.exp(Math.sin(2)))
  }
  it("has order 4: half the step, a sixteenth of the error", () => {
    for (const steps of [8, 16, 32]) {
      const ratio = errorWith(steps) / errorWith(2 * steps)
      expect(ratio).toBeGreaterThan(13)
      expect(ratio).toBeLessThan(20)
    }
  })
  it("evaluates four times a step, at the ends and the middle", () => {
    const times: number[] = []
    rungeKutta(([z], t) => [times.push(t) ? z! : z!], [input("z", [1])], { from: 1, to: 0, steps: 2 })
    expect(times).toEqual([1, 0.75, 0.75, 0.5, 0.5, 0.25, 0.25, 0])
  })
})

describe("a continuous flow", () => {
  const x = ndarray([4, 5], fillNormal({ seed: 2, name: "x" }, new Float32Array(20)))
  const run = (training: boolean, noise: TraceNoise = "rademacher", seed = 1) => {
    const { z, logDet } = linearFlow(noise).forward({}, input("x", [4, 5]), tracing(training))
    const graph = graphOf({ z, logDet: logDet as Tensor })
    return { graph, logDet: interpret(graph, { x, ...drawNoise(graph, seed, 1) })["logDet"]!.data }
  }
  it("of a linear field has log-determinant −tr(A)·T, the same everywhere", () => {
    for (const value of run(false).logDet) expect(value).toBeCloseTo(-traceOfA, 6)
  })
  it("goes against the field from events to noise, and with it from noise to events", () => {
    const flow = continuous({ params: {}, velocity: (_, z) => mul(z, 0.5), steps: 8, noise: "gaussian" })
    const start = input("x", [4, 5])
    const { z } = flow.forward({}, start, tracing(false))
    const found = interpret(graphOf({ z, y: flow.inverse({}, start, tracing(false)) }), { x })
    for (const [i, value] of x.data.entries()) {
      expect(found["z"]!.data[i]).toBeCloseTo(value * Math.exp(-0.5), 6)
      expect(found["y"]!.data[i]).toBeCloseTo(value * Math.exp(0.5), 6)
    }
  })
  it("draws one noise for a whole solve in training, and none outside it", () => {
    expect([...run(true).graph.draws.keys()]).toEqual(["noise/trace"])
    expect([...run(false).graph.draws.keys()]).toEqual([])
  })
  it("estimates the same log-determinant from the same seed, another from another", () => {
    expect(run(true, "rademacher", 3).logDet).toEqual(run(true, "rademacher", 3).logDet)
    expect(run(true, "gaussian", 3).logDet).not.toEqual(run(true, "gaussian", 4).logDet)
  })
  it("estimates the exact log-determinant in training: over all signs the mean is it, where the field bends", () => {
    const velocity = (_: unknown, z: Tensor, t: Operand) => tanh(mul(linear(z), t))
    const flow = continuous({ params: {}, velocity, steps: 3, noise: "rademacher" })
    const rows = ndarray(
      [32, 5],
      Float32Array.from({ length: 160 }, (_, i) => Math.sin(1 + (i % 5))),
    )
    const found = (training: boolean) => {
      const { logDet } = flow.forward({}, input("x", [32, 5]), tracing(training))
      const uniforms = ndarray(
        [32, 5],
        allSigns.data.map((sign) => (sign > 0 ? 0.75 : 0.25)),
      )
      return interpret(graphOf({ logDet: logDet as Tensor }), { x: rows, "noise/trace": uniforms })["logDet"]!.data
    }
    expect(meanOf(found(true)).value).toBeCloseTo(found(false)[0]!, 9)
    expect(varianceOf(found(true))).toBeGreaterThan(0.1)
  })
})
