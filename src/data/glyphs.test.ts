import { describe, expect, it } from "vitest"
import { glyphFactors, glyphs } from "./glyphs.ts"
import { canvas, drawStrokes } from "./raster.ts"

const small = glyphs({ seed: 3, train: 2000, validation: 10, test: 10 })
const factor = (name: (typeof glyphFactors)[number], i: number) =>
  small.splits.train.factors!.values[i * glyphFactors.length + glyphFactors.indexOf(name)]!
const imageOf = (i: number) => small.splits.train.pixels.subarray(784 * i, 784 * (i + 1)) as Uint8Array

describe("glyphs", () => {
  it("depend on seed, split and number alone", () => {
    const fewer = glyphs({ seed: 3, train: 100, validation: 10, test: 10 })
    expect(fewer.splits.train.pixels).toEqual(small.splits.train.pixels.subarray(0, 100 * 784))
    expect(fewer.splits.test).toEqual(small.splits.test)
    expect(fewer.digest).not.toBe(small.digest)
    expect(glyphs({ seed: 4, train: 10, validation: 0, test: 0 }).splits.train.pixels).not.toEqual(
      small.splits.train.pixels.subarray(0, 7840),
    )
    expect(small.splits.validation.pixels).not.toEqual(small.splits.test.pixels)
  })

  it("keep their golden digest", () => {
    expect(glyphs({ train: 200, validation: 20, test: 20 }).digest).toMatchSnapshot()
  })

  it("show every class about equally often, and the class is a factor", () => {
    const counts = new Array<number>(10).fill(0)
    small.splits.train.labels!.forEach((label, i) => {
      counts[label]!++
      expect(factor("class", i)).toBe(label)
    })
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(5 * Math.sqrt(200 * 0.9))
  })

  it("have as much ink as handwriting, away from the border", () => {
    const mean =
      Array.from(small.splits.train.pixels).reduce((sum, k) => sum + k, 0) / small.splits.train.pixels.length / 255
    expect(mean).toBeGreaterThan(0.11)
    expect(mean).toBeLessThan(0.16)
    const onBorder = (j: number) => j < 28 || j >= 756 || j % 28 === 0 || j % 28 === 27
    const touching = Array.from({ length: 2000 }, (_, i) => imageOf(i).some((k, j) => k > 127 && onBorder(j)))
    expect(touching.filter(Boolean).length).toBeLessThan(10)
  })

  it("have the ink of their thickness, at their place", () => {
    const correlation = (name: "thickness" | "x" | "y", measure: (image: Uint8Array) => number) => {
      const pairs = Array.from({ length: 2000 }, (_, i) => [factor(name, i), measure(imageOf(i))] as const)
      const mean = (f: (pair: readonly [number, number]) => number) => pairs.reduce((s, p) => s + f(p), 0) / 2000
      const a = mean((p) => p[0])
      const b = mean((p) => p[1])
      const covariance = mean((p) => (p[0] - a) * (p[1] - b))
      return covariance / Math.sqrt(mean((p) => (p[0] - a) ** 2) * mean((p) => (p[1] - b) ** 2))
    }
    const ink = (image: Uint8Array) => image.reduce((sum, k) => sum + k, 0)
    const center = (image: Uint8Array, place: (j: number) => number) => {
      const touched = [...image.keys()].filter((j) => image[j]! > 64).map(place)
      return (Math.min(...touched) + Math.max(...touched)) / 2
    }
    expect(correlation("thickness", ink)).toBeGreaterThan(0.6)
    expect(correlation("x", (image) => center(image, (j) => j % 28))).toBeGreaterThan(0.9)
    expect(correlation("y", (image) => center(image, (j) => Math.floor(j / 28)))).toBeGreaterThan(0.9)
  })
})

describe("a drawn stroke", () => {
  it("has the area of a line with round caps, wherever it lies", () => {
    const out = new Uint8Array(28 * 28)
    for (const shift of [0, 0.25, 0.5, 0.9]) {
      const line = [6 + shift, 9 + shift, 18 + shift, 14 + shift]
      drawStrokes(canvas(28, 28), { strokes: [line], thickness: 4 }, out)
      const area = out.reduce((sum, k) => sum + k, 0) / 255
      expect(Math.abs(area / (13 * 4 + Math.PI * 4) - 1)).toBeLessThan(0.02)
    }
  })
})
