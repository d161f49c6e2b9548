/**
 * log p(x) = E_q log p(x|z) − KL(q ‖ p(z)) + KL(q ‖ p(z|x)), on z ~ N(0, 1), x|z ~ N(2z, ½), x = 1.3, q = N(0.4, 0.2),
 * written with the distributions models use. Every expectation under q is of a quadratic in z, so the two points
 * μ ± σ give it exactly.
 */
import { describe, expect, it } from "vitest"
import { ndarray } from "../../src/core/array.ts"
import { fillNormal } from "../../src/core/random.ts"
import { diagonalNormal, standardNormalLogProb } from "../../src/dist/normal.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { add, constant, input, mean, mul, reshape, sub, sum } from "../../src/graph/ops/index.ts"
import { pullback } from "../../src/graph/pullback.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import { interpret } from "../../src/runtime/reference.ts"

const row = (value: number): Tensor => constant(ndarray([1, 1], [value])) // exact in 32 bits only for short numbers
const number = (value: number): Tensor => reshape(constant(value), [1, 1]) // 64 bits
const evaluate = (y: Tensor): number => interpret(graphOf({ y: sum(y) }), {})["y"]!.data[0]!
const normal = (mu: number, variance: number) => diagonalNormal(number(mu), number(Math.log(variance)))

const [weight, noise, x] = [2, 0.5, 1.3]
const likelihoodOf = (z: Tensor) => diagonalNormal(mul(z, weight), number(Math.log(noise))).logProb(number(x))
const precision = 1 + weight ** 2 / noise
const exactPosterior = normal((weight * x) / noise / precision, 1 / precision)
const bothSides = constant(ndarray([2, 1], [1, -1]))

/** The four terms, given how the KL to the prior is computed. */
function terms(q: ReturnType<typeof normal>, klToPrior = q.kl()) {
  const z = q.at(bothSides)
  return {
    logProb: evaluate(normal(0, weight ** 2 + noise).logProb(number(x))),
    reconstruction: evaluate(mean(likelihoodOf(z))),
    kl: evaluate(klToPrior),
    klToPosterior: evaluate(mean(sub(q.logProb(z), exactPosterior.logProb(z)))),
  }
}
const isIdentity = ({ logProb, reconstruction, kl, klToPosterior }: ReturnType<typeof terms>) =>
  Math.abs(logProb - (reconstruction - kl + klToPosterior)) < 1e-10

describe("log p(x) = E_q log p(x|z) − KL(q ‖ p) + KL(q ‖ p(z|x))", () => {
  const q = normal(0.4, 0.2)
  it("holds with the published numbers", () => {
    const { logProb, reconstruction, kl, klToPosterior } = terms(q)
    expect(logProb).toBeCloseTo(-1.858755009, 9)
    expect(reconstruction).toBeCloseTo(-1.622364943, 9)
    expect(kl).toBeCloseTo(0.484718956, 9)
    expect(klToPosterior).toBeCloseTo(0.24832889, 9)
    expect(reconstruction - kl).toBeCloseTo(-2.107083899, 9)
    expect(isIdentity(terms(q))).toBe(true)
  })
  it("holds for every q", () => {
    for (const [mu, variance] of [
      [0, 1],
      [-2, 0.01],
      [1.7, 3],
      [0.5, 1 / 9],
    ] as const)
      expect(isIdentity(terms(normal(mu, variance)))).toBe(true)
  })
  it("fails with the KL term's sign wrong, with σ for σ², or with log σ² for log σ", () => {
    const wrong = [mul(q.kl(), -1), normal(0.4, Math.sqrt(0.2)).kl(), normal(0.4, 0.2 ** 2).kl()]
    for (const kl of wrong) expect(isIdentity(terms(q, kl))).toBe(false)
  })
  it("has a log-weight that does not depend on z when q is the posterior: log p(x) itself", () => {
    for (const z of [-3, 0, 0.577, 4]) {
      const weightOf = (q: ReturnType<typeof normal>) =>
        evaluate(sub(add(likelihoodOf(number(z)), standardNormalLogProb(number(z))), q.logProb(number(z))))
      expect(weightOf(exactPosterior)).toBeCloseTo(-1.858755009, 9)
      if (z !== 0.577) expect(Math.abs(weightOf(q) + 1.858755009)).toBeGreaterThan(0.1)
    }
  })
  it("has the same gradient by the path of z as by the score of q, and the path's varies less", () => {
    // ∂/∂μ E_q f(z): f'(μ + σε) against f(z)·∂ log q(z)/∂μ.
    const n = 40_000
    const mu = input("mu", [1, 1])
    const z = input("z", [n, 1])
    const epsilon = input("epsilon", [n, 1])
    const q = diagonalNormal(mu, number(Math.log(0.2)))
    const spread = add(mul(epsilon, 0), mu) // one μ a sample, so that gradients come apart
    const path = pullback(likelihoodOf(diagonalNormal(spread, number(Math.log(0.2))).at(epsilon)), [spread])[0]!
    const scores = pullback(diagonalNormal(spread, number(Math.log(0.2))).logProb(z), [spread])[0]!
    const graph = graphOf({ path, score: mul(scores, reshape(likelihoodOf(z), [n, 1])), at: q.at(epsilon) })
    const noise = ndarray([n, 1], fillNormal({ seed: 1, name: "epsilon" }, new Float32Array(n)))
    const zs = { shape: [n, 1], data: noise.data.map((e) => 0.4 + Math.sqrt(0.2) * e) }
    const { path: a, score: b } = interpret(graph, { mu: { shape: [1, 1], data: [0.4] }, z: zs, epsilon: noise })
    const moments = (values: Float64Array) => {
      const average = values.reduce((total, v) => total + v, 0) / n
      return { average, variance: values.reduce((total, v) => total + (v - average) ** 2, 0) / n }
    }
    const [byPath, byScore] = [moments(a!.data), moments(b!.data)]
    const exact = (weight * (x - weight * 0.4)) / noise0
    expect(Math.abs(byPath.average - exact)).toBeLessThan(4 * Math.sqrt(byPath.variance / n))
    expect(Math.abs(byScore.average - exact)).toBeLessThan(4 * Math.sqrt(byScore.variance / n))
    expect(byPath.variance).toBeLessThan(byScore.variance)
  })
})

const noise0 = noise

describe("KL(N(μ, σ²) ‖ N(0, 1))", () => {
  const kl = (mu: number, variance: number) => evaluate(normal(mu, variance).kl())
  it("has its golden values", () => {
    expect(kl(1, 0.25)).toBeCloseTo(0.5 * (1 + 0.25 - 1 - Math.log(0.25)), 12)
    expect(kl(1, 0.25)).toBeCloseTo(0.818147, 6)
    expect(kl(0, 1)).toBe(0)
    expect(evaluate(diagonalNormal(row(0), row(0)).kl())).toBe(0)
  })
  it("is never negative, at 10,000 random places", () => {
    const draws = fillNormal({ seed: 2, name: "kl" }, new Float32Array(20_000))
    const mu = ndarray(
      [10_000, 1],
      draws.slice(0, 10_000).map((e) => 3 * e),
    )
    const logVar = ndarray(
      [10_000, 1],
      draws.slice(10_000).map((e) => 2 * e),
    )
    const { y } = interpret(graphOf({ y: diagonalNormal(constant(mu), constant(logVar)).kl() }), {})
    expect(y!.data.length).toBe(10_000)
    expect(Math.min(...y!.data)).toBeGreaterThanOrEqual(0)
    const flipped = y!.data.map((value, i) => value - mu.data[i]! ** 2) // μ² with the wrong sign is caught
    expect(Math.min(...flipped)).toBeLessThan(0)
  })
  it("is the mean of log q − log p over samples of q", () => {
    const n = 200_000
    const noise = ndarray([n, 1], fillNormal({ seed: 3, name: "kl" }, new Float32Array(n)))
    const q = normal(1, 0.25)
    const z = q.at(constant(noise))
    const { y } = interpret(graphOf({ y: sub(q.logProb(z), standardNormalLogProb(z)) }), {})
    const average = y!.data.reduce((a, b) => a + b, 0) / n
    const variance = y!.data.reduce((a, b) => a + (b - average) ** 2, 0) / n
    expect(Math.abs(average - 0.818147)).toBeLessThan(4 * Math.sqrt(variance / n))
  })
  it("sums over the event and keeps the batch", () => {
    const q = diagonalNormal(
      constant(ndarray([2, 3], [1, 1, 1, 0, 0, 1])),
      constant(ndarray([2, 3], Array(6).fill(Math.log(0.25)))),
    )
    const { y } = interpret(graphOf({ y: q.kl() }), {})
    expect(y!.shape).toEqual([2])
    const atZero = 0.5 * (0.25 - 1 - Math.log(0.25))
    expect(y!.data[0]).toBeCloseTo(3 * 0.8181472, 5)
    expect(y!.data[1]).toBeCloseTo(0.8181472 + 2 * atZero, 5)
  })
})

describe("samples of N(μ, σ²)", () => {
  it.each([-3, 0, 1.2])("have variance e^logVar (logVar = %d)", (logVar) => {
    const n = 100_000
    const noise = ndarray([n, 1], fillNormal({ seed: 4, name: "samples" }, new Float32Array(n)))
    const { z } = interpret(graphOf({ z: diagonalNormal(number(0.7), number(logVar)).at(constant(noise)) }), {})
    const average = z!.data.reduce((a, b) => a + b, 0) / n
    const variance = z!.data.reduce((a, b) => a + (b - average) ** 2, 0) / n
    const error = Math.exp(logVar) * Math.sqrt(2 / n)
    expect(Math.abs(average - 0.7)).toBeLessThan(4 * Math.sqrt(Math.exp(logVar) / n))
    expect(Math.abs(variance - Math.exp(logVar))).toBeLessThan(4 * error)
    if (logVar !== 0) expect(Math.abs(variance - Math.exp(2 * logVar))).toBeGreaterThan(4 * error) // σ = e^logVar is caught
  })
})
