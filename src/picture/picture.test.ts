import { describe, expect, it } from "vitest"
import { ShapeError } from "../core/errors.ts"
import { grid, rowsGrid } from "./grid.ts"
import { decodePng, encodePng, fromUnit, type Image, pixelIsNaN } from "./image.ts"

/** The grey levels of a picture's channels at one pixel. */
const pixel = ({ data, width, channels }: Image, x: number, y: number): number[] =>
  Array.from(data.subarray((y * width + x) * channels, (y * width + x + 1) * channels))

describe("images", () => {
  it.each([1, 3] as const)("a PNG of %i channels decodes to the same pixels", (channels) => {
    const data = Uint8Array.from({ length: 7 * 5 * channels }, (_, i) => (37 * i) % 256)
    const image: Image = { width: 7, height: 5, channels, data }
    expect(decodePng(encodePng(image))).toEqual(image)
  })
  it("maps [0, 1] to bytes, planes to pixels, and clamps what lies outside", () => {
    const image = fromUnit([0, 1, 0.5, 0.5, -3, 7], [3, 1, 2])
    expect(pixel(image, 0, 0)).toEqual([0, 128, 0])
    expect(pixel(image, 1, 0)).toEqual([255, 128, 255])
  })
  it("refuses NaN, events that are no pictures, and files that are no PNG", () => {
    expect(() => fromUnit([0, Number.NaN], [1, 2])).toThrow(pixelIsNaN(1))
    expect(() => fromUnit([0, 0], [2])).toThrow(ShapeError)
    expect(() => fromUnit([0, 0], [2, 1, 1])).toThrow(ShapeError)
    expect(() => decodePng(new Uint8Array(40))).toThrow("cannot be read")
  })
})

describe("grids", () => {
  // Event i is a 2 × 3 picture of the one level i / 10.
  const events = Float32Array.from({ length: 5 * 6 }, (_, i) => Math.floor(i / 6) / 10)
  it("puts event i in row i / columns and column i mod columns", () => {
    const sheet = grid(events, 5, [1, 2, 3], { columns: 2, gap: 1, scale: 4, background: 200 })
    expect([sheet.width, sheet.height]).toEqual([1 + 2 * 13, 1 + 3 * 9])
    for (let i = 0; i < 5; i++) {
      const [left, top] = [1 + (i % 2) * 13, 1 + Math.floor(i / 2) * 9]
      const corners = [pixel(sheet, left, top), pixel(sheet, left + 11, top + 7)]
      expect(corners).toEqual([[Math.round(25.5 * i)], [Math.round(25.5 * i)]])
      expect(pixel(sheet, left - 1, top)).toEqual([200])
    }
    expect(pixel(sheet, 14, 19)).toEqual([200]) // there is no sixth event
  })
  it("magnifies without smoothing", () => {
    const sheet = grid(Float32Array.of(0, 1), 1, [1, 2], { gap: 0, scale: 3 })
    expect([...sheet.data.subarray(0, 6)]).toEqual([0, 0, 0, 255, 255, 255])
  })
  it("keeps rows in order, with their names", () => {
    const originals = { name: "originals", events: events.subarray(0, 12) }
    const reconstructions = { name: "reconstructions", events: events.subarray(12, 24) }
    const { names, ...sheet } = rowsGrid([originals, reconstructions], 2, [2, 3])
    expect(names).toEqual(["originals", "reconstructions"])
    expect(sheet).toEqual(grid(events.subarray(0, 24), 4, [2, 3], { columns: 2 }))
  })
  it("refuses events that do not fill it and counts that are none", () => {
    expect(() => grid(events, 6, [1, 2, 3])).toThrow(ShapeError)
    expect(() => rowsGrid([{ events }], 4, [1, 2, 3])).toThrow(ShapeError)
    expect(() => grid(events, 5, [1, 2, 3], { scale: 1.5 })).toThrow("scale is 1.5")
  })
})
