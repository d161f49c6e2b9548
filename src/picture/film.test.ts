import { describe, expect, it } from "vitest"
import { type FilmAxes, filmOf, type Scene, ticks } from "./film.ts"
import { drawArrow, drawDisc, drawHeat, type Plate, placed, plate, type Window } from "./plate.ts"
import { type Colour, viridis } from "./viridis.ts"

const inks = [
  { name: "data", colour: [255, 255, 255] },
  { name: "points", colour: [255, 122, 26] },
] as const satisfies FilmAxes["inks"]
const window: Window = { left: 2, top: 3, size: 40, x: [-1, 1], y: [-1, 1] }
const colourAt = (sheet: Plate, x: number, y: number): Colour => sheet.palette[sheet.pixels()[y * sheet.width + x]!]!
const close = (a: Colour, b: Colour) => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))

describe("a plate", () => {
  it("has a palette that a byte can number, whatever lies where", () =>
    expect(plate(4, 4, [...inks, ...inks.slice(0, 1)]).palette.length).toBeLessThanOrEqual(256))
  it("puts the grid's first row at the bottom and its last column at the right", () => {
    const sheet = plate(44, 45, inks)
    drawHeat(sheet, window, Float32Array.of(0, 1 / 3, 2 / 3, 1)) // rows from below: [0, ⅓], [⅔, 1]
    const corners = [colourAt(sheet, 2, 42), colourAt(sheet, 41, 42), colourAt(sheet, 2, 3), colourAt(sheet, 41, 3)]
    for (const [i, corner] of corners.entries()) expect(close(corner, viridis(i / 3))).toBeLessThan(6)
  })
  it("draws a disc where its point lies, y upward, and nothing beside it", () => {
    const sheet = plate(44, 45, inks)
    drawDisc(sheet, window, [0.5, -0.5], 2, 1)
    const [x, y] = placed(window, 0.5, -0.5)
    expect([x, y]).toEqual([32, 33])
    expect(colourAt(sheet, x, y)).toEqual(inks[1].colour)
    expect(colourAt(sheet, x + 4, y)).toEqual(viridis(0))
    const covered = sheet.pixels().filter((number) => number !== 0).length
    expect(covered).toBeGreaterThan(Math.PI * 4 * 0.9)
    expect(covered).toBeLessThan(Math.PI * 9)
  })
  it("mixes a pixel that is covered in part with the heat beneath it", () => {
    const sheet = plate(3, 1, inks)
    sheet.heat(1, 0, 1)
    sheet.cover(1, 0, 0, 1)
    const [red, green, blue] = viridis(1)
    const third: Colour = [(2 * red + 255) / 3, (2 * green + 255) / 3, (2 * blue + 255) / 3]
    expect(close(colourAt(sheet, 1, 0), third)).toBeLessThan(2)
  })
  it("draws nothing outside the window", () => {
    const sheet = plate(44, 45, inks)
    drawDisc(sheet, window, [1.2, 0], 9, 1)
    drawArrow(sheet, window, [0.9, 0.9], [40, -40], 0)
    const outside = [...sheet.pixels().entries()].filter(
      ([i]) => i % 44 < 2 || i % 44 >= 42 || Math.floor(i / 44) < 3 || Math.floor(i / 44) >= 43,
    )
    expect(outside.every(([, number]) => number === 0)).toBe(true)
  })
  it("draws an arrow from its point along its vector", () => {
    const sheet = plate(44, 45, inks)
    drawArrow(sheet, window, [0, 0], [15, 0], 1)
    const [x, y] = placed(window, 0, 0)
    for (const along of [1, 6, 11]) expect(colourAt(sheet, x + along, y)).not.toEqual(viridis(0))
    for (const beside of [-3, 17]) expect(colourAt(sheet, x + beside, y)).toEqual(viridis(0))
  })
})

describe("a film", () => {
  const axes: FilmAxes = { x: [-2, 2], y: [-2, 2], inks }
  const scene: Scene = { title: "step 1", subtitle: "KL 1", dots: [{ ink: 0, radius: 2, at: Float32Array.of(1, 1) }] }
  const { frames, width, height, palette } = filmOf([scene, { ...scene, title: "step 2", dots: [] }, scene], axes)
  const differing = (a: Uint8Array, b: Uint8Array) => [...a.keys()].filter((i) => a[i] !== b[i])

  it("has the same axes in every frame: only the title, and what moved, differ", () => {
    const changed = differing(frames[0]!.pixels, frames[1]!.pixels)
    const rows = changed.map((i) => Math.floor(i / width))
    const inTitle = rows.filter((row) => row < 24)
    const inPlane = changed.filter((i) => Math.floor(i / width) >= 46)
    expect(inTitle.length).toBeGreaterThan(5)
    expect(inPlane.length).toBeGreaterThan(8)
    expect(inTitle.length + inPlane.length).toBe(changed.length)
    for (const i of inPlane) expect(Math.hypot((i % width) - 274, Math.floor(i / width) - 126)).toBeLessThan(5)
  })
  it("is the same for the same scene, and shows the last longest", () => {
    expect(differing(frames[2]!.pixels, frames[0]!.pixels)).toEqual([])
    expect(frames[2]!.milliseconds).toBeGreaterThan(frames[1]!.milliseconds)
  })
  it("writes dark letters on white around the plane", () => {
    const words = [...frames[0]!.pixels.subarray(0, 40 * width)].map((number) => palette[number]!)
    expect(words.some((colour) => close(colour, [255, 255, 255]) === 0)).toBe(true)
    expect(words.some((colour) => Math.max(...colour) < 80)).toBe(true)
    expect(frames[0]!.pixels).toHaveLength(width * height)
  })
  it.each([
    [
      [-2, 2],
      [-2, -1, 0, 1, 2],
    ],
    [
      [0, 0.7],
      [0, 0.2, 0.4, 0.6],
    ],
    [
      [-130, 40],
      [-100, -50, 0],
    ],
  ] as const)("has round ticks in %j", (range, expected) => {
    const found = ticks(range)
    expect(found).toHaveLength(expected.length)
    for (const [i, tick] of found.entries()) expect(tick).toBeCloseTo(expected[i]!, 10)
  })
})
