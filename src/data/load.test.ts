import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { marginalBernoulliNats, pixelHistogramBitsPerDim, uniformNats } from "./baselines.ts"
import { idxDataset, notImages, notLabels, tooFewImages } from "./file.ts"
import { glyphs } from "./glyphs.ts"
import { formatIdx } from "./idx.ts"
import { fixedValidation, loadDataset, unknownDataset } from "./load.ts"
import { datasetNames } from "./names.ts"
import { limit, onlyClasses, unknownClass, unlabelled } from "./select.ts"

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eidos-load-"))
})
afterAll(() => rm(folder, { recursive: true }))

const stored = async (name: string, shape: number[], value: (i: number) => number): Promise<string> => {
  const data = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => value(i))
  await writeFile(join(folder, name), formatIdx({ shape, data }))
  return join(folder, name)
}

describe("an IDX file as a data set", () => {
  it("is split 80/10/10 without losing or repeating an image, labels beside their images", async () => {
    const path = await stored("faces-idx3-ubyte", [25, 2, 3], (i) => Math.floor(i / 6))
    const labelsPath = await stored("labels", [25], (i) => i)
    const { name, event, levels, classes, splits } = await idxDataset(path, { seed: 1, labelsPath })
    expect([name, event, levels, classes.length]).toEqual(["faces", [1, 2, 3], 256, 25])
    const { train, validation, test } = splits
    expect([train.count, validation.count, test.count]).toEqual([21, 2, 2])
    const all = [train, validation, test].flatMap((split) => [...split.labels!])
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i))
    expect([...train.pixels]).toEqual([...train.labels!].flatMap((label) => Array(6).fill(label)))
    expect((await idxDataset(path, { seed: 2 })).digest).not.toBe((await idxDataset(path, { seed: 1 })).digest)
  })

  it("of zeros and ones in colour has 2 levels and its own channels", async () => {
    const { event, levels } = await idxDataset(await stored("colour", [10, 3, 2, 2], (i) => i % 2))
    expect([event, levels]).toEqual([[3, 2, 2], 2])
  })

  it("that is too small, or not of images, or with others' labels is refused", async () => {
    const few = await stored("few", [9, 2, 2], () => 7)
    const flat = await stored("flat", [30], () => 7)
    const some = await stored("some", [20, 2, 2], () => 7)
    await expect(idxDataset(few)).rejects.toThrow(tooFewImages(few, 9))
    await expect(idxDataset(flat)).rejects.toThrow(notImages(flat, [30]))
    await expect(idxDataset(some, { labelsPath: flat })).rejects.toThrow(notLabels(flat, [30], 20))
  })
})

describe("a choice of images", () => {
  const data = glyphs({ train: 300, validation: 30, test: 30 })

  it("by class keeps exactly these classes, with pixels and factors", () => {
    const chosen = onlyClasses(data, [3, 7])
    const wanted = [...data.splits.train.labels!.keys()].filter((i) => [3, 7].includes(data.splits.train.labels![i]!))
    expect(chosen.splits.train.count).toBe(wanted.length)
    const pixels = wanted.flatMap((i) => [...data.splits.train.pixels.subarray(784 * i, 784 * (i + 1))])
    expect([...chosen.splits.train.pixels]).toEqual(pixels)
    const { names, values } = chosen.splits.train.factors!
    expect([...values].filter((_, i) => i % names.length === 0)).toEqual([...chosen.splits.train.labels!])
    expect(chosen.digest).not.toBe(data.digest)
  })

  it("by number is a sample, the same for the same seed", () => {
    const few = limit(data, 50, 4)
    expect([few.splits.train.count, few.splits.test.count]).toEqual([50, 30])
    expect(limit(data, 50, 4).digest).toBe(few.digest)
    expect(limit(data, 50, 5).digest).not.toBe(few.digest)
  })

  it("that cannot be made is refused", () => {
    expect(() => onlyClasses(data, [3, 12])).toThrow(unknownClass("glyphs", 12, 10))
    expect(() => onlyClasses({ ...data, classes: [] }, [3])).toThrow(unlabelled("glyphs"))
    expect(() => limit(data, 0)).toThrow("limit is 0")
  })
})

describe("loading by name", () => {
  const cacheDir = "unused"
  it("knows glyphs and paths", async () => {
    const counts = { train: 20, validation: 5, test: 5 }
    const data = await loadDataset({ data: "glyphs", cacheDir, glyphCounts: counts, seed: 9, limit: 8 })
    expect([data.name, data.splits.train.count, data.splits.test.count]).toEqual(["glyphs", 8, 5])
    const path = await stored("pictures", [12, 2, 2], (i) => i)
    expect((await loadDataset({ data: path, cacheDir })).name).toBe("pictures")
  })

  it.each(Object.keys(datasetNames).filter((name) => !name.startsWith("mnist")))("%s needs no file", async (data) => {
    const { name, splits } = await loadDataset({
      data,
      cacheDir,
      limit: 7,
      ...(data === "glyphs" && { glyphCounts: { train: 9, validation: 9, test: 9 } }),
    })
    expect([name, splits.train.count, splits.test.count]).toEqual([data, 7, 7])
  })

  it("suggests the nearest name", async () => {
    await expect(loadDataset({ data: "minst", cacheDir })).rejects.toMatchObject({
      code: "usage",
      message: unknownDataset("minst", "mnist"),
      hint: expect.stringContaining("glyphs, mnist, mnist-binarized"),
    })
    await expect(loadDataset({ data: "imagenet64", cacheDir })).rejects.toThrow(unknownDataset("imagenet64", undefined))
    await expect(loadDataset({ data: "./none", cacheDir })).rejects.toThrow("no such file")
  })

  it("refuses an option that would be ignored", async () => {
    const asked = loadDataset({ data: "mnist-binarized", cacheDir, validation: 5 })
    await expect(asked).rejects.toThrow(fixedValidation("mnist-binarized"))
  })
})

describe("baselines", () => {
  it("of fair coins is ln 2 a pixel", () => {
    expect(uniformNats(784).value).toBeCloseTo(543.43, 2)
    const pixels = Uint8Array.of(0, 1, 1, 0, 0, 0, 1, 1)
    expect(marginalBernoulliNats({ train: pixels, test: pixels, eventSize: 2 })).toEqual({
      value: expect.closeTo(2 * Math.LN2, 12),
      standardError: expect.closeTo(0, 12),
    })
  })

  it("of a pixel never seen on is finite: ln (n + 1)/½ when it comes", () => {
    const { value } = marginalBernoulliNats({ train: new Uint8Array(9), test: Uint8Array.of(1, 1), eventSize: 1 })
    expect(value).toBeCloseTo(Math.log(20), 12)
  })

  it("of constant pixels costs only the smoothing", () => {
    const train = new Uint8Array(2 * 744).fill(9)
    expect(pixelHistogramBitsPerDim({ train, test: Uint8Array.of(9, 9, 9, 9), eventSize: 2 }).value).toBeCloseTo(
      Math.log2(1000 / 745),
      12,
    )
  })
})
