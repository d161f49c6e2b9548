/** How weights move, from flags to config.json and back: recorded, taken up again, never ignored. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { averagesOf } from "../../src/optim/average.ts"
import { openRun } from "../../src/run/open.ts"
import { loadCheckpoint } from "../../src/storage/checkpoint.ts"
import { bytesOf } from "../laws/tiny.ts"
import { eidos, finalWeights, scratch, spots, statusOf, tiny } from "./harness.ts"

const folder = scratch()
const data = spots(folder)
const flags = [
  ...["--optimizer", "sgd", "--momentum", "0.9", "--nesterov", "--weight-decay", "1e-4", "--clip-norm", "5"],
  ...["--ema", "0.95", "--accumulate", "2", "--lr", "1e-3", "--warmup", "20"],
  ...["--schedule", "step", "--step-every", "60", "--step-factor", "0.5"],
]
const command = [...tiny(data, 200), ...flags]
const configOf = async (args: readonly string[]) => JSON.parse((await eidos([...args, "--dry-run"])).stdout)

describe("a run with every setting of an optimiser", () => {
  const out = join(folder, "whole")
  beforeAll(async () => {
    const { code, stderr } = await eidos([...command, "--out", out])
    expect(code, stderr).toBe(0)
  }, 60_000)

  it("records them", () =>
    expect(JSON.parse(readFileSync(join(out, "config.json"), "utf8")).training).toMatchObject({
      accumulate: 2,
      optimizer: { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
      clip: { norm: 5 },
      ema: 0.95,
      schedule: { name: "step", start: 1e-3, factor: 0.5, every: 60, warmup: 20 },
    }))
  it("is the same bit for bit when it is stopped and goes on", async () => {
    const again = join(folder, "again")
    const onNote = (text: string, send: (name: "SIGINT") => void) => text.startsWith("train  1") && send("SIGINT")
    expect((await eidos([...command, "--out", again], { onNote })).code).toBe(130)
    expect((await eidos(["train", "--resume", again])).code).toBe(0)
    expect([statusOf(again), finalWeights(again)]).toEqual(["done", finalWeights(out)])
    const averages = (run: string) => bytesOf(openRun(run, "last").trained.parameters)
    expect(averages(again)).toEqual(averages(out))
  })
  it("is evaluated and sampled with the averages, and goes on from the weights", () => {
    const { model, optimizer } = loadCheckpoint(out, "last")
    const used = bytesOf(openRun(out, "last").trained.parameters)
    expect(used).toEqual(bytesOf(averagesOf(model, optimizer)))
    expect(used).not.toEqual(bytesOf(model))
  })
  it("is asked for again by its own config.json", async () => {
    const file = join(folder, "config.json")
    writeFileSync(file, readFileSync(join(out, "config.json")))
    expect(await configOf(["train", "vae", "--config", file])).toEqual(JSON.parse(readFileSync(file, "utf8")))
    const other = await configOf(["train", "vae", "--config", file, "--optimizer", "lion", "--clip-value", "0.5"])
    expect(other.training.optimizer).toEqual({ name: "lion", beta1: 0.9, beta2: 0.99, weightDecay: 0 })
    expect(other.training.clip).toEqual({ value: 0.5 })
    const falling = await configOf(["train", "vae", "--config", file, "--schedule", "cosine", "--lr-end", "1e-5"])
    expect(falling.training.schedule).toEqual({ name: "cosine", start: 1e-3, end: 1e-5, steps: 200, warmup: 20 })
  })
  it("may be made longer: its steps have no end to fall to", async () =>
    expect((await configOf(["train", "--resume", out, "--steps", "300"])).training).toMatchObject({
      steps: 300,
      schedule: { name: "step", every: 60 },
    }))
})

it.each(["adamw", "rmsprop", "adagrad", "lion"])("%s trains", async (name) => {
  const out = join(folder, name)
  const { code, stderr } = await eidos([...tiny(data, 40), "--optimizer", name, "--lr", "1e-3", "--out", out])
  expect(code, stderr).toBe(0)
})

it("a weight decay that is the model's own stays the model's", async () => {
  const bits = join(folder, "bits")
  const args = ["train", "rbm", "--data", data, "--binarize", "threshold", "--weight-decay", "0.01", "--out", bits]
  const { config, training } = await configOf(args)
  expect(config.weightDecay).toBe(0.01)
  expect(training.optimizer).not.toHaveProperty("weightDecay")
})
