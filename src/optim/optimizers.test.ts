/** What the golden numbers do not reach: moments that decay away, weights at rest, gradients that are not finite. */
import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { flatMemory, layoutOf } from "../runtime/flat.ts"
import { openPasses } from "../runtime/passes.ts"
import { averagesOf } from "./average.ts"
import { type OptimizerSettings, optimizerNames, optimizerOf, type RuleSettings } from "./settings.ts"

/** An optimiser over one array of 5 weights that start at 1. */
async function opened(settings: OptimizerSettings) {
  const optimizer = optimizerOf(settings)
  const flat = flatMemory(layoutOf([["w", [5]]]), ["p", ...optimizer.slots, "gradient"])
  const update = await openPasses(optimizer, flat)
  const values = (name: string) => flat.arrays(name).get("w")!.data
  values("p").fill(1)
  const step = (t: number, g: readonly number[]) => {
    values("gradient").set(g)
    update(0.01, t)
  }
  return { flat, values, step, slots: optimizer.slots }
}

const rules: readonly RuleSettings[] = [
  ...optimizerNames.map((name) => ({ name })),
  { name: "sgd", momentum: 0.9 },
  { name: "sgd", momentum: 0.9, nesterov: true },
]
const titled = rules.map((rule) => ({ title: JSON.stringify(rule), rule }))

describe.each(titled)("$title", ({ rule }) => {
  it("goes down the gradient, and leaves a weight without one where it is", async () => {
    const { values, step } = await opened({ optimizer: { ...rule, weightDecay: 0 } as RuleSettings })
    for (let t = 1; t <= 5; t++) step(t, [1, -1, 0, 2, -3])
    const moved = [...values("p")].map((value) => Math.sign(value - 1))
    expect(moved).toEqual([-1, 1, 0, -1, 1])
  })
  it("touches no number between arrays", async () => {
    const { flat, step } = await opened({ optimizer: rule, clip: { norm: 0.1 }, ema: 0.9 })
    for (let t = 1; t <= 5; t++) step(t, [1, -1, 0, 2, -3])
    for (const name of ["p", "gradient", "ema"]) expect([...flat.vector(name).subarray(5)]).toEqual(Array(11).fill(0))
  })
  it.each(["norm", "value"])("does not hide a gradient that is NaN behind a clip by %s", async (kind) => {
    const clip = kind === "norm" ? { norm: 1 } : { value: 1 }
    const { values, step, slots } = await opened({ optimizer: rule, clip })
    step(1, [Number.NaN, 1, 1, 1, 1])
    expect(["p", ...slots].some((name) => values(name).some(Number.isNaN))).toBe(true)
  })
})

describe("moments", () => {
  it.each([
    { name: "sgd", momentum: 0.9 },
    { name: "rmsprop" },
    { name: "lion" },
    { name: "adam", beta2: 0.99 },
    { name: "adamw", beta2: 0.99 },
  ] satisfies RuleSettings[])("of $name that have decayed away are zero, not denormal", async (optimizer) => {
    const { values, step, slots } = await opened({ optimizer })
    step(1, [1, 1, 1, 1, 1])
    for (let t = 2; t <= 8000; t++) {
      step(t, [0, 0, 0, 0, 0])
      for (const slot of slots) {
        const size = Math.abs(values(slot)[0]!)
        if (size !== 0 && size < 1e-30) throw new Error(`step ${t}: ${slot} ${size}`)
      }
    }
    expect(slots.map((slot) => values(slot)[0])).toEqual(slots.map(() => 0))
  })
})

describe("clipping", () => {
  it("by norm leaves a small gradient alone and makes a large one exactly as long as allowed", async () => {
    const { values, step } = await opened({ optimizer: { name: "sgd" }, clip: { norm: 1 } })
    step(1, [0.3, 0.4, 0, 0, 0])
    expect([...values("gradient")]).toEqual([...Float32Array.of(0.3, 0.4, 0, 0, 0)])
    step(2, [3e20, 4e20, 0, 0, 0]) // whose square is no float
    expect(Math.hypot(...values("gradient"))).toBeCloseTo(1, 6)
    expect(values("gradient")[0]).toBeCloseTo(0.6, 6)
  })
  it("by value keeps each number within its bounds", async () => {
    const { values, step } = await opened({ optimizer: { name: "sgd" }, clip: { value: 0.5 } })
    step(1, [3, -2, 0.25, 0, -0.5])
    expect([...values("gradient")]).toEqual([0.5, -0.5, 0.25, 0, -0.5])
  })
})

describe("the average of the weights", () => {
  it("rests where the weights rest, whatever its decay", async () => {
    for (const ema of [0.9, 0.999, 0.99999]) {
      const { values, step } = await opened({ optimizer: { name: "sgd" }, ema })
      for (let t = 1; t <= 3000; t++) step(t, t < 3 ? [1, -1, 0, 2, -3] : [0, 0, 0, 0, 0])
      if (ema === 0.9) for (const [i, p] of values("p").entries()) expect(values("ema")[i]).toBeCloseTo(p, 6)
      expect(values("ema")[2]).toBe(1)
    }
  })
  it("takes the place of the parameters that have one", () => {
    const parameters = new Map([
      ["w", ndarray([1], [1])],
      ["chains", ndarray([1], [2])],
    ])
    const averages = averagesOf(parameters, new Map([["ema/w", ndarray([1], [3])]]))
    expect([...averages].map(([path, { data }]) => [path, data[0]])).toEqual([
      ["w", 3],
      ["chains", 2],
    ])
    expect(averagesOf(parameters, new Map())).toEqual(parameters)
  })
})
