import { describe, expect, it } from "vitest"
import { badImageCount, badSide, barsAndStripes, barsAndStripesPatterns } from "./bars-and-stripes.ts"

const rowsOf = (pixels: ArrayLike<number>, size: number): string[] =>
  Array.from({ length: pixels.length / size }, (_, i) =>
    Array.from({ length: size }, (_, j) => pixels[i * size + j]).join(""),
  )
const isBar = (image: string, side: number): boolean => [...image].every((pixel, i) => pixel === image[i % side])
const isStripe = (image: string, side: number): boolean =>
  [...image].every((pixel, i) => pixel === image[Math.floor(i / side) * side])

describe("bars and stripes", () => {
  it.each([2, 3, 4, 5])("of side %i are 2·2ⁿ − 2 different images, each all bars or all stripes", (side) => {
    const images = rowsOf(barsAndStripesPatterns(side), side * side)
    expect(new Set(images).size).toBe(images.length)
    expect(images.length).toBe(2 * 2 ** side - 2)
    expect(images.filter((image) => isBar(image, side) || isStripe(image, side)).length).toBe(images.length)
    expect(images.filter((image) => isBar(image, side)).length).toBe(2 ** side)
  })

  it("are the whole distribution in validation and test, and a uniform sample of it in train", () => {
    const { event, levels, splits } = barsAndStripes()
    expect([event, levels]).toEqual([[1, 4, 4], 2])
    const all = rowsOf(barsAndStripesPatterns(4), 16)
    expect(rowsOf(splits.validation.pixels, 16)).toEqual(all)
    expect(rowsOf(splits.test.pixels, 16)).toEqual(all)
    const drawn = rowsOf(splits.train.pixels, 16)
    const standardError = Math.sqrt((3000 * 29) / 900) // of a count
    for (const image of all)
      expect(Math.abs(drawn.filter((other) => other === image).length - 100)).toBeLessThan(4.5 * standardError)
  })

  it("are the same for the same seed, and drawn in every split whose size is given", () => {
    expect(barsAndStripes({ seed: 2 }).digest).toBe(barsAndStripes({ seed: 2 }).digest)
    expect(barsAndStripes({ seed: 2 }).digest).not.toBe(barsAndStripes({ seed: 3 }).digest)
    const { validation, test } = barsAndStripes({ side: 3, validation: 50, test: 50 }).splits
    expect([validation.count, validation.pixels.length]).toEqual([50, 450])
    expect(validation.pixels).not.toEqual(test.pixels)
  })

  it("refuse a side and a size that are none", () => {
    expect(() => barsAndStripes({ side: 1 })).toThrow(badSide(1))
    expect(() => barsAndStripes({ train: 0 })).toThrow(badImageCount("train", 0))
  })
})
