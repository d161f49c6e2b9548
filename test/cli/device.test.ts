/** `--device` of the commands that run a trained model: every program goes there, and the numbers are the processor's. */
import { join } from "node:path"
import type ort from "onnxruntime-node"
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { commandsFor } from "../../src/cli/commands/index.ts"
import { annealedPartition, evenBetas } from "../../src/evaluate/ais.ts"
import { summarize } from "../../src/evaluate/summary.ts"
import { samplesOf } from "../../src/explore/samples.ts"
import { firstParameters, tinies } from "../laws/tiny.ts"
import { trainingPlaces } from "../providers/columns.ts"
import { built, eidos, scratch, spawned, spots, tiny } from "./harness.ts"

/** The providers that sessions were opened for. Each runs on the processor, so that WebGPU's programs can be tried anywhere. */
const opened = vi.hoisted(() => [] as string[])
vi.mock("onnxruntime-node", async (original) => {
  const { default: real } = await original<{ default: typeof ort }>()
  const create = (model: Uint8Array, { extra: _, ...options }: ort.InferenceSession.SessionOptions) => {
    opened.push(...options.executionProviders!.map((one) => (typeof one === "string" ? one : one.name)))
    return real.InferenceSession.create(model, { ...options, executionProviders: ["cpu"] })
  }
  return { ...real, default: { ...real, InferenceSession: { create } } }
})
vi.mock("../../src/cli/provider-checks.ts", async (original) => ({ ...(await original()), refuseMissing: () => {} }))
beforeEach(() => void opened.splice(0))

const folder = scratch()
const [vae, gan, line, moons, rbm, digits] = ["vae", "gan", "line", "moons", "rbm", "digits"].map((name) =>
  join(folder, name),
) as [string, string, string, string, string, string]
const onMoons = ["--data", "two-moons", "--limit", "300", "--threads", "1"]
const onGlyphs = ["--data", "glyphs", "--limit", "200", "--threads", "1", "--binarize", "threshold"]

beforeAll(async () => {
  const runs = [
    ["train", "gan", ...onMoons, "--steps", "20", "--generator", "16", "--critic", "16", "--out", gan],
    ["train", "pca", ...onMoons, "--latent", "1", "--out", line],
    ["train", "classifier", ...onMoons, "--classes", "2", "--hidden", "16", "--steps", "50", "--out", moons],
    ["train", "rbm", ...onGlyphs, "--hidden", "12", "--steps", "20", "--out", rbm],
    ["train", "classifier", ...onGlyphs, "--hidden", "16", "--steps", "50", "--out", digits],
    [...tiny(spots(folder), 30), "--out", vae],
  ]
  for (const args of runs) expect(await eidos(args)).toMatchObject({ code: 0 })
})

/** A command line of every command that runs a trained model. */
const lines: Readonly<Record<string, () => readonly string[]>> = {
  evaluate: () => [vae],
  sample: () => [vae],
  reconstruct: () => [vae],
  interpolate: () => [vae],
  traverse: () => [vae],
  manifold: () => [vae],
  scatter: () => [vae],
  decode: () => [vae, "--z=0,1"],
  score: () => [vae, "-n", "40"],
  report: () => [vae],
  classify: () => [moons, "--reject-with", line, "-n", "20", "--against", "ring"],
  mixing: () => [rbm, "--classifier", digits, "--chains", "3", "--steps", "3"],
  bayes: () => [gan, "--classifier", moons, "--proposals", "50"],
  film: () => [gan, "--frames", "2"],
}

describe("--device", () => {
  const flagged = commandsFor([]).filter(({ flags }) => flags.some(({ long }) => long === "--device"))
  it("is a flag of these commands, and of train", () =>
    expect(new Set(flagged.map(({ name }) => name))).toEqual(new Set([...Object.keys(lines), "train"])))

  it.each(Object.keys(lines))("takes every program of %s along, and is named in its result", async (command) => {
    const { code, stdout, stderr } = await eidos([command, ...lines[command]!(), "--device", "webgpu", "--json"])
    expect([code, code === 0 ? "" : stderr]).toEqual([0, ""])
    expect(new Set(opened)).toEqual(new Set(["webgpu"]))
    expect(JSON.parse(stdout).device).toBe("webgpu")
  })
  it("is the processor unless told", async () => {
    const { stdout } = await eidos(["evaluate", vae, "--json"])
    expect(new Set(opened)).toEqual(new Set(["cpu"]))
    expect(JSON.parse(stdout)).not.toHaveProperty("device")
  })
  it("is said in headlines", async () =>
    expect((await eidos(["evaluate", vae, "--device", "webgpu"])).stdout).toMatch(/step \d+, on webgpu\n/))
  it("is refused where no model runs", async () => {
    const { code, stderr } = await eidos(["interpolate", vae, "--space", "pixel", "--device", "webgpu"])
    expect([code, stderr]).toEqual([2, expect.stringContaining("--space pixel")])
  })
})

describe.each(tinies)("everything that is said of $name", (of) => {
  it("is computed on the device, and is what the processor says", async () => {
    const trained = { model: of.model, parameters: await firstParameters(of) }
    const { dataset, preprocessing } = of
    const on = (provider: "cpu" | "webgpu") =>
      summarize(trained, { dataset, preprocessing, split: "test" }, { k: 3, device: { provider } })
    const expected = await on("cpu")
    opened.splice(0)
    expectNear(await on("webgpu"), expected)
    if (of.model.sampling !== "none") await samplesOf(trained as any, 3, { seed: 1, device: { provider: "webgpu" } }) // a rounded bit may differ
    expect(opened.filter((provider) => provider !== "webgpu")).toEqual([])
  })
})

it("annealed importance sampling runs on the device", async () => {
  const of = tinies.find(({ name }) => name === "rbm cd")!
  const trained: any = { model: of.model, parameters: await firstParameters(of) }
  opened.splice(0)
  const options = { chains: 3, betas: evenBetas(3), burnIn: 1, device: { provider: "webgpu" } } as const
  await annealedPartition(trained, { ...of, split: "train" }, options)
  expect(new Set(opened)).toEqual(new Set(["webgpu"]))
})

interface Row {
  readonly quantity: string
  readonly value: number
}

/** Sums of some hundred float32 numbers in another order, and a GPU's exp and log, move a mean by less. */
const tolerance = 2e-6

function expectNear(found: readonly Row[], expected: readonly Row[]): void {
  expect(found.map(({ quantity }) => quantity)).toEqual(expected.map(({ quantity }) => quantity))
  const isNear = ({ value }: Row, i: number) =>
    Object.is(value, expected[i]!.value) ||
    Math.abs(value - expected[i]!.value) <= tolerance * (1 + Math.abs(expected[i]!.value))
  expect(found.filter((row, i) => !isNear(row, i))).toEqual([])
}

const webgpu = trainingPlaces.find(({ device }) => device === "webgpu")!
if (webgpu.missing) console.log(`Evaluation on webgpu is skipped: ${webgpu.missing}.`)

describe.skipIf(webgpu.missing)("evaluation on a real WebGPU device", () => {
  // A software GPU compiles its programs for seconds; the probe of the device does so too.
  it(`gives the processor's numbers to ${tolerance}`, { timeout: 300_000 }, async () => {
    built()
    const on = async (device: string) => {
      const { ended } = spawned(["evaluate", vae, "--device", device, "--json"], webgpu.env)
      const { code, stdout, stderr } = await ended
      expect([code, code === 0 ? "" : stderr]).toEqual([0, ""])
      return JSON.parse(stdout)
    }
    const [own, cpu] = [await on("webgpu"), await on("cpu")]
    expect(own.device).toBe("webgpu")
    expectNear(own.estimates, cpu.estimates)
  })
})
