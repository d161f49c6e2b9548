import { decode, encode } from "fast-png"
import { EidosError, ShapeError } from "../core/errors.ts"
import { formatShape, type Shape, sizeOf } from "../core/shape.ts"

/** A picture at rest: bytes in rows from the top left, grey (1 channel) or red, green, blue (3) interleaved. */
export interface Image {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly data: Uint8Array
}

export const notAPicture = (event: Shape): string =>
  `picture: an event of shape ${formatShape(event)} is not a picture; [height, width] or [channels, height, width] with 1 or 3 channels is.`

export const wrongPixelCount = (needed: number, came: number): string =>
  `picture: ${needed} values were needed for this shape, but ${came} came.`

export const pixelIsNaN = (index: number): string =>
  `picture: value ${index} is not a number, so it has no grey level; the model that made it has diverged.`

export const unreadablePng = (reason: string): string => `picture: this PNG cannot be read: ${reason}.`

/** The PNG file of an image; the same bytes for the same image. */
export function encodePng({ width, height, channels, data }: Image): Uint8Array {
  if (data.length !== width * height * channels)
    throw new ShapeError(wrongPixelCount(width * height * channels, data.length))
  return encode({ width, height, channels, depth: 8, data })
}

/** The image in a PNG file of 8-bit grey or RGB pixels. Throws EidosError("data") for any other file. */
export function decodePng(png: Uint8Array): Image {
  const { width, height, channels, depth, data, palette } = decodeOrExplain(png)
  if (depth !== 8 || palette !== undefined || (channels !== 1 && channels !== 3))
    throw new EidosError("data", unreadablePng(`it has ${channels} channels of ${depth} bits, not 1 or 3 of 8`))
  return { width, height, channels, data: Uint8Array.from(data) }
}

function decodeOrExplain(png: Uint8Array) {
  try {
    return decode(png)
  } catch (cause) {
    throw new EidosError("data", unreadablePng(cause instanceof Error ? cause.message : String(cause)), { cause })
  }
}

/** An event's shape as [channels, height, width]; [height, width] is grey. Throws ShapeError when it is not a picture. */
export function pictureShape(event: Shape): readonly [channels: 1 | 3, height: number, width: number] {
  const [channels, height, width] = event.length === 2 ? [1, ...event] : event
  const fits = event.length === 2 || event.length === 3
  if (!fits || (channels !== 1 && channels !== 3) || !height || !width) throw new ShapeError(notAPicture(event))
  return [channels, height, width]
}

/** The image of one event, planar [channels, height, width] in [0, 1]; values outside are clamped. Throws on NaN and on a wrong length. */
export function fromUnit(values: Float32Array | readonly number[], event: Shape): Image {
  const [channels, height, width] = pictureShape(event)
  if (values.length !== sizeOf(event)) throw new ShapeError(wrongPixelCount(sizeOf(event), values.length))
  const plane = height * width
  const data = new Uint8Array(channels * plane)
  for (let i = 0; i < values.length; i++) data[(i % plane) * channels + Math.floor(i / plane)] = byteOf(values[i]!, i)
  return { width, height, channels, data }
}

function byteOf(value: number, index: number): number {
  if (Number.isNaN(value)) throw new EidosError("failed", pixelIsNaN(index))
  return Math.round(255 * Math.min(1, Math.max(0, value)))
}
