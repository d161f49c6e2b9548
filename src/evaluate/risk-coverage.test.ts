import { describe, expect, it } from "vitest"
import {
  acceptedShare,
  accuracyAt,
  areaEstimate,
  areaUnderRisk,
  noScores,
  riskCoverage,
  thresholdFor,
  unequal,
} from "./risk-coverage.ts"

describe("the risk–coverage curve", () => {
  // In rising order of score: right, wrong, right, right; so 0/1, 1/2, 1/3, 1/4.
  const [scores, wrong] = [
    [0.3, 0.1, 0.2, 0.9],
    [0, 0, 1, 0],
  ]
  it("is the running share of mistakes in rising order of the score", () =>
    expect(riskCoverage(scores, wrong)).toEqual([
      { coverage: 0.25, risk: 0, threshold: 0.1 },
      { coverage: 0.5, risk: 0.5, threshold: 0.2 },
      { coverage: 0.75, risk: 1 / 3, threshold: 0.3 },
      { coverage: 1, risk: 0.25, threshold: 0.9 },
    ]))
  it("has the mean of those shares as its area: (0 + 1/2 + 1/3 + 1/4)/4 = 13/48", () =>
    expect(areaUnderRisk(riskCoverage(scores, wrong), 4)).toBeCloseTo(13 / 48, 15))
  it("accepts equal scores together, and gives them the area of the mean order", () => {
    const points = riskCoverage([1, 1, 2], [1, 0, 0])
    expect(points.map(({ coverage, risk }) => [coverage, risk])).toEqual([
      [2 / 3, 1 / 2],
      [1, 1 / 3],
    ])
    // Either order of the two: (1 + 1/2 + 1/3)/3 or (0 + 1/2 + 1/3)/3; their mean is 4/9.
    expect(areaUnderRisk(points, 3)).toBeCloseTo(4 / 9, 15)
  })
  it("ends at the risk without a rejector, and is 0 or 1 throughout where all are right or wrong", () => {
    expect(riskCoverage(scores, wrong).at(-1)!.risk).toBe(0.25)
    expect(areaUnderRisk(riskCoverage(scores, [0, 0, 0, 0]), 4)).toBe(0)
    expect(areaUnderRisk(riskCoverage(scores, [1, 1, 1, 1]), 4)).toBe(1)
  })
  it("gives the accuracy at the first point that covers enough, and says which that is", () => {
    const points = riskCoverage(scores, wrong)
    expect(accuracyAt(points, 0.6)).toEqual({ accuracy: 1 - 1 / 3, coverage: 0.75 })
    expect(accuracyAt(points, 0.5)).toEqual({ accuracy: 0.5, coverage: 0.5 })
    expect(accuracyAt(points, 1).accuracy).toBe(0.75)
  })
  it("has a bootstrap error: that of a coin's mean where the score says nothing", () => {
    const n = 400
    const coin = Array.from({ length: n }, (_, i) => i % 2)
    const { value, standardError } = areaEstimate("area", new Array(n).fill(1), coin)
    expect(value).toBeCloseTo(0.5, 12)
    expect(standardError).toBeGreaterThan(0.025 - 3 * 0.0018) // √(¼/n) = 0.025; 100 replicates know it to 7 %
    expect(standardError).toBeLessThan(0.025 + 3 * 0.0018)
  })
  it("puts infinite scores last", () =>
    expect(riskCoverage([Number.POSITIVE_INFINITY, 1], [1, 0]).map(({ risk }) => risk)).toEqual([0, 0.5]))
  it("refuses what is no curve", () => {
    expect(() => riskCoverage([], [])).toThrow(noScores)
    expect(() => riskCoverage([1, 2], [0])).toThrow(unequal(2, 1))
  })
})

describe("a threshold", () => {
  it("is the smallest that accepts the stated share", () => {
    expect(thresholdFor([4, 1, 3, 2], 0.5)).toBe(2)
    expect(thresholdFor([4, 1, 3, 2], 0.51)).toBe(3)
    expect(thresholdFor([4, 1, 3, 2], 1)).toBe(4)
    expect(thresholdFor([4, 1, 3, 2], 0)).toBe(1)
  })
  it("accepts more than the share where scores are equal", () => {
    expect(thresholdFor([1, 1, 1, 5], 0.5)).toBe(1)
    expect(acceptedShare([1, 1, 1, 5], 1)).toBe(0.75)
  })
})
