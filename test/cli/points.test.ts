/** Points of the plane, labels and classes through the commands. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { wrongPixel } from "../../src/models/baseline/pixels.ts"
import { noSuchLabel, unconditional } from "../../src/run/explored.ts"
import { modelsBits } from "../../src/run/request.ts"
import { eidos, scratch } from "./harness.ts"

const folder = scratch()
const at = (name: string) => join(folder, name)
const estimatesIn = (
  stdout: string,
): { quantity: string; kind: string; unit: string; value: number; note?: string }[] => JSON.parse(stdout).estimates
const limited = ["--limit", "300", "--threads", "1", "--json"]

describe("points of the plane", () => {
  it("have a data card with a Gaussian as baseline, and a scatter plot", async () => {
    const { code, stdout } = await eidos(["data", "two-moons", "--limit", "500", "--out", at("moons.svg"), "--json"])
    const { baselines, event, levels, classes } = JSON.parse(stdout)
    expect([code, event, levels, classes]).toEqual([0, [2], "real", ["upper moon", "lower moon"]])
    expect(baselines.map((one: any) => [one.quantity, one.kind, one.unit])).toEqual([["Gaussian", "baseline", "nats"]])
    expect(readFileSync(at("moons.svg"), "utf8")).toContain("upper moon")
  })
  it("can be learnt: a full Gaussian is what probabilistic PCA with one component makes of them", async () => {
    const run = at("pca")
    const { code, stdout } = await eidos([
      "train",
      "pca",
      "--latent",
      "1",
      "--data",
      "two-moons",
      "--out",
      run,
      ...limited,
    ])
    const named = (quantity: string) => estimatesIn(stdout).find((one) => one.quantity === quantity)
    const [baseline, own] = [named("Gaussian"), named("−log p(x)")]
    expect([code, baseline!.kind, own!.kind]).toEqual([0, "baseline", "exact"])
    expect(own!.value).toBeCloseTo(baseline!.value, 4)
    expect(own!.note).toBe("a density of real numbers")
    expect(existsSync(join(run, "samples", "samples.png"))).toBe(true)
  })
  it("are refused by a model of bits", async () => {
    const { code, stderr } = await eidos(["train", "vae", "--data", "two-moons", "--out", at("bits")])
    expect([code, stderr.includes(modelsBits("vae", "two-moons"))]).toEqual([2, true])
    const grey = await eidos([
      "train",
      "uniform",
      "--pixels",
      "grey",
      "--data",
      "ring",
      "--out",
      at("grey"),
      ...limited,
    ])
    expect(grey.code).not.toBe(0)
    expect(grey.stderr).toContain(wrongPixel("uniform", "grey", Number.NaN).split("NaN")[1])
  })
})

describe("a conditional model", () => {
  const run = at("conditional")
  const plane = ["--likelihood", "gaussian", "--latent", "2", "--hidden", "8", "--data", "eight-gaussians"]
  beforeAll(async () => {
    const train = ["train", "vae", ...plane, "--classes", "8", "--steps", "5", "--k", "3", "--out", run, ...limited]
    const { code, stdout } = await eidos(train)
    expect(code).toBe(0)
    expect(estimatesIn(stdout).find(({ quantity }) => quantity === "−ELBO")!.note).toContain("given the label")
  }, 60_000)

  it("draws what it is asked for, or all labels in turn", async () => {
    const one = JSON.parse((await eidos(["sample", run, "--label", "3", "-n", "20", "--json"])).stdout)
    expect(one.caption).toContain("20 samples of vae with label mode 3")
    const all = JSON.parse((await eidos(["sample", run, "-n", "20", "--json"])).stdout)
    expect(all.caption).toContain("labels in turn")
  })
  it("has the labels it was trained on and no others", async () => {
    const { code, stderr } = await eidos(["sample", run, "--label", "8"])
    expect([code, stderr.includes(noSuchLabel(8, 8))]).toEqual([2, true])
  })
  it("exports programs that read the label", async () => {
    const { files } = JSON.parse((await eidos(["export", run, "--json"])).stdout)
    expect(files.map(({ role }: { role: string }) => role)).toEqual(["encoder", "decoder", "sampler", "weights"])
    for (const { path } of files.slice(0, 3)) expect(readFileSync(path).includes("label")).toBe(true)
  })
  it("is another than one without classes, which knows no --label", async () => {
    const plain = at("plain")
    await eidos(["train", "vae", ...plane, "--steps", "5", "--k", "3", "--out", plain, ...limited])
    const { code, stderr } = await eidos(["sample", plain, "--label", "3"])
    expect([code, stderr.includes(unconditional("vae"))]).toEqual([2, true])
  })
})

describe("a classifier", () => {
  it("is measured by its accuracy beside the commonest class, and exports its logits", async () => {
    const run = at("classifier")
    const train = ["train", "classifier", "--classes", "8", "--hidden", "16", "--data", "eight-gaussians"]
    const { code, stdout } = await eidos([...train, "--steps", "300", "--lr", "0.01", "--out", run, ...limited])
    expect(code).toBe(0)
    const rows = estimatesIn(stdout)
    expect(rows.map(({ quantity, kind }) => `${quantity}: ${kind}`)).toEqual([
      "commonest class: baseline",
      "class frequencies: baseline",
      "accuracy: exact",
      "cross-entropy −log p(y|x): exact",
    ])
    expect(rows[2]!.value).toBeGreaterThan(0.9) // the modes lie 10 σ apart
    const { files } = JSON.parse((await eidos(["export", run, "--json"])).stdout)
    expect(files.map(({ role }: { role: string }) => role)).toEqual(["classifier", "weights"])
  }, 60_000)
})
