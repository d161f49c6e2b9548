import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { toy2d } from "../data/toy2d.ts"
import { compileFor } from "../evaluate/evaluator.ts"
import { fitData } from "../evaluate/fit-data.ts"
import { planeMeasure } from "../evaluate/plane.ts"
import { samplesOf } from "../explore/samples.ts"
import { input } from "../graph/ops/index.ts"
import { initialize, type Parameters } from "../graph/parameter.ts"
import type { Model } from "../model/capabilities.ts"
import { configure } from "../model/define.ts"
import { findModel } from "../models/index.ts"
import { canBeFilmed, gridPoints, gridSide, observe, pushed } from "./film-scenes.ts"

const dataset = toy2d("eight-gaussians", { train: 1000, validation: 10, test: 500 })
const view = { dataset, x: [-2, 2], y: [-2, 2], session: { threads: 1 } } as const
const built = (name: string, config: object): Model => {
  const definition = findModel(name)
  return definition.build(configure(definition, config), [2])
}
const gan = { latent: 2, generator: [8], critic: [8], activation: "tanh" }

/** One look of the film at these weights. */
async function look(model: Model, parameters: Parameters) {
  const observer = await observe({ ...view, model })
  const moment = await observer.look(parameters)
  await observer.dispose()
  return { ...moment, caption: observer.caption }
}

describe("a game in the plane", () => {
  const model = built("gan", gan)
  const parameters = initialize(model.params, 3)
  /** The critic's logits at points [n, 2]. */
  async function logits(points: Float32Array): Promise<Float32Array> {
    const shape = [points.length / 2, 2]
    const program = await compileFor(model, (p, env) => ({ y: model.critic!(p, input("x", shape), env) }))
    const { y } = await program.run(parameters, { x: ndarray(shape, points) })
    await program.dispose()
    return y!.data
  }

  it("shows D(x) at the middle of each cell, rows from below", async () => {
    const { surface } = await look(model, parameters)
    const points = gridPoints(view)
    expect([points[0], points[1], points.at(-2), points.at(-1)]).toEqual(
      [-1.975, -1.975, 1.975, 1.975].map(Math.fround),
    )
    const expected = (await logits(points)).map((logit) => 1 / (1 + Math.exp(-logit)))
    expect(surface).toHaveLength(gridSide ** 2)
    for (const i of [0, 79, 3210, 6399]) expect(surface![i]).toBeCloseTo(expected[i]!, 5)
  })
  it.each(["non-saturating", "saturating"])("pushes samples down the %s loss: differences agree", async (loss) => {
    const told = built("gan", { ...gan, loss })
    const { points, pushes } = await look(told, parameters)
    const lossAt = (logit: number) =>
      loss === "saturating" ? -Math.log1p(Math.exp(logit)) : Math.log1p(Math.exp(-logit))
    const h = 5e-3 // the truncation error of central differences and rounding in 32 bits are both below 1e-3 here
    for (const axis of [0, 1]) {
      const moved = (by: number) => points!.slice(0, 2 * pushed).map((value, i) => value + (i % 2 === axis ? by : 0))
      const [up, down] = [await logits(moved(h)), await logits(moved(-h))]
      for (let i = 0; i < pushed; i++) {
        const slope = (lossAt(up[i]!) - lossAt(down[i]!)) / (2 * h)
        expect(Math.abs(pushes![2 * i + axis]! + slope)).toBeLessThan(2e-3)
      }
    }
    expect(Math.max(...pushes!.map(Math.abs))).toBeGreaterThan(0.01)
  })
  it("says of the model's samples what evaluation says of the same points", async () => {
    const { points, words } = await look(model, parameters)
    const samples = (await samplesOf({ model, parameters } as any, 500, { seed: 0 })).data
    expect(Math.max(...samples.map((value, i) => Math.abs(value - points![i]!)))).toBeLessThan(1e-5)
    const { kl, js, modes } = planeMeasure(dataset, "test").of(points!)
    expect(words).toBe(
      `${modes!.covered} of 8 modes · ${(100 * modes!.within).toFixed(0)} % within 3σ · KL ${kl.toFixed(2)} · JS ${js.toFixed(3)}`,
    )
  })
  it("has no surface where there is one for each class, but samples of every class", async () => {
    const conditional = built("gan", { ...gan, classes: 8 })
    const { surface, points, caption } = await look(conditional, initialize(conditional.params, 1))
    expect([surface, points!.length, caption.includes("D(x)")]).toEqual([undefined, 4000, false])
  })
})

describe("a density in the plane", () => {
  it("sums to one over the grid where data are, and tells the likelihood with its kind", async () => {
    const model = built("pca", { latent: 1 })
    const preprocessing = { binarize: "none", dequantize: false } as const
    const parameters = await model.fit!(fitData({ dataset, preprocessing }, [2], 0))
    const { surface, words } = await look(model, parameters)
    const total = surface!.reduce((a, b) => a + b, 0) * (4 / gridSide) ** 2
    expect(total).toBeGreaterThan(0.88) // N(0, 1) in each direction has 0.955² = 0.911 of its mass in [−2, 2]²
    expect(total).toBeLessThan(0.94)
    expect(words).toMatch(/^−log p\(x\) 2\.8\d\d ± 0\.0\d\d nats \(exact\)$/) // log 2π + 1 = 2.838
  })
  it("of a bound is told as one", async () => {
    const model = built("vae", { latent: 1, hidden: [4], likelihood: "gaussian" })
    const { words, surface } = await look(model, initialize(model.params, 1))
    expect(words).toMatch(/≤ .* \(bound, K = 20\)$/)
    expect(surface!.every((value) => value >= 0 && Number.isFinite(value))).toBe(true)
  })
})

describe("other models of the plane", () => {
  it("without density and samples show what they make of data", async () => {
    const model = built("autoencoder", { latent: 1, hidden: [4] })
    const { points, words } = await look(model, initialize(model.params, 1))
    expect(points).toHaveLength(1000)
    expect(words).toMatch(/^squared error [\d.]+ per coordinate$/)
  })
  it("that can do none of it are known beforehand", () => {
    const { encode, decode, ...nothing } = built("autoencoder", { latent: 1, hidden: [4] })
    expect([canBeFilmed(nothing as Model), canBeFilmed(built("gan", gan))]).toEqual([false, true])
  })
})
