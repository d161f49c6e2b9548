import { describe, expect, it } from "vitest"
import type { Split, SplitName } from "./dataset.ts"
import {
  alreadyBinary,
  checkPreprocessing,
  describePreprocessing,
  fillEvents,
  type Preprocessing,
  twoMinds,
} from "./preprocess.ts"

const size = 20 // not a multiple of 8: the last block is cut
const grey: Split = { count: 256, pixels: Uint8Array.from({ length: 256 * size }, (_, i) => Math.floor(i / size)) }
const dynamic: Preprocessing = { binarize: "dynamic", dequantize: false }
const dequantized: Preprocessing = { binarize: "none", dequantize: true }

const events = (
  indices: number[],
  preprocessing: Preprocessing,
  { split = "train" as SplitName, seed = 1, epoch = 0 } = {},
) => {
  const out = new Float32Array(indices.length * size)
  fillEvents(grey, split, indices, preprocessing, 256, { seed, epoch }, out, size)
  return out
}

describe("events", () => {
  it("are k/255 without binarization, and 1 from 128 on with a threshold", () => {
    expect([...new Set(events([0, 51, 255], { binarize: "none", dequantize: false }))]).toEqual([
      0,
      Math.fround(0.2),
      1,
    ])
    expect([...new Set(events([0, 127], { binarize: "threshold", dequantize: false }))]).toEqual([0])
    expect([...new Set(events([128, 255], { binarize: "threshold", dequantize: false }))]).toEqual([1])
  })

  it("of an image do not depend on its batch", () => {
    for (const preprocessing of [dynamic, dequantized]) {
      const together = events([7, 200, 90], preprocessing)
      expect(together.subarray(size, 2 * size)).toEqual(events([200], preprocessing))
    }
  })

  it("are drawn anew in each epoch of train, and never on validation and test", () => {
    for (const preprocessing of [dynamic, dequantized]) {
      const at = (split: SplitName, epoch: number, seed = 1) =>
        events([100, 150], preprocessing, { split, epoch, seed })
      expect(at("train", 1)).not.toEqual(at("train", 0))
      expect(at("train", 0, 2)).not.toEqual(at("train", 0, 1))
      expect(at("test", 1, 5)).toEqual(at("test", 0, 1))
      expect(at("validation", 1, 5)).toEqual(at("validation", 0, 1))
      expect(at("validation", 0)).not.toEqual(at("test", 0))
    }
  })

  it("are 1 with probability k/255; black and white are certain", () => {
    const level = Uint8Array.of(0, 1, 64, 128, 254, 255)
    const n = 20_000
    const split: Split = { count: 6, pixels: Uint8Array.from({ length: 6 * n }, (_, i) => level[Math.floor(i / n)]!) }
    const out = new Float32Array(6 * n)
    fillEvents(split, "train", [0, 1, 2, 3, 4, 5], dynamic, 256, { seed: 0, epoch: 0 }, out, n)
    level.forEach((k, i) => {
      const mean = out.subarray(i * n, (i + 1) * n).reduce((sum, x) => sum + x, 0) / n
      const p = k / 255
      expect(Math.abs(mean - p)).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / n))
    })
  })

  it("dequantized lie in [k/256, (k + 1)/256), spread evenly", () => {
    const out = events([0, 128, 255], dequantized)
    ;[0, 128, 255].forEach((k, i) => {
      for (const x of out.subarray(i * size, (i + 1) * size)) expect(Math.floor(x * 256)).toBe(k)
    })
    const all = events([...Array(256).keys()], dequantized)
    const mean = all.reduce((sum, x) => sum + (x * 256 - Math.floor(x * 256)), 0) / all.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * all.length))
  })

  it("have the bits they always had", () => {
    expect(events([60, 120, 180], dynamic).join("")).toMatchSnapshot()
  })
})

describe("preprocessing", () => {
  const binary = { name: "mnist-binarized", levels: 2 as const }
  it("always says what it does", () => {
    const say = (p: Preprocessing) => describePreprocessing(p, { name: "mnist", levels: 256 })
    expect(say({ binarize: "none", dequantize: false })).toBe("grey in [0, 1]")
    expect(say(dequantized)).toBe("uniform dequantization (k + u)/256")
    expect(say({ binarize: "threshold", dequantize: false })).toBe("fixed binarization (threshold 0.5)")
    expect(say(dynamic)).toBe("dynamic binarization (train resampled each epoch; validation and test fixed by seed 0)")
    expect(describePreprocessing({ binarize: "none", dequantize: false }, binary)).toBe(
      "already binary (fixed binarization of Larochelle & Murray 2011)",
    )
  })

  it("that does not fit is refused", () => {
    expect(() => checkPreprocessing(dynamic, 2)).toThrow(alreadyBinary('binarize "dynamic"'))
    expect(() => checkPreprocessing(dequantized, 2)).toThrow(alreadyBinary("dequantize"))
    expect(() => checkPreprocessing({ binarize: "threshold", dequantize: true }, 256)).toThrow(twoMinds("threshold"))
  })
})
