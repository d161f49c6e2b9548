/** Anti-aliased drawing of round pen strokes on a small grey image, by the distance of each pixel to the stroke. */

/** A path as x0, y0, x1, y1, … in pixels; pixel (0, 0) has its centre at (0.5, 0.5). */
export type Polyline = readonly number[]

/** Width of the soft edge in pixels: wider than 1, as in scans that were reduced in size. */
export const edge = 1.3

/** What a pen's image is drawn on: `depth` is how far inside the ink each pixel lies, in pixels; negative is outside. */
export interface Canvas {
  readonly width: number
  readonly height: number
  readonly depth: Float32Array
}

/** An empty canvas; it can be drawn on many times. */
export const canvas = (width: number, height: number): Canvas => ({
  width,
  height,
  depth: new Float32Array(width * height),
})

/** Draws the polylines with a round pen of `thickness` pixels into `out` (`width × height` grey bytes, ink 255). */
export function drawStrokes(
  on: Canvas,
  { strokes, thickness }: { strokes: readonly Polyline[]; thickness: number },
  out: Uint8Array,
): void {
  on.depth.fill(-edge)
  for (const line of strokes)
    for (let i = 0; i + 3 < line.length; i += 2)
      drawSegment(on, thickness / 2, line[i]!, line[i + 1]!, line[i + 2]!, line[i + 3]!)
  for (let i = 0; i < out.length; i++) out[i] = ink(on.depth[i]!)
}

/** Grey of a pixel by its depth: 0 half an edge outside the ink, 255 half an edge inside, smooth between. */
function ink(depth: number): number {
  const t = depth / edge + 0.5
  if (t <= 0) return 0
  if (t >= 1) return 255
  return Math.round(255 * t * t * (3 - 2 * t))
}

/** Raises the depth of the pixels near one segment; only the box around it is visited. */
function drawSegment(on: Canvas, radius: number, x0: number, y0: number, x1: number, y1: number): void {
  const reach = radius + edge / 2
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach))
  const right = Math.min(on.width - 1, Math.floor(Math.max(x0, x1) + reach))
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach))
  const bottom = Math.min(on.height - 1, Math.floor(Math.max(y0, y1) + reach))
  const dx = x1 - x0
  const dy = y1 - y0
  const perLength2 = 1 / (dx * dx + dy * dy + 1e-12) // 1e-12: a segment of no length is a dot
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - x0
      const py = row + 0.5 - y0
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) * perLength2))
      const ex = px - along * dx
      const ey = py - along * dy
      const depth = radius - Math.sqrt(ex * ex + ey * ey)
      const at = row * on.width + column
      if (depth > on.depth[at]!) on.depth[at] = depth
    }
  }
}
