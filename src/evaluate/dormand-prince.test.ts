import { describe, expect, it } from "vitest"
import { type Derivative, solve, stepVanished, tooManyEvaluations } from "./dormand-prince.ts"

/** y' = y cos t, so y(t) = y(0) exp(sin t). */
const swinging: Derivative = (t, y) => y.map((value) => value * Math.cos(t))
/** A circle: y'' = −y. */
const circling: Derivative = (_, y) => y.map((_, i) => (i % 2 === 0 ? y[i + 1]! : -y[i - 1]!))
const options = { from: 0, to: 5, width: 1, tolerance: 1e-6, maxEvaluations: 10_000 }
const errorAt = async (tolerance: number): Promise<number> => {
  const { y } = await solve(circling, Float64Array.of(1, 0), { ...options, width: 2, tolerance })
  return Math.hypot(y[0]! - Math.cos(5), y[1]! + Math.sin(5))
}

describe("the adaptive solver", () => {
  it("has an error in proportion to its tolerance", async () => {
    const tolerances = [1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10]
    const errors = await Promise.all(tolerances.map(errorAt))
    for (const [i, error] of errors.entries()) expect(error).toBeLessThan(20 * tolerances[i]!)
    const decades = Math.log10(errors[0]! / errors.at(-1)!)
    expect(decades).toBeGreaterThan(4.5)
    expect(decades).toBeLessThan(7.5)
  })
  it("takes more evaluations for smaller tolerances, and tells how many it took", async () => {
    const counted = async (tolerance: number) => {
      let calls = 0
      const f: Derivative = (t, y) => {
        calls++
        return swinging(t, y)
      }
      const { evaluations } = await solve(f, Float64Array.of(1), { ...options, tolerance })
      expect(evaluations).toBe(calls)
      return evaluations
    }
    expect(await counted(1e-9)).toBeGreaterThan(2 * (await counted(1e-4)))
  })
  it("goes back in time as well as forth", async () => {
    const there = await solve(swinging, Float64Array.of(1.5), { ...options, tolerance: 1e-10 })
    const back = await solve(swinging, there.y, { ...options, from: 5, to: 0, tolerance: 1e-10 })
    expect(back.y[0]).toBeCloseTo(1.5, 8)
    expect(there.y[0]).toBeCloseTo(1.5 * Math.exp(Math.sin(5)), 8)
  })
  it("is exact to rounding for a field that order 5 integrates exactly", async () => {
    const { y, evaluations } = await solve((t, y) => y.map(() => 5 * t ** 4), Float64Array.of(0), options)
    expect(Math.abs(y[0]! / 5 ** 5 - 1)).toBeLessThan(1e-5)
    expect(evaluations).toBeLessThan(400)
  })
  it("is as exact for a row in company as for the row alone", async () => {
    const stiff: Derivative = (t, y) => y.map((value, i) => (i === 0 ? -40 : -1) * (value - Math.cos(t)))
    const settings = { ...options, tolerance: 1e-7 }
    const [alone, together] = [
      await solve((t, y) => y.map((value) => -40 * (value - Math.cos(t))), Float64Array.of(2), settings),
      await solve(stiff, Float64Array.of(2, ...new Array(99).fill(1)), settings),
    ]
    expect(Math.abs(alone.y[0]! - together.y[0]!)).toBeLessThan(1e-6)
  })
  it("stops with the number of evaluations when there are too many", async () => {
    const solving = solve(circling, Float64Array.of(1, 0), {
      ...options,
      width: 2,
      tolerance: 1e-12,
      maxEvaluations: 50,
    })
    await expect(solving).rejects.toMatchObject({ code: "failed" })
    await expect(solving).rejects.toThrow(tooManyEvaluations(50, 0, 1e-12).slice(0, 60))
  })
  it("says where the field is no number, rather than going on with NaN", async () => {
    const broken: Derivative = (t, y) => y.map((value) => (t > 2 ? Number.NaN : value))
    await expect(solve(broken, Float64Array.of(1), options)).rejects.toThrow(stepVanished(2).slice(0, 50))
  })
})
