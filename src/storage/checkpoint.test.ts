import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { ndarray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { randomOf } from "../core/random.ts"
import { type Checkpoint, loadCheckpoint, notFinite, saveCheckpoint } from "./checkpoint.ts"
import { listCheckpoints, readPointer } from "./checkpoint-folders.ts"

let run: string
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), "eidos-checkpoint-"))
  const folder = run
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

const checkpointOf = (step: number, state: object = { epoch: step }): Checkpoint => ({
  step,
  model: new Map([
    ["b.w", ndarray([2, 2], [step, 1, 2, 3])],
    ["a", ndarray([], [0.5])],
  ]),
  optimizer: new Map([["m.b.w", ndarray([2, 2])]]),
  state,
})
const at = (...path: string[]) => join(run, "checkpoints", ...path)
const refusal = (load: () => unknown): unknown => {
  try {
    return load()
  } catch (error) {
    return error
  }
}

describe("a checkpoint", () => {
  it("loads as it was saved, in the order it was saved", () => {
    const saved = { ...checkpointOf(500), ema: new Map([["a", ndarray([], [0.25])]]) }
    const folder = saveCheckpoint(run, saved)
    expect(folder).toBe(at("step-0000500"))
    expect(loadCheckpoint(run, "last")).toEqual({ ...saved, folder, skipped: [] })
    expect([...loadCheckpoint(run, 500).model.keys()]).toEqual(["b.w", "a"])
    expect(readdirSync(folder).sort()).toEqual([
      "MANIFEST.json",
      "ema.safetensors",
      "model.safetensors",
      "optimizer.safetensors",
      "state.json",
    ])
  })

  it("keeps NaN and infinities in its state", () => {
    const state = { best: Number.POSITIVE_INFINITY, history: [Number.NaN, -1.5e-300] }
    saveCheckpoint(run, checkpointOf(1, state))
    expect(loadCheckpoint(run, 1).state).toEqual(state)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("is never written with %d as a weight", (value) => {
    saveCheckpoint(run, checkpointOf(1))
    const model = new Map([["w", ndarray([2], [0, value])]])
    expect(refusal(() => saveCheckpoint(run, { ...checkpointOf(2), model }))).toMatchObject({
      code: "diverged",
      message: notFinite("model", "w", value),
    })
    expect(listCheckpoints(run)).toEqual([1])
  })

  it("under another step's name is refused", () => {
    saveCheckpoint(run, checkpointOf(1))
    renameSync(at("step-0000001"), at("step-0000002"))
    expect(refusal(() => loadCheckpoint(run, 2))).toMatchObject({ code: "model-file" })
  })
})

describe("pruning", () => {
  it("keeps the newest, the last and the best", () => {
    for (const step of [1, 2, 3, 4, 5]) saveCheckpoint(run, checkpointOf(step), { keepLast: 2, best: step === 2 })
    expect(listCheckpoints(run)).toEqual([2, 4, 5])
    expect(loadCheckpoint(run, "best").step).toBe(2)
  })

  it("drops the steps after one that the run was taken back to", () => {
    for (const step of [1, 2, 3]) saveCheckpoint(run, checkpointOf(step), { keepLast: 3 })
    saveCheckpoint(run, checkpointOf(2, { epoch: 20 }), { keepLast: 3 })
    expect(listCheckpoints(run)).toEqual([1, 2])
    expect(loadCheckpoint(run, "last").state).toEqual({ epoch: 20 })
  })

  it("removes nothing while a pointer cannot be read", () => {
    saveCheckpoint(run, checkpointOf(1), { best: true })
    writeFileSync(at("best.json"), "{")
    for (const step of [2, 3, 4]) saveCheckpoint(run, checkpointOf(step), { keepLast: 1 })
    expect(listCheckpoints(run)).toEqual([1, 2, 3, 4])
  })

  it("keeps at least one", () => {
    expect(refusal(() => saveCheckpoint(run, checkpointOf(1), { keepLast: 0 }))).toMatchObject({ code: "config" })
  })
})

describe("loading", () => {
  it("falls back to the newest valid checkpoint and says what it passed over", () => {
    for (const step of [1, 2, 3]) saveCheckpoint(run, checkpointOf(step), { keepLast: 3 })
    writeFileSync(at("step-0000003", "model.safetensors"), "torn")
    unlinkSync(at("step-0000002", "MANIFEST.json"))
    const { step, skipped } = loadCheckpoint(run, "last")
    expect(step).toBe(1)
    expect(skipped.map(({ path }) => path)).toEqual([at("step-0000003"), at("step-0000002")])
    expect(skipped[0]!.reason).toContain("has 4 bytes")
  })

  it("refuses when no checkpoint is valid, none exists, or none was the best", () => {
    expect(refusal(() => loadCheckpoint(run, "last"))).toMatchObject({ code: "model-file" })
    saveCheckpoint(run, checkpointOf(1))
    expect(refusal(() => loadCheckpoint(run, "best"))).toMatchObject({ code: "model-file" })
    expect(refusal(() => loadCheckpoint(run, 7))).toMatchObject({ code: "model-file" })
    writeFileSync(at("step-0000001", "state.json"), "{}")
    expect(refusal(() => loadCheckpoint(run, "last"))).toMatchObject({
      code: "model-file",
      message: expect.stringContaining("state.json"),
    })
  })

  it("refuses a file that the manifest does not list, and one that is missing", () => {
    saveCheckpoint(run, checkpointOf(1))
    writeFileSync(at("step-0000001", "extra"), "")
    expect(refusal(() => loadCheckpoint(run, 1))).toMatchObject({ code: "model-file" })
    unlinkSync(at("step-0000001", "extra"))
    unlinkSync(at("step-0000001", "optimizer.safetensors"))
    expect(refusal(() => loadCheckpoint(run, 1))).toMatchObject({ code: "model-file" })
  })

  it("follows no manifest out of its folder", () => {
    saveCheckpoint(run, checkpointOf(1))
    const path = at("step-0000001", "MANIFEST.json")
    writeFileSync(path, readFileSync(path, "utf8").replace("state.json", "../../state.json"))
    expect(refusal(() => loadCheckpoint(run, 1))).toMatchObject({ code: "model-file" })
  })
})

describe("a flipped bit", () => {
  const flipped = (path: string, bit: number, claim: () => void) => {
    const original = readFileSync(path)
    const changed = Uint8Array.from(original)
    changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7))
    writeFileSync(path, changed)
    claim()
    writeFileSync(path, original)
  }

  it("is detected in any file of a checkpoint: 1000 of 1000", () => {
    const folder = saveCheckpoint(run, checkpointOf(1))
    const random = randomOf({ seed: 1, name: "flips" })
    for (const name of readdirSync(folder)) {
      const bits = 8 * readFileSync(join(folder, name)).length
      for (let i = 0; i < 250; i++)
        flipped(join(folder, name), random.integer(bits), () => {
          expect(refusal(() => loadCheckpoint(run, 1))).toBeInstanceOf(EidosError)
        })
    }
  })

  it("is detected in every bit of the pointers", () => {
    saveCheckpoint(run, checkpointOf(1), { best: true })
    for (const which of ["last", "best"] as const)
      for (let bit = 0; bit < 8 * readFileSync(at(`${which}.json`)).length; bit++)
        flipped(at(`${which}.json`), bit, () => {
          expect(readPointer(run, which), `${which}.json, bit ${bit}`).toBeInstanceOf(EidosError)
        })
  })

  it("in the pointer to the last checkpoint costs no checkpoint, and in the one to the best is an error", () => {
    for (const step of [1, 2]) saveCheckpoint(run, checkpointOf(step), { best: true })
    flipped(at("last.json"), 3, () => expect(loadCheckpoint(run, "last")).toMatchObject({ step: 2, skipped: [{}] }))
    flipped(at("best.json"), 3, () => expect(refusal(() => loadCheckpoint(run, "best"))).toBeInstanceOf(EidosError))
  })
})
