import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { cleanLeftovers, writeFileAtomic, writeFolderAtomic } from "./atomic.ts"
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts"
import { type Files, nodeFiles } from "./files.ts"
import { manifestName, readVerified } from "./manifest.ts"

/** Laws of what is on the disk when any single call of a write fails, or when the process dies in it. */

type Fault = "EIO" | "ENOSPC" | "kill"
const faults: Fault[] = ["EIO", "ENOSPC", "kill"]

class Killed extends Error {}

/** The disk, with a fault in call number `failing`: an error of the system, or the end of the process with half a write done. */
function faulty(fault: Fault, failing: number): Files & { calls: number; log: string[] } {
  const paths = new Map<number, string>()
  const state = { calls: 0, log: [] as string[] }
  let dead = false
  const guarded = <A extends unknown[], R>(label: (...args: A) => string, call: (...args: A) => R, half = call) => {
    return (...args: A): R => {
      if (dead) throw new Killed()
      if (state.calls++ !== failing) {
        state.log.push(label(...args))
        return call(...args)
      }
      half(...args)
      dead = fault === "kill"
      throw dead ? new Killed() : Object.assign(new Error(`${fault}: injected`), { code: fault })
    }
  }
  const nothing = () => undefined as never
  const create = (path: string) => {
    const file = nodeFiles.create(path)
    paths.set(file, path)
    return file
  }
  const of = (file: number) => paths.get(file)!
  return Object.assign(state, {
    makeFolder: guarded((path) => `makeFolder ${path}`, nodeFiles.makeFolder, nothing),
    create: guarded((path) => `create ${path}`, create, nothing),
    write: guarded(
      (file: number, _bytes: Uint8Array) => `write ${of(file)}`,
      nodeFiles.write,
      (file, bytes) => nodeFiles.write(file, bytes.subarray(0, bytes.length / 2)),
    ),
    sync: guarded((file) => `sync ${of(file)}`, nodeFiles.sync, nothing),
    close: guarded((file) => `close ${of(file)}`, nodeFiles.close),
    syncFolder: guarded((path) => `syncFolder ${path}`, nodeFiles.syncFolder, nothing),
    rename: guarded((from, to) => `rename ${from} ${to}`, nodeFiles.rename, nothing),
    remove: guarded(
      (path) => `remove ${path}`,
      nodeFiles.remove,
      (path) => {
        if (existsSync(join(path, "state.json"))) nodeFiles.remove(join(path, "state.json"))
      },
    ),
  })
}

/** Runs `write` once for every call it makes, with the fault in that call, and then `claim`. */
function atEachCall(fault: Fault, prepare: () => void, write: (files: Files) => void, claim: (error: unknown) => void) {
  for (let failing = 0; ; failing++) {
    prepare()
    const files = faulty(fault, failing)
    let error: unknown
    try {
      write(files)
    } catch (thrown) {
      error = thrown
    }
    if (files.calls <= failing) return failing
    if (fault !== "kill" && error !== undefined) expect(error).toBeInstanceOf(EidosError)
    if (fault === "ENOSPC" && error !== undefined)
      expect(error).toMatchObject({ code: "resources", hint: expect.stringContaining("Free some space") })
    claim(error)
  }
}

const root = mkdtempSync(join(tmpdir(), "eidos-faults-"))
const run = join(root, "run")
const reset = () => {
  rmSync(run, { recursive: true, force: true })
  mkdirSync(run)
}
beforeEach(reset)
afterAll(() => rmSync(root, { recursive: true }))

const checkpointOf = (step: number, value = step): Checkpoint => ({
  step,
  model: new Map([["w", ndarray([4], [value, value, value, value])]]),
  optimizer: new Map([["m.w", ndarray([4])]]),
  state: { value },
})
const hidden = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("."))

/** Whatever happened, the newest checkpoint loads, its numbers are of one save, and the next save leaves nothing behind. */
function loadable(values: readonly number[]): void {
  const { model, state } = loadCheckpoint(run, "last")
  const value = (state as { value: number }).value
  expect(values).toContain(value)
  expect(model.get("w")!.data).toEqual(new Float32Array(4).fill(value))
  saveCheckpoint(run, checkpointOf(9))
  expect(loadCheckpoint(run, "last")).toMatchObject({ step: 9, skipped: [] })
  expect(hidden(join(run, "checkpoints"))).toEqual([])
}

describe.each(faults)("with %s in any one call", (fault) => {
  it("a file shows its old content or its new", () => {
    const path = join(run, "config.json")
    const calls = atEachCall(
      fault,
      () => writeFileSync(path, "old"),
      (files) => writeFileAtomic(path, "new content", files),
      () => expect(["old", "new content"]).toContain(readFileSync(path, "utf8")),
    )
    expect(calls).toBe(6)
  })

  it("a new folder is whole or absent", () => {
    const target = join(run, "export")
    atEachCall(
      fault,
      reset,
      (files) =>
        writeFolderAtomic(
          target,
          new Map([
            ["a", "1"],
            ["b", "2"],
          ]),
          files,
        ),
      (error) => {
        if (existsSync(target)) expect([...readVerified(target).keys()]).toEqual(["a", "b"])
        else expect(error).toBeDefined()
        cleanLeftovers(run)
        expect(hidden(run)).toEqual([])
      },
    )
  })

  it("a folder that replaces another is the old one or the new, after the next start cleans up", () => {
    const target = join(run, "export")
    const prepare = () => {
      reset()
      writeFolderAtomic(target, new Map([["a", "old"]]))
    }
    atEachCall(
      fault,
      prepare,
      (files) => writeFolderAtomic(target, new Map([["a", "new"]]), files),
      () => {
        cleanLeftovers(run)
        expect(["old", "new"]).toContain(Buffer.from(readVerified(target).get("a")!).toString())
        expect(readdirSync(run)).toEqual(["export"])
      },
    )
  })

  it("the newest checkpoint loads, and the one before is untouched", () => {
    const prepare = () => {
      reset()
      saveCheckpoint(run, checkpointOf(1))
      saveCheckpoint(run, checkpointOf(2), { best: true })
    }
    const claim = () => {
      expect(loadCheckpoint(run, 2).state).toEqual({ value: 2 })
      expect([2, 3]).toContain(loadCheckpoint(run, "best").step)
      loadable([2, 3])
    }
    const calls = atEachCall(
      fault,
      prepare,
      (files) => saveCheckpoint(run, checkpointOf(3), { best: true, files }),
      claim,
    )
    expect(calls).toBeGreaterThan(30)
  })

  it("a checkpoint saved over one of the same step loads as the old one or the new", () => {
    const prepare = () => {
      reset()
      saveCheckpoint(run, checkpointOf(5, 50), { best: true })
    }
    const claim = () => {
      expect(loadCheckpoint(run, "best").step).toBe(5)
      loadable([50, 51])
    }
    atEachCall(fault, prepare, (files) => saveCheckpoint(run, checkpointOf(5, 51), { files }), claim)
  })

  it("the first checkpoint loads once its folder is in place", () => {
    atEachCall(
      fault,
      reset,
      (files) => saveCheckpoint(run, checkpointOf(1), { files }),
      () => {
        if (existsSync(join(run, "checkpoints", "step-0000001"))) loadable([1])
        else expect(() => loadCheckpoint(run, "last")).toThrow(EidosError)
      },
    )
  })
})

describe("power loss", () => {
  const logOf = (write: (files: Files) => void) => {
    const files = faulty("kill", Number.POSITIVE_INFINITY)
    write(files)
    return files.log
  }

  it("finds every written file synced before the rename that shows it, and the rename synced after", () => {
    saveCheckpoint(run, checkpointOf(1))
    const log = logOf((files) => saveCheckpoint(run, checkpointOf(1, 2), { best: true, files }))
    const renames = log.filter((entry) => entry.startsWith("rename"))
    expect(renames).toHaveLength(4)
    for (const rename of renames) {
      const [, from = "", to = ""] = rename.split(" ")
      const at = log.indexOf(rename)
      const written = log.slice(0, at).filter((entry) => entry.startsWith("write ") && entry.includes(from))
      for (const entry of written) expect(log.slice(0, at)).toContain(entry.replace("write", "sync"))
      if (written.length > 1) expect(log.slice(0, at)).toContain(`syncFolder ${from}`)
      if (written.length > 0) expect(log.slice(at)).toContain(`syncFolder ${dirname(to)}`)
    }
  })

  it("finds the manifest written after all it lists", () => {
    const log = logOf((files) => saveCheckpoint(run, checkpointOf(1), { files }))
    const inFolder = log.filter((entry) => entry.startsWith("write") && entry.includes("step-"))
    expect(inFolder.map((entry) => basename(entry))).toEqual([
      "model.safetensors",
      "optimizer.safetensors",
      "state.json",
      manifestName,
    ])
  })
})
