import { crc32, inflateSync } from "node:zlib"
import { decode } from "fast-png"
import { describe, expect, it } from "vitest"
import { ShapeError } from "../core/errors.ts"
import { type Animation, encodeAnimation, noFrames, paletteTooLong } from "./animation.ts"
import { wrongPixelCount } from "./image.ts"
import type { Colour } from "./viridis.ts"

const [width, height] = [7, 5]
const palette = Array.from({ length: 200 }, (_, i): Colour => [i, 255 - i, (3 * i) % 256])
/** Three frames: noise, rows that repeat, and one colour. */
const pictures = [(i: number) => (37 * i) % 200, (i: number) => (i % width) * 20, () => 199].map((level) =>
  Uint8Array.from({ length: width * height }, (_, i) => level(i)),
)
const animation: Animation = {
  width,
  height,
  palette,
  frames: pictures.map((pixels, i) => ({ pixels, milliseconds: 150 + 1000 * i })),
}

interface Chunk {
  readonly type: string
  readonly data: Buffer
}

/** The chunks of a PNG file, each with a sound checksum. */
function chunksOf(png: Uint8Array): Chunk[] {
  const bytes = Buffer.from(png)
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n")
  const chunks: Chunk[] = []
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const content = bytes.subarray(at + 4, at + 8 + length)
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(content))
    chunks.push({ type: content.toString("latin1", 0, 4), data: content.subarray(4) })
    at += 12 + length
  }
  return chunks
}

/** Rows without their filters, of which 0 (none) and 2 (up) occur. */
function unfiltered(compressed: Buffer): Uint8Array {
  const raw = inflateSync(compressed)
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const filter = raw[y * (width + 1)]!
      expect([0, 2]).toContain(filter)
      const above = filter === 2 && y > 0 ? pixels[(y - 1) * width + x]! : 0
      pixels[y * width + x] = raw[y * (width + 1) + 1 + x]! + above
    }
  return pixels
}

describe("an animated PNG", () => {
  const chunks = chunksOf(encodeAnimation(animation))
  const data = chunks.filter(({ type }) => type === "IDAT" || type === "fdAT")

  it("decodes to the same frames", () => {
    const decoded = data.map(({ type, data }) => unfiltered(type === "IDAT" ? data : data.subarray(4)))
    expect(decoded).toEqual(pictures)
  })
  it("shows each frame as long as told, in its place, and repeats for ever", () => {
    const controls = chunks.filter(({ type }) => type === "fcTL").map(({ data }) => data)
    expect(controls.map((data) => [1, 2, 3, 4].map((word) => data.readUInt32BE(4 * word)))).toEqual(
      pictures.map(() => [width, height, 0, 0]),
    )
    expect(controls.map((data) => (1000 * data.readUInt16BE(20)) / data.readUInt16BE(22))).toEqual([150, 1150, 2150])
    const actl = chunks.find(({ type }) => type === "acTL")!.data
    expect([actl.readUInt32BE(0), actl.readUInt32BE(4)]).toEqual([3, 0])
  })
  it("numbers its chunks without a gap, controls before their data", () => {
    const order = chunks.filter(({ type }) => type === "fcTL" || type === "fdAT")
    expect(order.map(({ data }) => data.readUInt32BE(0))).toEqual([0, 1, 2, 3, 4])
    expect(chunks.map(({ type }) => type)).toEqual([
      "IHDR",
      "PLTE",
      "acTL",
      "fcTL",
      "IDAT",
      "fcTL",
      "fdAT",
      "fcTL",
      "fdAT",
      "IEND",
    ])
  })
  it("is its first frame to a reader that knows no animations", () => {
    const { width: across, height: down, data, palette: colours } = decode(encodeAnimation(animation))
    expect([across, down]).toEqual([width, height])
    expect(Uint8Array.from(data)).toEqual(pictures[0])
    expect(colours!.slice(0, 200).map((colour) => colour.slice(0, 3))).toEqual(palette)
  })
  it("of one frame is an ordinary PNG", () => {
    const still = chunksOf(encodeAnimation({ ...animation, frames: animation.frames.slice(-1) }))
    expect(still.map(({ type }) => type)).toEqual(["IHDR", "PLTE", "IDAT", "IEND"])
    expect(unfiltered(still[2]!.data)).toEqual(pictures[2])
  })
  it("refuses no frame, a frame of another size, and more colours than a byte tells apart", () => {
    expect(() => encodeAnimation({ ...animation, frames: [] })).toThrow(noFrames)
    const short = [{ pixels: new Uint8Array(3), milliseconds: 1 }]
    expect(() => encodeAnimation({ ...animation, frames: short })).toThrow(new ShapeError(wrongPixelCount(35, 3)))
    const long = Array.from({ length: 257 }, (): Colour => [0, 0, 0])
    expect(() => encodeAnimation({ ...animation, palette: long })).toThrow(paletteTooLong(257))
  })
})
