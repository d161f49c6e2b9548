/** Animated PNG files: the frames as compressed rows of palette numbers, in the chunks of the PNG specification, third edition. */
import { crc32, deflateSync } from "node:zlib"
import { EidosError, ShapeError } from "../core/errors.ts"
import { wrongPixelCount } from "./image.ts"
import type { Colour } from "./viridis.ts"

/** Pictures of one size whose pixels are numbers into one palette. */
export interface Animation {
  readonly width: number
  readonly height: number
  /** At most 256 colours. */
  readonly palette: readonly Colour[]
  readonly frames: readonly AnimationFrame[]
}

export interface AnimationFrame {
  /** Palette numbers in rows from the top left: [height, width]. */
  readonly pixels: Uint8Array
  /** How long it is shown. */
  readonly milliseconds: number
}

export const noFrames = "animation: there is no frame; at least one is needed."
export const paletteTooLong = (colours: number): string =>
  `animation: the palette has ${colours} colours; a byte tells 256 apart.`

/**
 * The PNG file of an animation that repeats for ever; of one frame it is an ordinary PNG, and so it is for readers that know
 * no animations. Throws ShapeError for frames of another size, EidosError("failed") for no frame or too many colours.
 */
export function encodeAnimation({ width, height, palette, frames }: Animation): Uint8Array {
  if (frames.length === 0) throw new EidosError("failed", noFrames)
  if (palette.length > 256) throw new EidosError("failed", paletteTooLong(palette.length))
  const isMoving = frames.length > 1
  let sequence = 0
  const chunks = [
    chunk("IHDR", words(width, height), Uint8Array.of(8, 3, 0, 0, 0)), // 8 bits, palette, deflate, adaptive, not interlaced
    chunk("PLTE", Uint8Array.from(palette.flat())),
    ...(isMoving ? [chunk("acTL", words(frames.length, 0))] : []),
    ...frames.flatMap(({ pixels, milliseconds }, i) => {
      if (pixels.length !== width * height) throw new ShapeError(wrongPixelCount(width * height, pixels.length))
      const data = compressed(pixels, width)
      if (!isMoving) return [chunk("IDAT", data)]
      const control = chunk("fcTL", words(sequence++, width, height, 0, 0), duration(milliseconds))
      return [control, i === 0 ? chunk("IDAT", data) : chunk("fdAT", words(sequence++), data)]
    }),
    chunk("IEND"),
  ]
  return joined([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), ...chunks])
}

/** Numerator and denominator of the seconds, then: leave the frame, and put the next in its place. */
const duration = (milliseconds: number): Uint8Array =>
  Uint8Array.of(milliseconds >> 8, milliseconds & 255, 1000 >> 8, 1000 & 255, 0, 0)

/** Rows as they are, or as differences from the row above: whichever is shorter. */
function compressed(pixels: Uint8Array, width: number): Uint8Array {
  const height = pixels.length / width
  const [plain, up] = [new Uint8Array(height * (width + 1)), new Uint8Array(height * (width + 1))]
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * width, (y + 1) * width)
    const at = y * (width + 1)
    plain.set(row, at + 1)
    up[at] = 2
    for (let x = 0; x < width; x++) up[at + 1 + x] = row[x]! - (y === 0 ? 0 : pixels[(y - 1) * width + x]!)
  }
  const [first, second] = [deflateSync(plain), deflateSync(up)]
  return first.length <= second.length ? first : second
}

function chunk(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = joined([new TextEncoder().encode(type), ...parts])
  return joined([words(content.length - 4), content, words(crc32(content))])
}

/** 32-bit numbers, the highest byte first. */
function words(...values: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * values.length))
  for (const [i, value] of values.entries()) bytes.setUint32(4 * i, value)
  return new Uint8Array(bytes.buffer)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
