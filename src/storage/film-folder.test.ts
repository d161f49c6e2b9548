import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { dropFramesAfter, frameSteps, loadFrame, saveFrame } from "./film-folder.ts"

const root = mkdtempSync(join(tmpdir(), "eidos-film-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const weights = (value: number) => new Map([["critic.0.w", ndarray([2], [value, -value])]])

describe("the weights kept for a film", () => {
  const run = join(root, "run")
  it("are none before the first", () => expect(frameSteps(run)).toEqual([]))
  it("come back as they were kept, in the order of their steps", () => {
    for (const step of [120, 0, 20]) saveFrame(run, step, weights(step + 0.25))
    expect(frameSteps(run)).toEqual([0, 20, 120])
    expect(readdirSync(join(run, "film"))).toContain("step-0000120.safetensors")
    expect([...loadFrame(run, 20).get("critic.0.w")!.data]).toEqual([20.25, -20.25])
  })
  it("are kept once: the same step again takes the place of the old one", () => {
    saveFrame(run, 20, weights(7))
    expect(frameSteps(run)).toEqual([0, 20, 120])
    expect([...loadFrame(run, 20).get("critic.0.w")!.data]).toEqual([7, -7])
  })
  it("of steps that are taken back go, and so does what a killed write left", () => {
    writeFileSync(join(run, "film", ".step-0000140.safetensors.0123abcd.tmp"), "half")
    dropFramesAfter(run, 20)
    expect(readdirSync(join(run, "film")).sort()).toEqual(["step-0000000.safetensors", "step-0000020.safetensors"])
  })
  it("that are not there are an error that names the file, and taking back none makes no folder", () => {
    expect(() => loadFrame(run, 21)).toThrow("step-0000021.safetensors")
    dropFramesAfter(join(root, "other"), 5)
    expect(existsSync(join(root, "other"))).toBe(false)
  })
})
