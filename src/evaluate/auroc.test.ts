import { describe, expect, it } from "vitest"
import { fillNormal } from "../core/random.ts"
import { auroc, aurocEstimate, midRanks, scoreIsNaN, tooFewScores } from "./auroc.ts"

/** The definition: every pair looked at. */
const byPairs = (inliers: readonly number[], outliers: readonly number[]): number => {
  const wins = outliers.flatMap((y) => inliers.map((x) => (y > x ? 1 : y === x ? 0.5 : 0)))
  return wins.reduce((a: number, b) => a + b, 0) / wins.length
}

describe("the area under the ROC curve", () => {
  it("is 8/9 where one of nine pairs is out of order", () =>
    expect(auroc([1, 2, 4], [3, 5, 6]).value).toBeCloseTo(8 / 9, 15))
  it("counts a tie as half a pair", () => {
    // Outlier 2 beats 1 and ties with 2: 1½ of 3; outlier 3 beats 1 and 2 and ties with 3: 2½; outlier 1 ties with 1: ½.
    expect(auroc([1, 2, 3], [2, 3, 1]).value).toBeCloseTo(4.5 / 9, 15)
    expect(auroc([1, 2, 3], [2, 3, 4]).value).toBeCloseTo(7 / 9, 15)
    expect(auroc([1, 1, 2], [1, 2, 3]).value).toBeCloseTo(6.5 / 9, 15)
  })
  it("is ½ where all scores are equal, 1 and 0 where none overlap, infinities included", () => {
    expect(auroc([7, 7, 7], [7, 7])).toEqual({ value: 0.5, standardError: 0 })
    expect(auroc([0, 1], [2, Infinity]).value).toBe(1)
    expect(auroc([2, Infinity], [-Infinity, 1]).value).toBe(0)
    expect(auroc([0, Infinity], [Infinity, Infinity]).value).toBe(0.75)
  })
  it("has the error that DeLong's equation gives by hand", () => {
    // inliers 1 2 4, outliers 3 5 6: V10 = (2/3, 1, 1), V01 = (1, 1, 2/3); each has variance 1/27, so s.e.² = 2/81.
    expect(auroc([1, 2, 4], [3, 5, 6]).standardError).toBeCloseTo(Math.sqrt(2 / 81), 15)
  })
  it("agrees with all pairs looked at one by one, ties and all", () => {
    const draw = (name: string, n: number) =>
      Array.from(fillNormal({ seed: 4, name }, new Float32Array(n)), (z) => Math.round(3 * z))
    const [inliers, outliers] = [draw("in", 41), draw("out", 23).map((z) => z + 1)]
    expect(auroc(inliers, outliers).value).toBeCloseTo(byPairs(inliers, outliers), 12)
    expect(auroc(outliers, inliers).value).toBeCloseTo(1 - byPairs(inliers, outliers), 12)
  })
  it("has a 95 % interval that covers the truth in 95 % of 1,000 sets of 40 + 40 normal scores", () => {
    const truth = 0.7602499389 // Φ(1/√2), two normals one standard deviation apart
    let covered = 0
    for (let step = 0; step < 1000; step++) {
      const scores = (name: string) => fillNormal({ seed: 1, name, step }, new Float32Array(40))
      const { value, standardError } = auroc(
        scores("in"),
        scores("out").map((z) => z + 1),
      )
      if (Math.abs(value - truth) < 1.96 * standardError) covered++
    }
    expect(covered / 1000).toBeGreaterThan(0.93) // 0.95 − 3 standard errors of 0.007
    expect(covered / 1000).toBeLessThan(0.97)
  })
  it("refuses what has no area", () => {
    expect(() => auroc([1], [1, 2])).toThrow(tooFewScores("inliers", 1))
    expect(() => auroc([1, 2], [1, Number.NaN])).toThrow(scoreIsNaN("outliers", 1))
  })
  it("says what an error of 0 means where nothing overlaps", () => {
    expect(aurocEstimate("x", { value: 1, standardError: 0 }).note).toContain("these samples alone")
    expect(aurocEstimate("x", { value: 0.9, standardError: 0.1 }).note).toContain("DeLong")
  })
})

describe("mid-ranks", () => {
  it("are shared by equal values", () => expect([...midRanks([10, 20, 10, 5])]).toEqual([2.5, 4, 2.5, 1]))
})
