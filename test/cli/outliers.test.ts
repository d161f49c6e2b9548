/** Outliers, labels with a choice to abstain, and Bayes' rule, from the command line. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { eidos, scratch, spots, tiny } from "./harness.ts"

const folder = scratch()
const data = spots(folder)
const [vae, classifier, plane, told] = ["vae", "classifier", "plane", "told"].map((name) => join(folder, name)) as [
  ...[string, string, string, string],
]
const quick = ["--limit", "1500", "--threads", "1"]
const onMoons = (model: string, out: string, ...flags: string[]) =>
  eidos(["train", model, "--data", "two-moons", ...quick, ...flags, "--out", out])

beforeAll(async () => {
  const runs = [
    await eidos([...tiny(data, 120), "--out", vae]),
    await onMoons("classifier", classifier, "--classes", "2", "--hidden", "16", "--steps", "300"),
    await onMoons("pca", plane, "--latent", "1"),
    await onMoons("gan", told, "--classes", "2", "--steps", "60", "--generator", "16", "--critic", "16"),
  ]
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0])
}, 60_000)

const area = z.object({
  quantity: z.string(),
  kind: z.literal("estimate"),
  value: z.number().min(0).max(1),
  standardError: z.number(),
})

describe("score", () => {
  const shape = z.strictObject({
    schemaVersion: z.literal(1),
    run: z.string(),
    checkpoint: z.int(),
    data: z.string(),
    split: z.literal("test"),
    n: z.literal(40),
    density: z.literal("a bound on log p(x) from below, K = 5"),
    typical: z.strictObject({ value: z.number(), standardError: z.number() }),
    scores: z.record(z.string(), z.string()),
    inliers: z.record(z.string(), z.number()),
    sets: z.array(z.looseObject({ set: z.string(), n: z.literal(40), estimates: z.array(area).length(3) })),
  })
  it("gives {sets: [{set, n, estimates, warning?}]}, three scores a set", async () => {
    const { code, stdout } = await eidos(["score", vae, "--k", "5", "--json"])
    expect(code).toBe(0)
    const { sets } = shape.parse(JSON.parse(stdout))
    expect(sets.map(({ set }) => set)).toEqual(["uniform-noise", "constant", "inverted", "rotated"])
    expect(sets[0]!.estimates.map(({ quantity }) => quantity)).toEqual(["raw", "typicality", "complexity"])
  })
  it("says where raw log p fails, and only there (T35)", async () => {
    const { stdout } = await eidos(["score", vae, "--k", "5"])
    const lines = stdout.split("\n").filter((line) => /^(uniform-noise|constant|inverted|rotated) +40/.test(line))
    expect(lines).toHaveLength(4)
    for (const line of lines) {
      const raw = Number(/40 +([\d.]+)/.exec(line)![1])
      expect([line, line.includes("raw log p fails here")]).toEqual([line, raw < 0.5])
    }
    expect(lines[1]).toContain("raw log p fails here")
  })
  it("gives a classifier's confidence likewise", async () => {
    const { stdout } = await eidos(["score", classifier, "--against", "ring", "-n", "200"])
    expect(stdout).toMatch(/ring +200 +[\d.]+ +[\d.]+/)
    expect(stdout).toContain("AUROC of confidence")
  })
  it("scores points of the plane by a density, without a compressed size", async () => {
    const { stdout } = await eidos(["score", plane, "--against", "ring", "-n", "200", "--json"])
    const { sets, scores } = JSON.parse(stdout)
    expect(Object.keys(scores)).toEqual(["raw", "typicality"])
    expect(sets[0].estimates).toHaveLength(2)
  })
  it("refuses what has no score, no outliers, or other data", async () => {
    expect((await eidos(["score", told, "--against", "ring"])).stderr).toContain("nothing to score data by")
    expect((await eidos(["score", plane])).stderr).toContain("--against")
    expect((await eidos(["score", plane, "--against", "constant"])).code).toBe(2)
    expect((await eidos(["score", vae, "--against", "bars-and-stripes"])).stderr).toContain("[1, 4, 4]")
    expect((await eidos(["score", plane, "--against", "ring", "--k", "5"])).stderr).toContain("no such bound")
    expect((await eidos(["score", vae, "--against", "nothing"])).code).toBe(2)
  })
})

describe("classify", () => {
  it("gives accuracy, and for each way to reject a curve's area, accuracies and a threshold", async () => {
    const out = join(folder, "risk.svg")
    const args = ["classify", classifier, "--reject-with", plane, "--against", "ring", "-n", "300", "--out", out]
    const { code, stdout } = await eidos([...args, "--accept", "0.9", "--json"])
    expect(code).toBe(0)
    const { accuracy, rejections } = JSON.parse(stdout)
    expect(accuracy.value).toBeGreaterThan(0.8)
    expect(rejections.map(({ by }: { by: string }) => by)).toEqual(["confidence", "typicality of pca"])
    for (const { area: risk, accuracies, threshold, outliers } of rejections) {
      expect(risk.standardError).toBeGreaterThanOrEqual(0)
      expect(accuracies[0]).toMatchObject({ coverage: 1, accuracy: { value: accuracy.value } })
      expect(Math.abs(threshold.accepted - 0.9)).toBeLessThan(0.1) // two samples of 300: ± 0.025 each
      expect(outliers[0].auroc.value).toBeGreaterThan(0)
    }
    expect(readFileSync(out, "utf8")).toContain("<svg")
  })
  it("prints the same as a table, and refuses to write over a picture", async () => {
    const out = join(folder, "risk.png")
    const { stdout } = await eidos(["classify", classifier, "-n", "100", "--out", out])
    expect(stdout).toMatch(/accuracy at coverage 100.0 % +[\d.]+ % ± [\d.]+/)
    expect((await eidos(["classify", classifier, "-n", "100", "--out", out])).code).toBe(2)
  })
  it("refuses a run that is no classifier, and --k without a model to bound", async () => {
    expect((await eidos(["classify", vae])).stderr).toContain("gives no p(y|x)")
    expect((await eidos(["classify", classifier, "--k", "3"])).stderr).toContain("--reject-with")
  })
})

describe("bayes", () => {
  const shape = z.object({
    pixels: z.literal("expected"),
    classes: z.array(
      z.object({
        label: z.int(),
        effectiveSampleSize: z.number().min(1).max(400),
        proposals: z.literal(400),
        classProbability: z.object({ kind: z.literal("estimate"), standardError: z.number() }),
        agreement: z.object({ composed: area, native: area.exactOptional() }),
      }),
    ),
    path: z.string(),
  })
  const compose = (...flags: string[]) =>
    eidos(["bayes", plane, "--classifier", classifier, "--proposals", "400", "--threads", "1", ...flags])
  it("draws every class, with its effective sample size and agreement, beside a model that was told the class", async () => {
    const { code, stdout } = await compose("--native", told, "--json")
    expect(code).toBe(0)
    const { classes, path } = shape.parse(JSON.parse(stdout))
    expect(classes.map(({ label }) => label)).toEqual([0, 1])
    expect(classes.every(({ agreement }) => agreement.native !== undefined)).toBe(true)
    expect(existsSync(path)).toBe(true)
  })
  it("draws one class, and shows the size", async () => {
    const { stdout } = await compose("--label", "1", "--out", join(folder, "one.png"))
    expect(stdout).toMatch(/1 +[\d.]+ +400 +[\d.]+ ± /)
  })
  it("refuses what cannot be composed", async () => {
    expect((await eidos(["bayes", plane])).stderr).toContain("--classifier")
    expect((await eidos(["bayes", plane, "--classifier", plane])).stderr).toContain("gives no p(y|x)")
    expect((await eidos(["bayes", classifier, "--classifier", classifier])).stderr).toContain("no sampler")
    expect((await eidos(["bayes", told, "--classifier", classifier])).stderr).toContain("conditioned on 2 classes")
    expect((await compose("--native", plane)).stderr).toContain("not conditioned")
    expect((await compose("--label", "2")).stderr).toContain("there is no class 2")
    expect((await eidos(["bayes", vae, "--classifier", classifier])).stderr).toContain("[1, 8, 8]")
  })
})
