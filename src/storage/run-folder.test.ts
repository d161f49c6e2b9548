import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { lockRun } from "./lock.ts"
import { createRunFolder, runName } from "./run-folder.ts"
import { readStatus, writeStatus } from "./status.ts"

let root: string
let run: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "eidos-run-"))
  run = join(root, "runs", "first")
  const folder = root
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

const creating = (force = false): unknown => {
  try {
    return createRunFolder(run, { force })
  } catch (error) {
    return error
  }
}

describe("createRunFolder", () => {
  it("makes the folder and its parents, and takes an empty one", () => {
    expect(creating()).toBeUndefined()
    expect(creating()).toBeUndefined()
    expect(readdirSync(run)).toEqual([])
  })

  it("refuses a folder that holds anything, and says what to do", () => {
    createRunFolder(run)
    writeFileSync(join(run, "notes.txt"), "")
    expect(creating()).toMatchObject({ code: "exists", hint: expect.stringMatching(/--resume.*--out.*--force/) })
  })

  it("refuses a file", () => {
    mkdirSync(join(root, "runs"))
    writeFileSync(run, "")
    expect(creating(true)).toMatchObject({ code: "exists" })
  })

  it("clears with force what a run wrote, and nothing else", () => {
    createRunFolder(run)
    lockRun(run).release()
    mkdirSync(join(run, "checkpoints", "step-0000001"), { recursive: true })
    for (const name of ["config.json", "metrics.jsonl", "notes.txt"]) writeFileSync(join(run, name), "")
    expect(creating(true)).toBeUndefined()
    expect(readdirSync(run).filter((name) => !name.startsWith("run.lock"))).toEqual(["notes.txt"])
  })

  it("does not clear with force what is no run", () => {
    createRunFolder(run)
    writeFileSync(join(run, "config.json"), "")
    expect(creating(true)).toMatchObject({ code: "exists" })
    expect(existsSync(join(run, "config.json"))).toBe(true)
  })

  it("does not clear with force a run that is going on", () => {
    createRunFolder(run)
    lockRun(run)
    writeFileSync(join(run, "config.json"), "")
    expect(creating(true)).toMatchObject({ code: "locked" })
    expect(existsSync(join(run, "config.json"))).toBe(true)
  })
})

describe("runName", () => {
  const date = new Date(Date.UTC(2026, 0, 31, 23, 59, 8))

  it("is the model, the time in UTC and the id", () => {
    expect(runName("vae", date, "k3f9")).toBe("vae-20260131-235908-k3f9")
  })

  it("leads out of no folder", () => {
    expect(runName("../../My Model/", date, "k3f9")).toBe("my-model-20260131-235908-k3f9")
    expect(runName("…", date, "k3f9")).toBe("run-20260131-235908-k3f9")
  })
})

describe("status", () => {
  const heartbeat = "2026-01-31T23:59:08.000Z"

  it.each([
    { status: "running", pid: 7, heartbeat, step: 3 },
    { status: "failed", pid: 7, heartbeat, error: { code: "diverged", message: "The loss is NaN.", hint: "" } },
  ] as const)("$status is read as it was written", (status) => {
    createRunFolder(run)
    writeStatus(run, status)
    expect(readStatus(run)).toEqual(status)
    expect(readdirSync(run)).toEqual(["status.json"])
  })
})
