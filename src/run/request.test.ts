import { describe, expect, it } from "vitest"
import type { Dataset, Split } from "../data/dataset.ts"
import { models } from "../models/index.ts"
import { noAccumulation } from "../train/device-executor.ts"
import { runConfigSchema } from "./config.ts"
import { noSuchDevice } from "./device-request.ts"
import { nesterovAlone, twoClips } from "./optimizer-request.ts"
import { resolveRun, type TrainRequest } from "./request.ts"
import { endOfStep, notOfSchedule, stepNeedsEvery, twoIntervals } from "./schedule-request.ts"

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

describe("the device of a run", () => {
  const deviceFor = (request: Partial<TrainRequest>) =>
    resolveRun({ model: "vae", cacheDir: "", ...request }, dataset).device
  it("is the processor unless another is named", () => {
    expect([{}, { device: "auto" }, { device: "cpu" }].map(deviceFor)).toEqual(["cpu", "cpu", "cpu"])
    expect(["webgpu", "cuda", "cuda:1"].map((device) => deviceFor({ device }))).toEqual(["webgpu", "cuda", "cuda:1"])
  })
  it("is the processor's in runs that do not name it", () => {
    const { device, ...old } = resolveRun({ model: "vae", cacheDir: "" }, dataset)
    expect(runConfigSchema.parse(old).device).toBe(device)
    expect(runConfigSchema.safeParse({ ...old, device: "auto" }).success).toBe(false)
  })
  it("has a name, and accumulates no gradients but on the processor", () => {
    expect(() => deviceFor({ device: "tpu" })).toThrow(noSuchDevice("tpu"))
    expect(() => deviceFor({ device: "webgpu", accumulate: 2 })).toThrow(noAccumulation)
    expect(deviceFor({ device: "cpu", accumulate: 2 })).toBe("cpu")
  })
})

describe("the optimiser of a run", () => {
  it("has the model's β₁, else 0.9", () => {
    expect(training("gan").optimizer).toEqual({ name: "adam", beta1: 0.5, beta2: 0.999 })
    expect(training("vae").optimizer).toEqual({ name: "adam", beta1: 0.9, beta2: 0.999 })
  })
  it("has the β₁ that is asked for before the model's", () =>
    expect(training("gan", { beta1: 0.25 }).optimizer).toMatchObject({ beta1: 0.25 }))
  it("is read from runs that name it alone, with the constants it had then", () => {
    const config = resolveRun({ model: "vae", cacheDir: "" }, dataset)
    const old = { ...config, training: { ...config.training, optimizer: "adam" } }
    expect(runConfigSchema.parse(old)).toEqual(config)
    expect(runConfigSchema.safeParse({ ...old, training: { ...old.training, optimizer: "sgd" } }).success).toBe(false)
  })
  it.each<[Partial<TrainRequest>, object]>([
    [{ optimizer: "sgd" }, { name: "sgd", momentum: 0, nesterov: false }],
    [
      { optimizer: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0.1 },
      { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0.1 },
    ],
    [{ weightDecay: 0.1 }, { name: "adam", beta1: 0.5, beta2: 0.999, weightDecay: 0.1 }],
    [{ optimizer: "adamw" }, { name: "adamw", beta1: 0.5, beta2: 0.999, weightDecay: 0.01 }],
    [{ optimizer: "rmsprop" }, { name: "rmsprop", beta2: 0.99 }],
    [{ optimizer: "adagrad" }, { name: "adagrad" }],
    [
      { optimizer: "lion", beta2: 0.98 },
      { name: "lion", beta1: 0.9, beta2: 0.98, weightDecay: 0 },
    ],
  ])("asked for as %o has all its constants", (request, rule) => {
    expect(training("gan", request).optimizer).toEqual(rule)
    const config = resolveRun({ model: "gan", cacheDir: "", ...request }, dataset)
    expect(runConfigSchema.parse(config)).toEqual(config)
  })
  it("clips, averages and accumulates only when asked", () => {
    expect(Object.keys(training("vae"))).not.toEqual(expect.arrayContaining(["clip"]))
    expect(training("vae", { clipNorm: 2, ema: 0.99, accumulate: 4 })).toMatchObject({
      clip: { norm: 2 },
      ema: 0.99,
      accumulate: 4,
    })
    expect(training("vae", { clipValue: 2, accumulate: 1 })).toMatchObject({ clip: { value: 2 } })
    expect(training("vae", { accumulate: 1 })).not.toHaveProperty("accumulate")
  })
  it("refuses constants of another rule", () => {
    for (const request of [{ momentum: 0.9 }, { nesterov: true }, { optimizer: "adagrad", beta2: 0.9 }] as const)
      expect(() => training("vae", request)).toThrow(/does not apply to --optimizer/)
    expect(() => training("vae", { optimizer: "sgd", nesterov: true })).toThrow(nesterovAlone)
    expect(() => training("vae", { clipNorm: 1, clipValue: 1 })).toThrow(twoClips)
  })
  it("that accumulates has fewer steps in an epoch", () => {
    const steps = (request: Partial<TrainRequest>) => training("vae", { epochs: 3, batchSize: 10, ...request }).steps
    expect([steps({}), steps({ accumulate: 2 })]).toEqual([60, 30])
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
  it("falls in steps, of its own length or of epochs, after a warm-up", () => {
    const falls = { schedule: "step", learningRate: 0.1, batchSize: 10, warmup: 5 } as const
    const every = (request: Partial<TrainRequest>) => training("vae", { ...falls, ...request }).schedule
    expect(every({ stepEvery: 7 })).toEqual({ name: "step", start: 0.1, factor: 0.1, every: 7, warmup: 5 })
    expect(every({ stepEpochs: 1.5, stepFactor: 0.5 })).toMatchObject({ factor: 0.5, every: 30 })
    expect(() => every({})).toThrow(stepNeedsEvery)
    expect(() => every({ stepEvery: 7, stepEpochs: 1 })).toThrow(twoIntervals)
    expect(() => every({ stepEvery: 7, learningRateEnd: 1e-3 })).toThrow(endOfStep)
    expect(() => training("vae", { stepFactor: 0.5 })).toThrow(notOfSchedule("step-factor"))
  })
  it("that is asked for stays: the preset's end belonged to another start", () =>
    expect(training("gan", { preset: "eight-gaussians", learningRate: 1e-3 }).schedule).toMatchObject({
      name: "constant",
      start: 1e-3,
      end: 1e-3,
    }))
})
