/** A run from its first step to its last picture, through the commands. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { noAnnealing } from "../../src/cli/commands/evaluate.ts"
import { decodePng } from "../../src/picture/image.ts"
import { eidos, finalWeights, scratch, spots, statusOf, tiny } from "./harness.ts"

const estimate = z.strictObject({
  quantity: z.string(),
  kind: z.enum(["exact", "bound", "estimate", "baseline"]),
  value: z.number(),
  unit: z.string(),
  standardError: z.number().optional(),
  k: z.int().optional(),
  note: z.string().optional(),
})
const version = { schemaVersion: z.literal(1) }
const errorOf = (stdout: string): string => JSON.parse(stdout).error.code

const folder = scratch()
const data = spots(folder)
const runFolder = join(folder, "vae")
let trained: Awaited<ReturnType<typeof eidos>>

beforeAll(async () => {
  trained = await eidos([...tiny(data), "--out", runFolder, "--json"], { env: { MY_TOKEN: "s3cr3t-value" } })
}, 60_000)

describe("train", () => {
  it("ends with {run, steps, seconds, estimates} on stdout and plain lines on stderr", () => {
    expect(trained.stderr).toMatch(/step \d+\/60 {2}loss [\d.]+ {2}[\d.e+]+ it\/s {2}ETA/)
    const shape = z.strictObject({
      ...version,
      run: z.literal(runFolder),
      report: z.string(),
      steps: z.literal(60),
      seconds: z.number(),
      estimates: z.array(estimate).min(5),
    })
    const { estimates, report } = shape.parse(JSON.parse(trained.stdout))
    expect(existsSync(report)).toBe(true)
    const kinds = estimates.map(({ kind }) => kind)
    expect(kinds.lastIndexOf("baseline")).toBeLessThan(kinds.findIndex((kind) => kind !== "baseline"))
    expect([trained.code, statusOf(runFolder)]).toEqual([0, "done"])
  })
  it("refuses a folder in use and leaves it as it is", async () => {
    const before = finalWeights(runFolder)
    const { code, stdout, stderr } = await eidos([...tiny(data), "--out", runFolder, "--json", "--seed", "5"])
    expect([code, errorOf(stdout)]).toEqual([2, "exists"])
    expect(stderr).toContain("--force")
    expect(finalWeights(runFolder)).toBe(before)
  })
  it("refuses, even with --force, a folder that is not a run", async () => {
    const other = join(folder, "papers")
    mkdirSync(other)
    writeFileSync(join(other, "thesis.tex"), "years of work")
    const { code } = await eidos([...tiny(data), "--out", other, "--force"])
    expect([code, readdirSync(other)]).toEqual([2, ["thesis.tex"]])
  })
  it("--dry-run prints a configuration that trains the same run, and makes no folder", async () => {
    const args = [...tiny(data), "--seed", "3", "--lr", "0.002"]
    const { stdout } = await eidos([...args, "--out", join(folder, "dry"), "--dry-run"])
    expect(existsSync(join(folder, "dry"))).toBe(false)
    const file = join(folder, "dry.json")
    writeFileSync(file, stdout)
    const again = await eidos(["train", "-c", file, "--dry-run"])
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(stdout))
  })
  it("prefers flags to --set to the file to the preset to defaults", async () => {
    const file = join(folder, "part.json")
    writeFileSync(file, JSON.stringify({ model: "vae", config: { latent: 3, beta: 3, activation: "linear" } }))
    const args = [
      "train",
      "-c",
      file,
      "--preset",
      "two-dimensional",
      "--set",
      "beta=5",
      "--set",
      "latent=4",
      "--latent",
      "6",
    ]
    const { stdout } = await eidos([...args, "--data", data, "--dry-run"])
    expect(JSON.parse(stdout).config).toMatchObject({
      latent: 6,
      beta: 5,
      activation: "linear",
      hidden: [400, 200],
      likelihood: "bernoulli",
    })
  })
  it("writes no secret into env.json", async () => {
    const out = join(folder, "secret")
    const args = ["train", "pca", "--latent", "2", "--data", data, "--out", out, "--cache-dir", "/s3cr3t-value"]
    expect((await eidos(args, { env: { MY_TOKEN: "s3cr3t-value" } })).code).toBe(0)
    expect(readFileSync(join(out, "env.json"), "utf8")).not.toContain("s3cr3t-value")
  })
  it.each([
    ["pca", ["--latent", "3"]],
    ["autoencoder", ["--latent", "3", "--hidden", "8", "--steps", "40"]],
  ])("%s comes to its end, and so do its pictures and exports", async (model, flags) => {
    const out = join(folder, model)
    const { code, stderr } = await eidos(["train", model, ...flags, "--data", data, "--out", out])
    expect(code, stderr).toBe(0)
    for (const command of ["sample", "reconstruct", "interpolate", "traverse", "evaluate", "export", "report"])
      expect([command, (await eidos([command, out])).code]).toEqual([command, 0])
    expect((await eidos(["manifold", out])).stderr).toContain("--latent 2")
  })
  it("that diverges ends with 4, keeps the last good checkpoint and names it", async () => {
    const out = join(folder, "diverged")
    const { code, stdout, stderr } = await eidos([...tiny(data), "--lr", "1e6", "--out", out, "--json"])
    expect([code, errorOf(stdout), statusOf(out)]).toEqual([4, "diverged", "failed"])
    expect(stderr).toContain(join(out, "checkpoints", "step-"))
    const { openRun } = await import("../../src/run/open.ts")
    const weights = [...openRun(out, "last").trained.parameters.values()].flatMap(({ data }) => [...data])
    expect(weights.every(Number.isFinite)).toBe(true)
  })
})

describe("evaluate", () => {
  it.each(["train", "validation", "test"])("measures the %s split with its preprocessing and kinds", async (split) => {
    const { stdout, code } = await eidos(["evaluate", runFolder, "--split", split, "--k", "4", "--json"])
    const shape = z.strictObject({
      ...version,
      run: z.literal(runFolder),
      checkpoint: z.int(),
      split: z.literal(split),
      n: z.int().positive(),
      preprocessing: z.string().min(5),
      estimates: z.array(estimate).min(5),
    })
    const { estimates } = shape.parse(JSON.parse(stdout))
    expect(estimates.find(({ k }) => k === 4)?.kind).toBe("bound")
    expect(code).toBe(0)
  })
  it("prints a table that says of each number what it is", async () => {
    const { stdout } = await eidos(["evaluate", runFolder, "--k", "2"])
    expect(stdout).toMatch(/uniform +44\.361 +baseline/)
    expect(stdout).toMatch(/−log p\(x\) +≤ [\d.]+ ± [\d.]+ +bound, K = 2/)
  })
  it("uses the checkpoint that is named", async () => {
    const { stdout } = await eidos(["evaluate", runFolder, "--checkpoint", "last", "--k", "0", "--json"])
    expect(JSON.parse(stdout).checkpoint).toBe(60)
    expect((await eidos(["evaluate", runFolder, "--checkpoint", "7"])).code).toBe(3)
  })
  it("anneals over as many temperatures as it is told, and only where log Z is estimated so", async () => {
    const out = join(folder, "annealed")
    const flags = ["--hidden", "24", "--steps", "5", "--binarize", "threshold", "--data", data, "--out", out]
    expect((await eidos(["train", "rbm", ...flags])).code).toBe(0)
    const { stdout } = await eidos(["evaluate", out, "--betas", "50", "--json"])
    const { estimates } = JSON.parse(stdout) as { estimates: { quantity: string; note?: string }[] }
    expect(estimates.find(({ quantity }) => quantity === "log Z")?.note).toContain("100 chains × 50 β")
    const refused = await eidos(["evaluate", runFolder, "--betas", "50"])
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(noAnnealing("vae"))])
  })
})

describe("pictures", () => {
  const commands = [
    ["sample", "-n", "9"],
    ["reconstruct", "-n", "4", "--split", "train"],
    ["interpolate", "--pairs", "2", "--frames", "3", "--space", "slerp"],
    ["traverse", "--frames", "5", "--range", "2", "--row", "1"],
    ["manifold", "-n", "4"],
    ["scatter"],
    ["decode", "--z=-1,5"],
  ]
  it.each(commands)("%s writes a PNG and says where", async (command, ...flags) => {
    const { code, stdout } = await eidos([command!, runFolder, ...flags, "--json"])
    const shape = z.object({ ...version, path: z.string(), caption: z.string().min(10) })
    const { path } = shape.parse(JSON.parse(stdout))
    expect(code).toBe(0)
    if (command !== "scatter") expect(decodePng(readFileSync(path)).width).toBeGreaterThan(10)
  })
  it("never take the place of another file unless told", async () => {
    const out = join(folder, "mine.png")
    writeFileSync(out, "mine")
    expect((await eidos(["sample", runFolder, "--out", out])).code).toBe(2)
    expect(readFileSync(out, "utf8")).toBe("mine")
    expect((await eidos(["sample", runFolder, "--out", out, "--force"])).code).toBe(0)
    const first = JSON.parse((await eidos(["sample", runFolder, "--json"])).stdout).path
    const second = JSON.parse((await eidos(["sample", runFolder, "--json"])).stdout).path
    expect(first).not.toBe(second)
  })
  it("go to stdout as bytes with --out -", async () => {
    const { bytes, stderr } = await eidos(["decode", runFolder, "--z=0,0", "--out", "-"])
    expect(decodePng(bytes).width).toBeGreaterThan(10)
    expect(stderr).toContain("z = (0, 0)")
  })
  it("say what they cannot do", async () => {
    expect((await eidos(["decode", runFolder, "--z=1"])).code).toBe(2)
    expect((await eidos(["traverse", runFolder, "--dimensions", "3"])).stderr).toContain("the code has 2")
    expect((await eidos(["reconstruct", runFolder, "-n", "999"])).stderr).toContain("the test split has 40")
    expect((await eidos(["traverse", runFolder, "--row", "40"])).code).toBe(2)
  })
})

describe("export", () => {
  it("gives {files: [{path, role}]}, once", async () => {
    const { stdout } = await eidos(["export", runFolder, "--json"])
    const role = z.enum(["encoder", "decoder", "sampler", "weights"])
    const { files } = z
      .strictObject({ ...version, files: z.array(z.strictObject({ path: z.string(), role })) })
      .parse(JSON.parse(stdout))
    expect(files.map((file) => file.role).sort()).toEqual(["decoder", "encoder", "sampler", "weights"])
    for (const { path } of files) expect(existsSync(path)).toBe(true)
    expect((await eidos(["export", runFolder])).code).toBe(2)
    expect((await eidos(["export", runFolder, "--force"])).code).toBe(0)
  })
})

describe("report", () => {
  it("makes report.html again and leaves the run's status", async () => {
    writeFileSync(join(runFolder, "report.html"), "")
    const { code, stdout } = await eidos(["report", runFolder, "--json"])
    expect(code).toBe(0)
    expect(readFileSync(JSON.parse(stdout).report, "utf8")).toContain("<html")
    expect(statusOf(runFolder)).toBe("done")
  })
})

describe("data", () => {
  it("gives a card with counts, digest and baselines", async () => {
    const out = join(folder, "card.png")
    const { stdout } = await eidos(["data", data, "--out", out, "--json"])
    const shape = z.strictObject({
      ...version,
      name: z.string(),
      source: z.string(),
      event: z.array(z.int()),
      levels: z.int(),
      classes: z.array(z.string()),
      counts: z.strictObject({ train: z.literal(320), validation: z.literal(40), test: z.literal(40) }),
      digest: z.string().length(64),
      preprocessing: z.string(),
      baselines: z.array(estimate.extend({ kind: z.literal("baseline") })).min(3),
      picture: z.literal(out),
    })
    shape.parse(JSON.parse(stdout))
    expect(decodePng(readFileSync(out)).width).toBeGreaterThan(10)
  })
  it("measures zeros and ones in nats", async () => {
    const { stdout } = await eidos(["data", data, "--binarize", "dynamic", "--json"])
    expect(JSON.parse(stdout).baselines[0]).toMatchObject({ quantity: "uniform", unit: "nats" })
  })
  it("draws to stdout alone with --out -", async () => {
    const { bytes } = await eidos(["data", data, "--out", "-", "-n", "4"])
    expect(decodePng(bytes).width).toBeGreaterThan(10)
  })
})

describe("bad files end with 3 and a sentence", () => {
  const bytes = readFileSync(data)
  const lying = Uint8Array.from(bytes)
  lying.set([0, 0, 9, 9], 4) // says 2,313 images
  it.each([
    ["truncated", bytes.subarray(0, 5000)],
    ["lying about its size", lying],
    ["not IDX at all", new TextEncoder().encode("hello, this is no IDX file")],
    ["empty", new Uint8Array()],
  ])("%s", async (_, content) => {
    const path = join(folder, "bad.idx")
    writeFileSync(path, content)
    const out = join(folder, "never")
    const { code, stderr, stdout } = await eidos([...tiny(path), "--out", out, "--json"])
    expect([code, errorOf(stdout), existsSync(out)]).toEqual([3, "data", false])
    expect(stderr).toContain(path)
  })
  it("missing", async () => {
    const { code, stderr } = await eidos([...tiny(join(folder, "none.idx"))])
    expect(code).toBe(3)
    expect(stderr).toContain("none.idx")
  })
  it("not on this machine and offline", async () => {
    const { code, stderr } = await eidos(["train", "vae", "--data", "mnist", "--offline", "--cache-dir", folder])
    expect(code).toBe(3)
    expect(stderr).toContain("train-images-idx3-ubyte")
  })
  it("not a run, or a damaged one", async () => {
    expect((await eidos(["evaluate", folder])).code).toBe(3)
    const broken = join(folder, "broken")
    mkdirSync(broken)
    writeFileSync(join(broken, "config.json"), "{")
    expect((await eidos(["sample", broken])).code).toBe(3)
  })
})
