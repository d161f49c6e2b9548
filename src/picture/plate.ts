/** A picture of the plane in palette numbers: a heat map, points and lines over it, and grey letters around it; fast and small. */
import { type Colour, mixed, viridis } from "./viridis.ts"

/** What lies over the heat map, later ones over earlier ones. */
export interface Ink {
  readonly name: string
  readonly colour: Colour
}

/** Where the plane is drawn, and which part of it. */
export interface Window {
  readonly left: number
  readonly top: number
  /** Pixels along each side. */
  readonly size: number
  readonly x: readonly [low: number, high: number]
  readonly y: readonly [low: number, high: number]
}

export interface Plate {
  readonly width: number
  readonly height: number
  readonly palette: readonly Colour[]
  /** The palette numbers: [height, width]. */
  pixels(): Uint8Array
  /** Colours a pixel by a value from 0 to 1. */
  heat(x: number, y: number, value: number): void
  /** Covers a third, two thirds or all of a pixel with an ink. */
  cover(x: number, y: number, ink: number, thirds: number): void
  /** Makes a pixel outside the plane grey, from 0 (black) to 255 (white). */
  grey(x: number, y: number, level: number): void
}

// 96 levels look smooth; under a pixel that an ink covers in part, 20 do. With 16 greys and three inks that makes 235 colours.
const levels = 96
const dimLevels = 20
const greys = 16

/** An empty plate: the lowest heat everywhere. */
export function plate(width: number, height: number, inks: readonly Ink[]): Plate {
  const heats = new Uint8Array(width * height)
  const covers = new Uint8Array(width * height) // 3 · ink + thirds, 0 where nothing lies
  const fixed = new Uint8Array(width * height) // 1 + grey, 0 where the plane is
  const partly = levels + inks.length
  const grey0 = partly + 2 * dimLevels * inks.length
  const numberOf = (i: number): number => {
    if (fixed[i]!) return grey0 + fixed[i]! - 1
    if (!covers[i]) return heats[i]!
    const [ink, thirds] = [Math.floor((covers[i]! - 1) / 3), ((covers[i]! - 1) % 3) + 1]
    const dim = Math.round((heats[i]! / (levels - 1)) * (dimLevels - 1))
    return thirds === 3 ? levels + ink : partly + (2 * ink + thirds - 1) * dimLevels + dim
  }
  return {
    width,
    height,
    palette: paletteOf(inks),
    pixels: () => Uint8Array.from({ length: width * height }, (_, i) => numberOf(i)),
    heat: (x, y, value) => {
      heats[y * width + x] = Math.round(Math.min(1, Math.max(0, value)) * (levels - 1))
    },
    cover: (x, y, ink, thirds) => {
      const i = y * width + x
      const before = covers[i] ? ((covers[i]! - 1) % 3) + 1 : 0
      if (thirds > 0 && thirds >= before) covers[i] = 3 * ink + thirds
    },
    grey: (x, y, level) => {
      fixed[y * width + x] = 1 + Math.round((level / 255) * (greys - 1))
    },
  }
}

function paletteOf(inks: readonly Ink[]): Colour[] {
  const shades = (count: number) => Array.from({ length: count }, (_, i) => i / (count - 1))
  return [
    ...shades(levels).map(viridis),
    ...inks.map(({ colour }) => colour),
    ...inks.flatMap(({ colour }) =>
      [1 / 3, 2 / 3].flatMap((share) => shades(dimLevels).map((value) => mixed(viridis(value), colour, share))),
    ),
    ...shades(greys).map((share): Colour => mixed([0, 0, 0], [255, 255, 255], share)),
  ]
}

/** Where a point of the plane lies in pixels; y points upward. */
export const placed = ({ left, top, size, x, y }: Window, px: number, py: number): [number, number] => [
  left + (size * (px - x[0])) / (x[1] - x[0]),
  top + (size * (y[1] - py)) / (y[1] - y[0]),
]

/** Fills the window with values on a grid, [rows, rows] from the lowest y, smoothed between grid points at the cells' middles. */
export function drawHeat(to: Plate, { left, top, size }: Window, values: Float32Array): void {
  const rows = Math.round(Math.sqrt(values.length))
  const at = (i: number) => Math.min(rows - 1, Math.max(0, i))
  for (let j = 0; j < size; j++)
    for (let i = 0; i < size; i++) {
      const [u, v] = [((i + 0.5) / size) * rows - 0.5, (1 - (j + 0.5) / size) * rows - 0.5]
      const [column, row] = [Math.floor(u), Math.floor(v)]
      const value = (c: number, r: number) => values[at(r) * rows + at(c)]!
      const low = value(column, row) + (u - column) * (value(column + 1, row) - value(column, row))
      const high = value(column, row + 1) + (u - column) * (value(column + 1, row + 1) - value(column, row + 1))
      to.heat(left + i, top + j, low + (v - row) * (high - low))
    }
}

/** A disc of this radius in pixels around a point of the plane; what lies outside the window is not drawn. */
export function drawDisc(to: Plate, window: Window, [px, py]: readonly [number, number], radius: number, ink: number) {
  const [x, y] = placed(window, px, py)
  shade(to, window, [x - radius, y - radius, x + radius, y + radius], ink, (u, v) => Math.hypot(u - x, v - y) <= radius)
}

/** An arrow from a point of the plane by a vector in pixels, y downward, with a head. */
export function drawArrow(
  to: Plate,
  window: Window,
  [px, py]: readonly [number, number],
  [dx, dy]: readonly [number, number],
  ink: number,
): void {
  const [x, y] = placed(window, px, py)
  const length = Math.hypot(dx, dy)
  if (!(length > 1)) return
  const [ux, uy] = [dx / length, dy / length]
  const head = Math.min(5, 0.5 * length)
  const reach = length + 4
  shade(to, window, [x - reach, y - reach, x + reach, y + reach], ink, (u, v) => {
    const along = (u - x) * ux + (v - y) * uy
    const across = Math.abs((u - x) * uy - (v - y) * ux)
    const isShaft = along >= 0 && along <= length - head && across <= 0.6
    const isHead = along > length - head && along <= length && across <= 0.55 * (length - along) + 0.2
    return isShaft || isHead
  })
}

/** Covers the pixels of a box by the share of nine spots in each that lie inside a shape. */
function shade(
  to: Plate,
  { left, top, size }: Window,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  ink: number,
  isInside: (x: number, y: number) => boolean,
): void {
  for (let j = Math.max(top, Math.floor(y0)); j <= Math.min(top + size - 1, Math.floor(y1)); j++)
    for (let i = Math.max(left, Math.floor(x0)); i <= Math.min(left + size - 1, Math.floor(x1)); i++) {
      let spots = 0
      for (let k = 0; k < 9; k++) if (isInside(i + (0.5 + (k % 3)) / 3, j + (0.5 + Math.floor(k / 3)) / 3)) spots++
      to.cover(i, j, ink, Math.round(spots / 3))
    }
}
