/** A scoreboard from the command line: one table, one receipt a line, nothing made twice. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { span } from "../../src/cli/board-flags.ts"
import { decodePng } from "../../src/picture/image.ts"
import { eidos, scratch, spots } from "./harness.ts"

const folder = scratch()
const data = spots(folder)
const out = join(folder, "board")
const flags = ["--data", data, "--budget", "0.5s", "--threads", "1", "--k", "2"]
const board = (...more: string[]) => eidos(["board", ...flags, "--out", out, ...more])

const number = z.looseObject({ kind: z.enum(["exact", "bound", "estimate", "baseline"]), value: z.number() })
const shape = z.object({
  schemaVersion: z.literal(1),
  split: z.literal("test"),
  n: z.literal(40),
  complete: z.boolean(),
  rows: z.array(
    z.object({
      model: z.string(),
      estimates: z.array(number),
      figure: number.exactOptional(),
      doNotRank: z.string().exactOptional(),
      parameters: z.int().exactOptional(),
      secondsPerEpoch: z.number().positive().exactOptional(),
      samplesPerSecond: z.number().positive().exactOptional(),
      command: z.string().startsWith("eidos "),
      strip: z.string().exactOptional(),
      seed: z.int(),
      dataDigest: z.string().length(64),
      eidos: z.string(),
      config: z.looseObject({ model: z.string() }).exactOptional(),
      error: z.object({ code: z.string(), message: z.string() }).exactOptional(),
    }),
  ),
})
type Rows = z.output<typeof shape>["rows"]
let rows: Rows
const of = (model: string) => rows.find((row) => row.model === model)!

beforeAll(async () => {
  const { code, stdout } = await board("--models", "vae,pca,classifier,autoencoder", "--json")
  expect(code).toBe(0)
  rows = shape.parse(JSON.parse(stdout)).rows
})

describe("a board", () => {
  it("has trivial models first, and every model that was asked for", () => {
    expect(
      rows
        .slice(0, 3)
        .map(({ model }) => model)
        .sort(),
    ).toEqual(["PCA-Gaussian", "per-pixel marginal", "uniform"])
    expect(
      rows
        .slice(3)
        .map(({ model }) => model)
        .sort(),
    ).toEqual(["autoencoder", "classifier", "pca", "vae"])
  })
  it("says of each figure what it is, and of those that must not be ranked why", () => {
    expect(of("vae")).toMatchObject({ figure: { kind: "bound", k: 2 } })
    expect(of("vae").doNotRank).toBeUndefined()
    expect(of("pca").doNotRank).toContain("density")
    expect(of("autoencoder").doNotRank).toContain("no density")
  })
  it("has a line with its error for a model that does not fit the data", () =>
    expect(of("classifier").error).toMatchObject({ code: "data" }))
  it("measures parameters, time and samples", () => {
    expect(of("vae").parameters).toBeGreaterThan(1000)
    expect(of("vae").secondsPerEpoch).toBeGreaterThan(0)
    expect(of("vae").samplesPerSecond).toBeGreaterThan(0)
    expect(of("autoencoder").samplesPerSecond).toBeUndefined()
  })
  it("gives each line a command that makes its run again", async () => {
    const [, ...words] = of("pca").command.split(" ")
    const again = join(folder, "again")
    const { code, stdout } = await eidos([...words, "--out", again, "--json"])
    expect(code).toBe(0)
    const { estimates } = JSON.parse(stdout)
    expect(estimates.find(({ quantity }: { quantity: string }) => quantity === "−log p(x)").value).toBe(
      of("pca").figure!.value,
    )
  })
  it("is a picture, a drawing and a page that asks for nothing from elsewhere", () => {
    expect(readFileSync(join(out, "board.png")).subarray(1, 4).toString()).toBe("PNG")
    expect(decodePng(readFileSync(join(out, of("vae").strip!))).width).toBe(10 * 9 + 1) // ten images of 8 pixels
    expect(readFileSync(join(out, "board.svg"), "utf8")).toContain("Do not rank")
    const page = readFileSync(join(out, "board.html"), "utf8")
    const references = [...page.matchAll(/\s(?:src|href)="([^"]*)"/g)].map((match) => match[1]!)
    expect(references.length).toBeGreaterThan(0)
    expect(references.every((address) => address.startsWith("data:image/png;base64,"))).toBe(true)
    expect(page).not.toMatch(/<script|<link|url\(/)
    expect(page).toContain(of("vae").command)
  })
  it("is known the next time: no run is made twice, and the lines are the same", async () => {
    const runs = join(out, "runs")
    const before = readdirSync(runs).map((run) => statSync(join(runs, run, "estimates.json")).mtimeMs)
    const { stdout, stderr } = await board("--models", "vae,pca", "--json")
    expect(stderr).toContain("vae is known")
    expect(readdirSync(runs).map((run) => statSync(join(runs, run, "estimates.json")).mtimeMs)).toEqual(before)
    const again = shape.parse(JSON.parse(stdout)).rows
    expect(again.find(({ model }) => model === "vae")).toEqual(of("vae"))
  })
  it("makes a damaged line again from its run", async () => {
    const file = readdirSync(join(out, "rows")).find((name) => /^vae.*json$/.test(name))!
    writeFileSync(join(out, "rows", file), "{")
    const { stdout } = await board("--models", "vae", "--json")
    const again = shape.parse(JSON.parse(stdout)).rows.find(({ model }) => model === "vae")!
    expect(again.figure).toEqual(of("vae").figure)
  })
  it("is a table on a terminal, with kinds and warnings", async () => {
    const { stdout, stderr } = await board("--models", "vae,pca")
    expect(stderr).toMatch(/\(exact\); do not rank$/m)
    expect(stdout).toMatch(/vae +≤ [\d.]+ ± [\d.]+ nats +bound, K = 2 +≤ /)
    expect(stdout).toContain("pca: do not rank: ")
    expect(stdout.indexOf("uniform ")).toBeLessThan(stdout.indexOf("vae "))
  })
})

describe("a board that is stopped", () => {
  it("keeps what is done, says so with 130, and goes on the next time", async () => {
    const half = join(folder, "half")
    const args = ["board", ...flags, "--models", "pca,vae", "--out", half]
    let isSent = false
    const { code, stderr } = await eidos(args, {
      onNote(text, signal) {
        if (isSent || !text.includes("vae trains")) return
        isSent = true
        setTimeout(() => signal("SIGINT"), 100)
      },
    })
    expect(code).toBe(130)
    expect(stderr).toContain("Go on with: eidos board")
    const { complete, rows: done } = shape.parse(JSON.parse(readFileSync(join(half, "board.json"), "utf8")))
    expect([complete, done.some(({ model }) => model === "pca"), done.some(({ model }) => model === "vae")]).toEqual([
      ...[false, true, false],
    ])
    const next = await eidos([...args, "--json"])
    expect(next.stderr).toContain("pca is known")
    expect(next.stderr).toContain("vae goes on")
    expect(shape.parse(JSON.parse(next.stdout)).complete).toBe(true)
  })
})

describe("a run's minutes", () => {
  it("end it when they are spent, though no line of its log was due", async () => {
    const run = join(folder, "brief")
    const length = ["--minutes", "0.01", "--steps", "1000000", "--log-every", "1000000"]
    const words = ["train", "vae", "--data", data, "--hidden", "16", ...length, "--k", "0", "--threads", "1"]
    const { code, stdout } = await eidos([...words, "--out", run, "--json"])
    expect(code).toBe(0)
    const { steps, seconds } = JSON.parse(stdout)
    expect(steps).toBeGreaterThan(0)
    expect(steps).toBeLessThan(1_000_000)
    expect(seconds).toBeLessThan(10) // 0.6 s, and the last validation
  })
})

describe("a board's command line", () => {
  it("reads a budget with its unit", () => {
    expect([span.parse("30s"), span.parse("5m"), span.parse("1.5h")]).toEqual([30, 300, 5400])
    for (const wrong of ["5", "m", "-1s", "0s", "5 minutes", ""]) expect(span.parse(wrong)).toBeUndefined()
  })
  it("refuses a misspelt model and a folder of other files before anything is read", async () => {
    const misspelt = await eidos(["board", "--models", "vea", "--out", join(folder, "never")])
    expect([misspelt.code, existsSync(join(folder, "never"))]).toEqual([2, false])
    expect((await eidos(["board", "--models", "pca", "--out", folder])).code).toBe(2)
    expect((await eidos(["board", "--budget", "5"])).stderr).toContain("a time such as 30s, 5m or 1h")
  })
})
