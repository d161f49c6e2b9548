import { describe, expect, it } from "vitest"
import type { Dataset, Split } from "../data/dataset.ts"
import { models } from "../models/index.ts"
import { runConfigSchema } from "./config.ts"
import { resolveRun, type TrainRequest } from "./request.ts"

const split: Split = { count: 200, pixels: new Uint8Array(200 * 36) }
const dataset: Dataset = {
  name: "grey",
  event: [1, 6, 6],
  levels: 256,
  classes: [],
  splits: { train: split, validation: split, test: split },
  digest: "",
  source: "Made by the test.",
}
const training = (model: string, request: Partial<TrainRequest> = {}) =>
  resolveRun({ model, cacheDir: "", data: "glyphs", ...request }, dataset).training

describe("the optimiser of a run", () => {
  it("has the model's β₁, else 0.9", () => {
    expect(training("gan").optimizer).toEqual({ name: "adam", beta1: 0.5, beta2: 0.999 })
    expect(training("vae").optimizer).toEqual({ name: "adam", beta1: 0.9, beta2: 0.999 })
  })
  it("has the β₁ that is asked for before the model's", () =>
    expect(training("gan", { beta1: 0.25 }).optimizer.beta1).toBe(0.25))
  it("is read from runs that name it alone, with the constants it had then", () => {
    const config = resolveRun({ model: "vae", cacheDir: "" }, dataset)
    const old = { ...config, training: { ...config.training, optimizer: "adam" } }
    expect(runConfigSchema.parse(old)).toEqual(config)
    expect(runConfigSchema.safeParse({ ...old, training: { ...old.training, optimizer: "sgd" } }).success).toBe(false)
  })
})

describe("the learning rate of a run", () => {
  const falling = Object.values(models).filter(({ training }) => "learningRateEnd" in training)
  it.each(falling.map(({ name, training }) => ({ name, training })))(
    "of $name falls to the end that its definition names",
    ({ name, training: { learningRate, learningRateEnd } }: any) =>
      expect(training(name).schedule).toMatchObject({ name: "linear", start: learningRate, end: learningRateEnd }),
  )
  it("stays where nobody names an end", () =>
    expect(training("gan").schedule).toMatchObject({ name: "constant", start: 1e-3, end: 1e-3 }))
  it("falls as the preset says, and an end asked for goes before the preset's", () => {
    const preset = { preset: "eight-gaussians" }
    expect(training("gan", preset).schedule).toMatchObject({ name: "linear", start: 2e-3, end: 5e-5 })
    expect(training("gan", { ...preset, learningRateEnd: 1e-6 }).schedule).toMatchObject({ start: 2e-3, end: 1e-6 })
  })
  it("that is asked for stays: the preset's end belonged to another start", () =>
    expect(training("gan", { preset: "eight-gaussians", learningRate: 1e-3 }).schedule).toMatchObject({
      name: "constant",
      start: 1e-3,
      end: 1e-3,
    }))
})
