import { describe, expect, it } from "vitest"
import { encodePng } from "./image.ts"
import { svgToPng } from "./raster.ts"
import { textWidth } from "./svg.ts"
import { type TablePicture, tableSvg, wrapped } from "./table.ts"

const strip = {
  png: encodePng({ width: 6, height: 2, channels: 1, data: new Uint8Array(12).fill(9) }),
  width: 6,
  height: 2,
}
const table: TablePicture = {
  title: "Scores",
  subtitle: "of two",
  columns: [
    { title: "Name", align: "left" },
    { title: "Value", align: "right" },
  ],
  stripTitle: "Samples",
  groups: [
    { heading: "First", rows: [{ cells: ["a <b> & c", "1.0"], strip, note: "read this" }] },
    { heading: "Second", rows: [{ cells: ["d", "22.0"] }] },
  ],
  footnotes: ["the end"],
}

describe("a table as a picture", () => {
  const svg = tableSvg(table)
  it("shows every heading, cell, note and footnote, from the top", () => {
    const words = [...svg.matchAll(/<text[^>]* y="([\d.]+)"[^>]*>([^<]*)</g)].map(([, y, text]) => [Number(y), text])
    const at = (text: string) => words.find(([, each]) => each === text)![0] as number
    const order = ["Scores", "of two", "Name", "First", "1.0", "read this", "Second", "22.0", "the end"].map(at)
    expect(order).toEqual([...order].sort((a, b) => a - b))
  })
  it("keeps hostile words as words", () => {
    expect(svg).toContain("a &lt;b&gt; &amp; c")
    expect(svg).not.toContain("<b>")
  })
  it("ends columns of numbers at one place", () => {
    const ends = [...svg.matchAll(/x="([\d.]+)"[^>]*text-anchor="end">/g)].map(([, x]) => x)
    expect(ends).toHaveLength(3)
    expect(new Set(ends).size).toBe(1)
  })
  it("carries its strips, and becomes a PNG", () => {
    expect(svg).toContain(`href="data:image/png;base64,${Buffer.from(strip.png).toString("base64")}"`)
    expect(Buffer.from(svgToPng(svg)).subarray(1, 4).toString()).toBe("PNG")
  })
  it("has no title over strips where there are none", () =>
    expect(tableSvg({ ...table, groups: table.groups.slice(1) })).not.toContain("Samples"))
})

describe("lines of words", () => {
  it("are no wider than they may be, and lose no word", () => {
    const words = "the quick brown fox jumps over the lazy dog"
    const lines = wrapped(words, 90, 11)
    expect(lines.join(" ")).toBe(words)
    expect(lines.length).toBeGreaterThan(2)
    for (const line of lines) expect(textWidth(line, { fontSize: 11 })).toBeLessThanOrEqual(90)
  })
  it("give a word that is too wide a line of its own", () =>
    expect(wrapped("a incomprehensibilities b", 40, 11)).toEqual(["a", "incomprehensibilities", "b"]))
})
