import { beforeAll, describe, expect, it } from "vitest"
import type { Dataset } from "../data/dataset.ts"
import { glyphs } from "../data/glyphs.ts"
import { pca } from "../models/index.ts"
import { complexityBits } from "./complexity.ts"
import { predictionsOf } from "./confidence.ts"
import { eventsOf } from "./evaluator.ts"
import { fitData } from "./fit-data.ts"
import { madeSets, madeSetsFor } from "./outlier-names.ts"
import { asLevels, cannotMake, foreignSet, type Inliers, madeSet, otherShape, realNumbers } from "./outlier-sets.ts"
import { densityScorer, type Separation, separations, warningOf } from "./outliers.ts"

const preprocessing = { binarize: "none", dequantize: false } as const
/** Two 2 × 2 grey images a split. */
const four: Dataset = {
  name: "four",
  event: [1, 2, 2],
  levels: 256,
  classes: [],
  splits: {
    train: { count: 2, pixels: Uint8Array.of(9, 9, 9, 1, 2, 3, 9, 5) },
    validation: { count: 1, pixels: new Uint8Array(4) },
    test: { count: 2, pixels: Uint8Array.of(1, 2, 3, 4, 10, 20, 30, 40) },
  },
  digest: "",
  source: "",
}
const inliers: Inliers = { dataset: { ...four, levels: 256 }, preprocessing }
const levels = (name: (typeof madeSets)[number], of = inliers) => [
  ...(madeSet(name, of).data.dataset.splits.test.pixels as Uint8Array),
]

describe("made outliers", () => {
  it("are the test images turned clockwise: 12/34 becomes 31/42", () =>
    expect(levels("rotated")).toEqual([3, 1, 4, 2, 30, 10, 40, 20]))
  it("come back after four turns, and after two inversions", () => {
    const again = (name: "rotated" | "inverted", times: number): number[] => {
      let turned = inliers
      for (let i = 0; i < times; i++) {
        const test = madeSet(name, turned).data.dataset.splits.test
        turned = { ...turned, dataset: { ...turned.dataset, splits: { ...four.splits, test } } }
      }
      return [...(turned.dataset.splits.test.pixels as Uint8Array)]
    }
    expect(again("rotated", 4)).toEqual([...four.splits.test.pixels])
    expect(again("rotated", 2)).not.toEqual([...four.splits.test.pixels])
    expect(again("inverted", 2)).toEqual([...four.splits.test.pixels])
  })
  it("are constant at the commonest level of the training data", () =>
    expect(levels("constant")).toEqual(new Array(8).fill(9)))
  it("are noise that uses all levels alike, and the same each time", () => {
    const test = { count: 4000, pixels: new Uint8Array(16_000) }
    const many: Inliers = { ...inliers, dataset: { ...inliers.dataset, splits: { ...four.splits, test } } }
    const noise = levels("uniform-noise", many)
    expect(noise.reduce((a, b) => a + b) / noise.length).toBeCloseTo(127.5, -1) // s.e. 0.6
    expect([Math.min(...noise), Math.max(...noise)]).toEqual([0, 255])
    expect(levels("uniform-noise", many)).toEqual(noise)
    const bits = levels("uniform-noise", { ...many, dataset: { ...many.dataset, levels: 2 } })
    expect(bits.reduce((a, b) => a + b) / bits.length).toBeCloseTo(0.5, 1) // s.e. 0.004
    expect(new Set(bits)).toEqual(new Set([0, 1]))
  })
  it("keep a glyph's ink and lose its shape", () => {
    const drawn = glyphs({ train: 1, validation: 0, test: 5 })
    const noise = levels("glyph-noise", { dataset: { ...drawn, levels: 256 }, preprocessing })
    const image = (of: ArrayLike<number>, i: number) => Array.from(of).slice(784 * i, 784 * (i + 1))
    for (let i = 0; i < 5; i++) {
      expect(image(noise, i).sort()).toEqual(image(drawn.splits.test.pixels, i).sort())
      expect(image(noise, i)).not.toEqual(image(drawn.splits.test.pixels, i))
    }
  })
  it("are offered where the events' shape allows them", () => {
    expect(madeSetsFor({ event: [1, 28, 28], levels: 2 })).toEqual([...madeSets])
    expect(madeSetsFor({ event: [1, 2, 3], levels: 256 })).toEqual(["uniform-noise", "constant", "inverted"])
    expect(madeSetsFor({ event: [2], levels: "real" })).toEqual([])
    expect(() => madeSet("glyph-noise", inliers)).toThrow(cannotMake("glyph-noise", [1, 2, 2]))
  })
})

describe("outliers from elsewhere", () => {
  it("come in the levels of the model's own data", () => {
    const binary: Dataset = {
      ...four,
      levels: 2,
      splits: { ...four.splits, test: { count: 1, pixels: Uint8Array.of(0, 1, 1, 0) } },
    }
    expect([...asLevels(binary, 256).splits.test.pixels]).toEqual([0, 255, 255, 0])
    const grey = { ...four, splits: { ...four.splits, test: { count: 1, pixels: Uint8Array.of(0, 255, 255, 0) } } }
    expect([...asLevels(grey, 2).splits.test.pixels]).toEqual([0, 1, 1, 0])
    const seen = foreignSet(grey, { dataset: { ...binary, levels: 2 }, preprocessing }).data
    expect([...eventsOf(seen, [1, 2, 2], [0]).data]).toEqual([0, 1, 1, 0])
  })
  it("must have the same shape and be of the same kind", () => {
    expect(() => foreignSet({ ...four, event: [4] }, inliers)).toThrow(otherShape("four", [4], [1, 2, 2]))
    expect(() => foreignSet({ ...four, levels: "real" }, inliers)).toThrow(realNumbers("four"))
  })
})

describe("the complexity of an image", () => {
  it("is small for a constant, larger for a ramp, largest for noise, whose size it is up to some bytes", () => {
    const image = (level: (i: number) => number) => Uint8Array.from({ length: 784 }, (_, i) => level(i))
    const noise = madeSet("uniform-noise", {
      dataset: { ...glyphs({ train: 0, validation: 0, test: 1 }), levels: 256 },
      preprocessing,
    })
    const [flat, ramp, wild] = [
      image(() => 77),
      image((i) => Math.floor(i / 28)),
      noise.data.dataset.splits.test.pixels,
    ]
    const sizes = [flat, ramp, wild as Uint8Array].map((each) => complexityBits(each, 28))
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
    expect(sizes[0]).toBeLessThan(8 * 20)
    expect(sizes[2]).toBeGreaterThan(8 * 784)
    expect(sizes[2]).toBeLessThan(8 * 800)
  })
  it("is no larger than Deflate's alone, and sees what rows repeat", () => {
    const rows = Uint8Array.from({ length: 784 }, (_, i) => ((i % 28) * 37) % 256)
    expect(complexityBits(rows, 28)).toBeLessThan(8 * 60)
  })
})

describe("a classifier's confidence", () => {
  it("is the softmax of its likeliest class", () => {
    const { labels, confidences } = predictionsOf(Float32Array.of(0, Math.log(3), 800, 0), 2)
    expect([...labels]).toEqual([1, 0])
    expect(confidences[0]).toBeCloseTo(0.75, 6)
    expect(confidences[1]).toBe(1)
  })
})

describe("the scores of a density (T35)", () => {
  const data = glyphs({ train: 1500, validation: 300, test: 300 })
  let found: Separation[]
  const of = (set: string) => found.find((one) => one.set === set)!
  beforeAll(async () => {
    const model = pca.build({ latent: 20 }, data.event)
    const parameters = await model.fit(fitData({ dataset: data, preprocessing }, model.event, 0))
    const { scorer } = await densityScorer({ model, parameters }, { dataset: data, split: "validation", preprocessing })
    const given: Inliers = { dataset: { ...data, levels: 256 }, preprocessing }
    const sets = (["constant", "uniform-noise", "inverted"] as const).map((name) => madeSet(name, given))
    found = (await separations(scorer, { dataset: data, split: "test", preprocessing }, sets)).separations
  })
  it("show that raw log p fails on constant images, and say so", () => {
    expect(of("constant").areas["raw"]!.value).toBeLessThan(0.05)
    expect(warningOf(of("constant"))).toBe("raw log p fails here")
  })
  it("mend that by typicality and by complexity", () => {
    expect(of("constant").areas["typicality"]!.value).toBeGreaterThan(0.9)
    expect(of("constant").areas["complexity"]!.value).toBeGreaterThan(of("constant").areas["raw"]!.value)
  })
  it("find noise and inverted images by any score of likelihood", () => {
    for (const set of ["uniform-noise", "inverted"]) {
      expect(of(set).areas["raw"]!.value).toBeGreaterThan(0.99)
      expect(warningOf(of(set))).toBeUndefined()
    }
  })
})
