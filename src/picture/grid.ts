import { EidosError, ShapeError } from "../core/errors.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { fromUnit, type Image, pictureShape, wrongPixelCount } from "./image.ts"

/** How pictures are laid out beside each other. */
export interface GridOptions {
  /** Pictures in a row; the square root of their number, rounded up, unless told. */
  readonly columns?: number
  /** Pixels of background between pictures and around them; 2 unless told. */
  readonly gap?: number
  /** Whole-number magnification without smoothing; 2 unless told. */
  readonly scale?: number
  /** Grey level of the gaps, 0 (black) to 255 (white); 48 unless told: it parts dark pictures and light ones. */
  readonly background?: number
}

/** Pictures of one row and what they show, as in `originals`; the name is for captions and is not drawn. */
export interface Row {
  readonly name?: string
  /** [m, channels, height, width] in [0, 1]. */
  readonly events: Float32Array
}

/** An image of named rows, from the top. */
export interface RowsImage extends Image {
  readonly names: readonly string[]
}

export const notACount = (name: string, value: number, least: number): string =>
  `grid: ${name} is ${value}; a whole number of at least ${least} is needed.`

/** One image of the first `n` events, [n, channels, height, width] in [0, 1], row after row. Throws ShapeError when they do not fit. */
export function grid(events: Float32Array, n: number, event: Shape, options: GridOptions = {}): Image {
  const { columns = Math.ceil(Math.sqrt(n)), gap = 2, scale = 2, background = 48 } = options
  checkCounts({ n, columns, scale }, 1)
  checkCounts({ gap, background }, 0)
  const [channels, height, width] = pictureShape(event)
  if (events.length !== n * sizeOf(event)) throw new ShapeError(wrongPixelCount(n * sizeOf(event), events.length))
  const across = Math.min(columns, n)
  const pitch = { x: width * scale + gap, y: height * scale + gap }
  const sheet = blank(across * pitch.x + gap, Math.ceil(n / across) * pitch.y + gap, channels, background)
  for (let i = 0; i < n; i++) {
    const picture = fromUnit(events.subarray(i * sizeOf(event), (i + 1) * sizeOf(event)), event)
    const corner = { left: gap + (i % across) * pitch.x, top: gap + Math.floor(i / across) * pitch.y }
    paste(sheet, picture, { ...corner, scale })
  }
  return sheet
}

/** One image of several rows of `m` pictures: reconstructions under originals, or one interpolation a row. Throws ShapeError when a row does not hold `m` events. */
export function rowsGrid(
  rows: readonly Row[],
  m: number,
  event: Shape,
  options: Omit<GridOptions, "columns"> = {},
): RowsImage {
  const size = m * sizeOf(event)
  const all = new Float32Array(rows.length * size)
  rows.forEach(({ events }, i) => {
    if (events.length !== size) throw new ShapeError(wrongPixelCount(size, events.length))
    all.set(events, i * size)
  })
  return { ...grid(all, rows.length * m, event, { ...options, columns: m }), names: rows.map((row) => row.name ?? "") }
}

function checkCounts(counts: Record<string, number>, least: number): void {
  for (const [name, value] of Object.entries(counts))
    if (!Number.isInteger(value) || value < least) throw new EidosError("usage", notACount(name, value, least))
}

const blank = (width: number, height: number, channels: 1 | 3, grey: number): Image => ({
  width,
  height,
  channels,
  data: new Uint8Array(width * height * channels).fill(grey),
})

function paste(sheet: Image, picture: Image, at: { left: number; top: number; scale: number }): void {
  const { channels } = picture
  for (let y = 0; y < picture.height * at.scale; y++)
    for (let x = 0; x < picture.width * at.scale; x++) {
      const from = (Math.floor(y / at.scale) * picture.width + Math.floor(x / at.scale)) * channels
      const to = ((at.top + y) * sheet.width + at.left + x) * channels
      for (let c = 0; c < channels; c++) sheet.data[to + c] = picture.data[from + c]!
    }
}
