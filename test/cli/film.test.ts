/** A run of points in the plane keeps moments of its training, and draws them. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { decodePng } from "../../src/picture/image.ts"
import { thinned } from "../../src/run/film.ts"
import { dataOfRun, readRunConfig } from "../../src/run/open.ts"
import { createRun, trainRun } from "../../src/run/train-run.ts"
import { frameSteps } from "../../src/storage/film-folder.ts"
import { eidos, scratch, spots } from "./harness.ts"

const folder = scratch()
const run = join(folder, "gan")
const command = [
  ...["train", "gan", "--data", "eight-gaussians", "--limit", "300", "--latent", "2", "--generator", "16"],
  ...[
    "--critic",
    "16",
    "--steps",
    "60",
    "--log-every",
    "5",
    "--save-every",
    "20",
    "--batch-size",
    "32",
    "--threads",
    "1",
  ],
]
const fives = Array.from({ length: 13 }, (_, i) => 5 * i)
const framesOf = (at: string) =>
  frameSteps(at).map((step) => readFileSync(join(at, "film", `step-${String(step).padStart(7, "0")}.safetensors`)))
const shape = z.object({
  schemaVersion: z.literal(1),
  path: z.string(),
  caption: z.string().min(40),
  run: z.string(),
  frames: z.array(z.strictObject({ step: z.int(), words: z.string() })),
})
/** Whether a PNG file has more frames than one. */
const moves = (png: Buffer): boolean => png.includes("acTL")

beforeAll(async () => {
  const { code, stderr } = await eidos([...command, "--out", run])
  expect(code, stderr).toBe(0)
}, 60_000)

describe("training", () => {
  it("keeps moments from step 0 to the last, and draws them into the report, moving and still", () => {
    expect(frameSteps(run)).toEqual(fives)
    const [film, still] = ["film.png", "film-still.png"].map((name) => readFileSync(join(run, "plots", name)))
    expect([moves(film!), moves(still!)]).toEqual([true, false])
    expect(film!.length).toBeLessThan(1.5e6)
    const report = readFileSync(join(run, "report.html"), "utf8")
    expect(report).toContain(`<h2 id="training-film-heading">`)
    expect(report).toContain(film!.toString("base64"))
    expect(report).toContain(
      `media="print, (prefers-reduced-motion: reduce)" srcset="data:image/png;base64,${still!.toString("base64")}"`,
    )
  })
  it("that dies and goes on loses no moment, keeps none twice, and the same ones to the byte", async () => {
    const out = join(folder, "torn")
    const config = readRunConfig(run)
    const dataset = await dataOfRun({ folder: run, config }, { cacheDir: folder })
    const made = { folder: out, config, dataset, argv: [], versions: { eidos: "", onnxruntime: "" } as any }
    createRun(made)
    for await (const event of trainRun({ folder: out, config, dataset })) if (event.step === 35) break // as a kill would
    expect(frameSteps(out)).toEqual(fives.filter((step) => step < 35))
    const events = trainRun({ folder: out, config, dataset })
    await events.next()
    expect(Math.max(...frameSteps(out))).toBeLessThanOrEqual(25) // back at the checkpoint of step 20
    for await (const _ of events);
    expect(frameSteps(out)).toEqual(fives)
    expect(framesOf(out).every((bytes, i) => bytes.equals(framesOf(run)[i]!))).toBe(true)
    createRun({ ...made, force: true })
    expect(frameSteps(out)).toEqual([]) // those of the run before are gone
  })
  it("in closed form keeps its one moment; on images keeps none", async () => {
    const [pca, images] = [join(folder, "pca"), join(folder, "images")]
    await eidos(["train", "pca", "--latent", "1", "--data", "two-moons", "--limit", "300", "--out", pca])
    expect(frameSteps(pca)).toEqual([1])
    expect(moves(readFileSync(join(pca, "plots", "film.png")))).toBe(false)
    await eidos(["train", "pca", "--latent", "2", "--data", spots(folder), "--out", images])
    expect([existsSync(join(images, "film")), existsSync(join(images, "plots", "film.png"))]).toEqual([false, false])
    const { code, stderr } = await eidos(["film", images])
    expect(code).toBe(2)
    expect(stderr).toContain("only points of the plane")
  })
})

describe("film", () => {
  it("draws the moments again, beside the film that is there, and says what each shows", async () => {
    const { stdout, code } = await eidos(["film", run, "--json"])
    const { path, frames } = shape.parse(JSON.parse(stdout))
    expect([code, path]).toEqual([0, join(run, "plots", "film-2.png")])
    expect(readFileSync(path).equals(readFileSync(join(run, "plots", "film.png")))).toBe(true)
    expect(frames.map(({ step }) => step)).toEqual(fives)
    for (const { words } of frames) expect(words).toMatch(/^\d of 8 modes · \d+ % within 3σ · KL [\d.]+ · JS 0\.\d{3}$/)
  })
  it("has at most as many frames as told, the first and the last among them", async () => {
    const out = join(folder, "few.png")
    const { stdout } = await eidos(["film", run, "--frames", "4", "--out", out, "--json"])
    const steps = shape.parse(JSON.parse(stdout)).frames.map(({ step }) => step)
    expect([steps.length, steps[0], steps.at(-1)]).toEqual([4, 0, 60])
    expect([thinned([1, 2, 3], 5), thinned([1, 2, 3], 1), thinned([], 3)]).toEqual([[1, 2, 3], [3], []])
  })
  it("writes the last frame alone, to stdout too", async () => {
    const { bytes, code } = await eidos(["film", run, "--still", "--out", "-"])
    expect([code, moves(bytes)]).toEqual([0, false])
    expect(bytes.equals(readFileSync(join(run, "plots", "film-still.png")))).toBe(true)
    expect(() => decodePng(bytes)).toThrow("cannot be read") // it has a palette, which grids of images have not
  })
  it.each([
    ["a drawing", ["--out", "x.svg"], ".png"],
    ["a taken name", ["--out", join(folder, "few.png")], "--force"],
    ["no frame", ["--frames", "0"], "--frames"],
  ])("refuses %s", async (_, flags, words) => {
    const { code, stderr } = await eidos(["film", run, ...flags])
    expect(code).toBe(2)
    expect(stderr).toContain(words)
  })
  it("of a folder without a run ends with 3", async () => expect((await eidos(["film", folder])).code).toBe(3))
})
