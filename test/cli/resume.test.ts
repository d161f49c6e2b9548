/** Stopping and going on: by signals, by kills, by a full disk. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { randomOf } from "../../src/core/random.ts"
import { built, eidos, finalWeights, scratch, spawned, spots, statusOf, tiny } from "./harness.ts"

const folder = scratch()
const data = spots(folder)
const steps = 300
const command = [...tiny(data, steps), "--save-every", "30"]
let whole: string

beforeAll(async () => {
  const out = join(folder, "whole")
  expect((await eidos([...command, "--out", out])).code).toBe(0)
  whole = finalWeights(out)
}, 60_000)

describe("a signal", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s saves, says how to go on and ends with %i; the resumed run is the same bit for bit",
    async (name, code) => {
      const out = join(folder, name)
      const stopped = await eidos([...command, "--out", out, "--json"], {
        onNote: (text, send) => text.startsWith("train  1") && send(name),
      })
      expect(stopped.stderr).toContain(`eidos train --resume ${out}`)
      expect([stopped.code, JSON.parse(stopped.stdout).error.code, statusOf(out)]).toEqual([
        code,
        "interrupted",
        "interrupted",
      ])
      const resumed = await eidos(["train", "--resume", out])
      expect([resumed.code, statusOf(out), finalWeights(out)]).toEqual([0, "done", whole])
    },
  )
  it("during the evaluation leaves a run that only the evaluation is missing from", async () => {
    const out = join(folder, "evaluation")
    const onNote = (text: string, send: (name: "SIGINT") => void) => text.startsWith("evaluate") && send("SIGINT")
    const stopped = await eidos([...command, "--out", out], { onNote })
    expect([stopped.code, statusOf(out), existsSync(join(out, "report.html"))]).toEqual([130, "interrupted", false])
    const resumed = await eidos(["train", "--resume", out])
    expect(resumed.stderr).not.toMatch(/^train +\d/m)
    expect([resumed.code, statusOf(out), finalWeights(out)]).toEqual([0, "done", whole])
  })
})

describe("resume", () => {
  const out = join(folder, "stopped")
  const parent = join(folder, "many")
  const stop = (target: string) =>
    eidos([...command, "--out", target], { onNote: (text, send) => text.startsWith("train  1") && send("SIGINT") })
  beforeAll(async () => {
    await stop(out)
    mkdirSync(parent)
    await stop(join(parent, "first"))
    await stop(join(parent, "second"))
  }, 60_000)

  it.each([
    ["--lr", "0.1"],
    ["--seed", "4"],
    ["--batch-size", "8"],
    ["--data", "mnist"],
    ["--force"],
    ["--threads", "2"],
  ])("refuses %s, which would make another run of it", async (...flags) => {
    const { code, stderr } = await eidos(["train", "--resume", out, ...flags])
    expect(code).toBe(2)
    expect(stderr).toContain(flags[0])
  })
  it("refuses another model and a folder without a run", async () => {
    expect((await eidos(["train", "pca", "--resume", out])).code).toBe(2)
    expect((await eidos(["train", "--resume", join(folder, "nowhere")])).code).toBe(3)
    expect((await eidos(["train", "--resume", "auto", "--out", join(folder, "nowhere")])).code).toBe(3)
  })
  it("auto takes the newest stopped run, then the one before", async () => {
    for (const name of ["second", "first"]) {
      const { code, stdout } = await eidos(["train", "--resume", "auto", "--out", parent, "--json"])
      expect([code, JSON.parse(stdout).run]).toEqual([0, join(parent, name)])
    }
    expect((await eidos(["train", "--resume", "auto", "--out", parent])).code).toBe(3)
  })
  it("goes on with --device cpu as without, and not on a device that is not here", async () => {
    const moved = join(folder, "moved")
    await stop(moved)
    const refused = await eidos(["train", "--resume", moved, "--device", "cuda:999"])
    expect([refused.code, statusOf(moved)]).toEqual([2, "interrupted"])
    expect((await eidos(["train", "--resume", moved, "--device", "cpu"])).code).toBe(0)
    expect(finalWeights(moved)).toBe(whole)
  })
  it("goes further with --steps when the learning rate is constant, and to the same weights as a longer run", async () => {
    const longer = join(folder, "longer")
    await eidos([...tiny(data, 360), "--save-every", "30", "--out", longer])
    expect((await eidos(["train", "--resume", join(parent, "first"), "--steps", "360"])).code).toBe(0)
    expect(finalWeights(join(parent, "first"))).toBe(finalWeights(longer))
    expect((await eidos(["train", "--resume", longer, "--steps", "9"])).code).toBe(2)
  })
  it("refuses --steps when the learning rate falls", async () => {
    const falling = join(folder, "falling")
    await eidos([...tiny(data, 20), "--lr-end", "1e-4", "--out", falling])
    const { code, stderr } = await eidos(["train", "--resume", falling, "--steps", "50"])
    expect(code).toBe(2)
    expect(stderr).toContain("linear")
  })
  it("of a run that is done shows its numbers again", async () => {
    const { code, stdout } = await eidos(["train", "--resume", join(folder, "whole"), "--json"])
    expect(code).toBe(0)
    expect(JSON.parse(stdout).steps).toBe(steps)
  })
})

describe("processes", () => {
  beforeAll(built, 120_000)

  it("kill -9 at 20 random moments: each time the run goes on, to the same weights as without", async () => {
    const random = randomOf({ seed: Date.now(), name: "kills" })
    const out = join(folder, "killed")
    let [kills, ends] = [0, 0]
    while (kills < 20) {
      const going = existsSync(join(out, "config.json")) && statusOf(out) !== "done"
      const run = spawned(going ? ["train", "--resume", out] : [...command, "--out", out, "--force"])
      while (!existsSync(join(out, "config.json")) && run.child.exitCode === null) await wait(20)
      await Promise.race([run.ended, wait(random.uniform(0, 1500))])
      if (run.child.kill("SIGKILL")) kills++
      const { code, signal, stderr } = await run.ended
      if (signal === null) expect(code, stderr).toBe(0)
      if (signal === null && ++ends) expect(finalWeights(out)).toBe(whole)
    }
    const last = statusOf(out) === "done" ? undefined : await eidos(["train", "--resume", out])
    expect(last?.code ?? 0, last?.stderr).toBe(0)
    expect(finalWeights(out)).toBe(whole)
  }, 120_000)

  it("a second signal ends the process at once; the run resumes", async () => {
    const out = join(folder, "twice")
    const run = spawned([...tiny(data, 100_000), "--out", out])
    while (!existsSync(join(out, "checkpoints", "best.json"))) await wait(20)
    run.child.kill("SIGINT")
    run.child.kill("SIGINT")
    expect((await run.ended).code).toBe(130)
    const again = spawned(["train", "--resume", out])
    let heard = ""
    again.child.stderr.on("data", (chunk) => (heard += chunk))
    while (!/^train/m.test(heard)) await wait(20)
    again.child.kill("SIGTERM")
    expect((await again.ended).code).toBe(143)
  })

  it("a reader that closes the pipe early is no error", async () => {
    const { child, ended } = spawned(["train", "vae", "--help"])
    child.stdout.destroy()
    expect((await ended).stderr).toBe("")
  })
})

describe("a full disk", () => {
  const disk = join(folder, "disk")
  let mounted = false
  beforeAll(() => {
    mkdirSync(disk)
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=320k", "tmpfs", disk], { stdio: "ignore" })
      mounted = true
    } catch {
      mounted = false // not root: the storage tests inject the same fault
    }
  })
  afterAll(() => {
    if (mounted) execFileSync("umount", [disk])
  })
  it("ends with 6, says so, and what was saved can be resumed elsewhere", async ({ skip }) => {
    if (!mounted) skip("tmpfs cannot be mounted here")
    const out = join(disk, "run")
    const wide = [...command.map((word) => (word === "16" ? "120" : word)), "--out", out, "--json"]
    const { code, stdout, stderr } = await eidos(wide)
    expect([code, JSON.parse(stdout).error.code]).toEqual([6, "resources"])
    expect(stderr).toContain("disk is full")
    execFileSync("mount", ["-o", "remount,size=40m", disk])
    if (existsSync(join(out, "config.json"))) expect((await eidos(["train", "--resume", out])).code).toBe(0)
    expect(readFileSync(join(out, "config.json"), "utf8")).toContain("vae")
  })
})
