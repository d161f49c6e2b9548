import { describe, expect, it } from "vitest"
import { learningRate, type Schedule } from "./schedule.ts"

const schedules: readonly Schedule[] = [
  { name: "constant", start: 1e-2, end: 1e-2, steps: 50 },
  { name: "linear", start: 1e-2, end: 1e-4, steps: 50 },
  { name: "cosine", start: 1e-2, end: 1e-4, steps: 50 },
  { name: "step", start: 1e-2, factor: 0.5, every: 10 },
]
const steps = Array.from({ length: 60 }, (_, i) => i + 1)

describe("schedules", () => {
  it("begin at their start and end at their end, and stay there", () => {
    for (const name of ["linear", "cosine"] as const) {
      const schedule = { name, start: 1e-2, end: 1e-4, steps: 101 }
      expect(learningRate(schedule, 1)).toBeCloseTo(1e-2, 12)
      expect(learningRate(schedule, 51)).toBeCloseTo(1e-3, 12) // halfway, geometrically
      expect(learningRate(schedule, 101)).toBeCloseTo(1e-4, 12)
      expect(learningRate(schedule, 1000)).toBeCloseTo(1e-4, 12)
    }
    expect(learningRate({ name: "constant", start: 1e-2, end: 1e-4, steps: 10 }, 7)).toBe(1e-2)
  })
  it("never rise without a warm-up", () => {
    for (const schedule of schedules)
      for (const t of steps.slice(1))
        expect(learningRate(schedule, t)).toBeLessThanOrEqual(learningRate(schedule, t - 1) * (1 + 1e-12))
  })
})

describe("the step schedule", () => {
  it("holds for so many steps, then is multiplied, again and again", () => {
    const rate = (t: number) => learningRate({ name: "step", start: 1, factor: 0.1, every: 3 }, t)
    expect([1, 2, 3, 4, 6, 7].map(rate)).toEqual([1, 1, 1, 0.1, 0.1, 0.1 ** 2])
  })
})

describe.each(schedules)("a warm-up of $name", (schedule) => {
  const warm = { ...schedule, warmup: 8 }
  it("is the schedule from its last step on", () => {
    for (const t of steps.slice(7)) expect(learningRate(warm, t)).toBe(learningRate(schedule, t))
  })
  it("takes a share of it before, in proportion to the steps", () => {
    for (const t of steps.slice(0, 7)) expect(learningRate(warm, t) / learningRate(schedule, t)).toBeCloseTo(t / 8, 12)
  })
  it("of one step is none", () => {
    for (const t of steps) expect(learningRate({ ...schedule, warmup: 1 }, t)).toBe(learningRate(schedule, t))
  })
})
