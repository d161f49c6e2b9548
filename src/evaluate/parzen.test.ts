import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { noSamples, parzenEstimate, parzenLogDensities } from "./parzen.ts"
import { logMeanExp } from "./statistics.ts"

const session = { threads: 1 }
const normal = (name: string, n: number, dimensions: number, std = 1) =>
  ndarray(
    [n, dimensions],
    fillNormal({ seed: 1, name }, new Float32Array(n * dimensions)).map((x) => std * x),
  )

describe("the Parzen window estimate", () => {
  it("gives 541.35 nats at a point of 784 dimensions where the one sample lies, with σ = 0.2", async () => {
    const x = normal("x", 1, 784)
    const [logDensity] = await parzenLogDensities(x, x, [0.2], session)
    expect(logDensity![0]).toBeCloseTo(-784 * Math.log(0.2 * Math.sqrt(2 * Math.PI)), 1)
    expect(Math.abs(logDensity![0]! - 541.35)).toBeLessThan(0.02)
  })
  it("is the logarithm of the mean of Gaussians at the samples, for each width, whatever the number of samples", async () => {
    const [samples, events] = [normal("samples", 2300, 3), normal("events", 700, 3)]
    const widths = [0.3, 1]
    const found = await parzenLogDensities(samples, events, widths, session)
    for (const [w, sigma] of widths.entries())
      for (const row of [0, 499, 500, 699]) {
        const logs = Array.from({ length: 2300 }, (_, s) => {
          const square = [0, 1, 2].reduce((t, d) => t + (events.data[3 * row + d]! - samples.data[3 * s + d]!) ** 2, 0)
          return -square / (2 * sigma ** 2) - 3 * Math.log(sigma * Math.sqrt(2 * Math.PI))
        })
        expect(found[w]![row]).toBeCloseTo(logMeanExp(logs), 4)
      }
  })
  it("chooses the width on validation data, and states it with the number of samples", async () => {
    const samples = normal("samples", 500, 2, 0.1)
    const [near, far] = [normal("near", 300, 2, 0.1), normal("far", 300, 2, 3)]
    const options = { ...session, widths: [0.03, 0.1, 1] }
    const honest = await parzenEstimate({ samples, validation: near, test: far }, options)
    const peeking = await parzenEstimate({ samples, validation: far, test: far }, options)
    expect([honest.samples, honest.sigma, peeking.sigma]).toEqual([500, 0.03, 1])
    expect(honest.value).toBeLessThan(peeking.value) // a width chosen on the test split would look better
    expect(honest.standardError).toBeGreaterThan(0)
  })
  it("needs a sample", () =>
    expect(parzenLogDensities(ndarray([0, 2]), ndarray([1, 2]), [1], session)).rejects.toThrow(noSamples))
})
