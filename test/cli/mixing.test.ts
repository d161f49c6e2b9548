/** How long Markov chains stay in one class, from the command line. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { eidos, scratch } from "./harness.ts"

const folder = scratch()
const [rbm, classifier, points] = ["rbm", "classifier", "points"].map((name) => join(folder, name)) as [
  string,
  string,
  string,
]
const glyphs = ["--data", "glyphs", "--limit", "300", "--threads", "1", "--binarize", "threshold"]

beforeAll(async () => {
  const runs = [
    await eidos(["train", "rbm", ...glyphs, "--hidden", "12", "--steps", "60", "--out", rbm]),
    await eidos(["train", "classifier", ...glyphs, "--hidden", "16", "--steps", "200", "--out", classifier]),
    await eidos([
      ...["train", "pca", "--latent", "1", "--data", "two-moons", "--limit", "300"],
      ...["--threads", "1", "--out", points],
    ]),
  ]
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
}, 60_000)

const mixing = (run: string, ...flags: string[]) =>
  eidos(["mixing", run, "--classifier", classifier, "--chains", "10", "--steps", "20", ...flags])

describe("mixing", () => {
  it("counts the steps and the changes of class, says how sure it is, and draws the chains", async () => {
    const { code, stdout } = await mixing(rbm, "--json")
    expect(code).toBe(0)
    const { steps, changes, taken, path } = JSON.parse(stdout)
    expect(taken).toBe(10 * 20)
    expect(steps).toMatchObject({ kind: "estimate", unit: "steps" })
    if (changes > 0) expect(steps.value).toBeCloseTo(taken / changes, 9)
    expect(existsSync(path)).toBe(true)
  })
  it("watches later steps when it is told to skip the first", async () => {
    const [first, later] = await Promise.all([
      mixing(rbm, "--json", "--out", join(folder, "a.png")),
      mixing(rbm, "--json", "--skip", "50", "--out", join(folder, "b.png")),
    ])
    expect(JSON.parse(first.stdout).changes).not.toBe(JSON.parse(later.stdout).changes)
  })
  it("refuses a model without chains, and asks for a classifier", async () => {
    const direct = await mixing(points)
    expect(direct.code).toBe(2)
    expect(direct.stderr).toMatch(/does not draw by a Markov chain/)
    const alone = await eidos(["mixing", rbm])
    expect(alone.code).toBe(2)
    expect(alone.stderr).toMatch(/which classifier\?/)
  })
})
