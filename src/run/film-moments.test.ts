import { describe, expect, it } from "vitest"
import { weight, zeros } from "../graph/parameter.ts"
import { filmPlan, isMoment } from "./film-moments.ts"

const momentsOf = (weights: number, steps: number, every: number) => {
  const plan = filmPlan({ params: { w: weight([weights], zeros) } }, every)
  return Array.from({ length: steps + 1 }, (_, step) => step).filter((step) => isMoment(step, plan))
}
const gaps = (steps: readonly number[]) => steps.slice(1).map((step, i) => step - steps[i]!)

describe("the moments of a film", () => {
  it("are about forty in a hundred looks, the first of them step 0", () => {
    const steps = momentsOf(50_000, 5000, 50)
    expect(steps[0]).toBe(0)
    expect(steps.length).toBeGreaterThanOrEqual(35)
    expect(steps.length).toBeLessThanOrEqual(45)
    expect(steps.at(-1)).toBeGreaterThanOrEqual(4800)
  })
  it("lie denser early: gaps never shrink", () => {
    const found = gaps(momentsOf(50_000, 20_000, 10))
    expect(found).toEqual([...found].sort((a, b) => a - b))
    expect(found.at(-1)! / found[0]!).toBeGreaterThan(16)
  })
  it("do not depend on where the run ends", () => {
    const long = momentsOf(1000, 4000, 7)
    expect(momentsOf(1000, 900, 7)).toEqual(long.filter((step) => step <= 900))
  })
  it("are multiples of the steps at which the run looks", () =>
    expect(momentsOf(1000, 900, 7).every((step) => step % 7 === 0)).toBe(true))
  it("are fewer where weights are many: 100 looks take no more than 100 MB, and few weights keep them all", () => {
    for (const weights of [10_000, 700_000, 1_500_000, 3_000_000])
      expect([weights, (momentsOf(weights, 100, 1).length - 1) * weights * 4 <= 105 * 2 ** 20]).toEqual([weights, true])
    expect(momentsOf(1_500_000, 100, 1).length).toBeGreaterThan(10)
    expect(momentsOf(10_000, 16, 1)).toHaveLength(17)
  })
})
