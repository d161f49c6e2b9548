import { EidosError } from "../core/errors.ts"
import { type Random, randomOf } from "../core/random.ts"
import type { Dataset, Split, SplitName } from "./dataset.ts"
import { digestOf } from "./digest.ts"
import { type Canvas, canvas, drawStrokes } from "./raster.ts"
import { digits, type Point, type Stroke } from "./strokes.ts"

/**
 * Glyphs: handwritten-like digits drawn by a pen whose movements are known, made on the spot. No file, no network, no
 * licence; and since each image's causes are in its factor table, what a model has found can be checked.
 */

/** Sizes of the splits unless told. */
export const glyphCounts: Readonly<Record<SplitName, number>> = { train: 60_000, validation: 5_000, test: 10_000 }

/** Columns of the factor table: the digit, then lengths in pixels, angles in radians and a ratio. */
export const glyphFactors = [
  "class",
  "thickness", // pixels
  "slant", // radians, to the right
  "rotation", // radians, clockwise
  "width", // ratio to the usual width
  "x", // pixels from the image's centre to that of the pen's box
  "y",
  "wobble", // pixels the hand strays, root of the mean square
] as const

const side = 28
const penHeight = 17.5 // pixels from the top to the bottom of the pen's path; with the ink about 20, as in MNIST

const badCount = (name: string, count: number): string =>
  `glyphs: ${name} is ${count}; a whole number of images, 0 or more, is needed.`

/**
 * Glyphs of 28×28 grey pixels in classes 0 to 9, drawn at random. Image i depends on (seed, split, i) alone, so larger
 * sets begin with the smaller ones. Throws EidosError "config" when a size is not a whole number.
 */
export function glyphs(options: { seed?: number } & Partial<Record<SplitName, number>> = {}): Dataset {
  const { seed = 0, ...sizes } = options
  const counts = { ...glyphCounts, ...sizes }
  const split = (name: SplitName) => glyphSplit({ seed, name, count: counts[name] })
  const splits = { train: split("train"), validation: split("validation"), test: split("test") }
  return {
    name: "glyphs",
    event: [1, side, side],
    levels: 256,
    classes: digits.map((_, digit) => String(digit)),
    splits,
    digest: digestOf(splits),
    source: `Digits drawn by eidos from pen strokes with known factors (seed ${seed}); every image is drawn independently.`,
  }
}

function glyphSplit({ seed, name, count }: { seed: number; name: SplitName; count: number }): Split {
  if (!Number.isInteger(count) || count < 0) throw new EidosError("config", badCount(name, count))
  const pixels = new Uint8Array(count * side * side)
  const labels = new Uint8Array(count)
  const values = new Float32Array(count * glyphFactors.length)
  const paper = canvas(side, side)
  for (let i = 0; i < count; i++) {
    const hand = randomOf({ seed, name: `glyphs/${name}`, item: i })
    const factors = drawFactors(hand)
    labels[i] = factors.class
    values.set(
      glyphFactors.map((factor) => factors[factor]),
      i * glyphFactors.length,
    )
    drawGlyph(paper, factors, hand, pixels.subarray(i * side * side, (i + 1) * side * side))
  }
  return { count, pixels, labels, factors: { names: glyphFactors, values } }
}

type Factors = Record<(typeof glyphFactors)[number], number>

/** A number between `low` and `high`, likelier in the middle: the mean of three uniform ones. */
const bell = (random: Random, low: number, high: number): number =>
  low + ((high - low) * (random.uniform() + random.uniform() + random.uniform())) / 3

const drawFactors = (random: Random): Factors => ({
  class: random.integer(digits.length),
  thickness: bell(random, 1.3, 3.7),
  slant: bell(random, -0.4, 0.65), // most hands lean to the right
  rotation: bell(random, -0.25, 0.25),
  width: bell(random, 0.65, 1.65),
  x: bell(random, -2, 2),
  y: bell(random, -2, 2),
  wobble: bell(random, 0.1, 1.3),
})

function drawGlyph(paper: Canvas, factors: Factors, random: Random, out: Uint8Array): void {
  const variants = digits[factors.class]!
  const variation = () => random.uniform(-1, 1)
  const strokes = variants[random.integer(variants.length)]!(variation(), variation(), variation())
  const stray = wobbleField(random, factors.wobble)
  const paths = strokes.map((stroke) => smooth(stroke).flatMap((point) => place(factors, stray(point))))
  drawStrokes(paper, { strokes: center(paths, factors), thickness: factors.thickness }, out)
}

/** Points along the curve of Catmull and Rom (1974) through the points of a stroke: the pen passes each without a corner. */
function smooth(stroke: Stroke): Point[] {
  const steps = 4 // per span; spans are 3–5 pixels, so the pieces are about as long as a pixel
  const path: Point[] = [stroke[0]!]
  for (let span = 0; span + 1 < stroke.length; span++) {
    const p1 = stroke[span]!
    const p2 = stroke[span + 1]!
    const p0 = stroke[span - 1] ?? p1
    const p3 = stroke[span + 2] ?? p2
    for (let i = 1; i <= steps; i++) path.push(between(p0, p1, p2, p3, i / steps))
  }
  return path
}

/** The point at `t` in [0, 1] from `p1` to `p2`, with tangents (p2 - p0)/2 and (p3 - p1)/2 there. */
function between(p0: Point, p1: Point, p2: Point, p3: Point, t: number): Point {
  const w0 = t * (t * (2 - t) - 1)
  const w1 = t * t * (3 * t - 5) + 2
  const w2 = t * (t * (4 - 3 * t) + 1)
  const w3 = t * t * (t - 1)
  return [
    0.5 * (w0 * p0[0] + w1 * p1[0] + w2 * p2[0] + w3 * p3[0]),
    0.5 * (w0 * p0[1] + w1 * p1[1] + w2 * p2[1] + w3 * p3[1]),
  ]
}

/**
 * A smooth random displacement of the plane, `wobble` pixels in root mean square along each axis. The same point always
 * moves the same way, so strokes that meet still meet.
 */
function wobbleField(random: Random, wobble: number): (point: Point) => Point {
  const waves = Array.from({ length: 3 }, () => ({
    kx: random.normal(0, 2.8), // radians per height: less than one bend a digit
    ky: random.normal(0, 2.8),
    phaseX: random.uniform(0, 2 * Math.PI),
    phaseY: random.uniform(0, 2 * Math.PI),
  }))
  const amplitude = (wobble / penHeight) * Math.sqrt(2 / waves.length)
  return ([x, y]) => {
    let dx = 0
    let dy = 0
    for (const { kx, ky, phaseX, phaseY } of waves) {
      const angle = kx * x + ky * y
      dx += Math.sin(angle + phaseX)
      dy += Math.sin(angle + phaseY)
    }
    return [x + amplitude * dx, y + amplitude * dy]
  }
}

/** A point of the stroke in pixels: widened, slanted about half height, then rotated. */
function place({ width, slant, rotation }: Factors, [x, y]: Point): [number, number] {
  const up = 0.5 - y
  const across = width * (x - 0.3) + Math.tan(slant) * up
  const sin = Math.sin(rotation)
  const cos = Math.cos(rotation)
  return [penHeight * (cos * across + sin * up), penHeight * (sin * across - cos * up)]
}

/** The paths moved so that the box around them has its centre `x`, `y` pixels from the image's. */
function center(paths: readonly number[][], { x, y }: Factors): number[][] {
  const dx = side / 2 + x - middle(paths, 0)
  const dy = side / 2 + y - middle(paths, 1)
  return paths.map((path) => path.map((value, i) => value + (i % 2 === 0 ? dx : dy)))
}

function middle(paths: readonly number[][], axis: 0 | 1): number {
  let low = Infinity
  let high = -Infinity
  for (const path of paths)
    for (let i = axis; i < path.length; i += 2) {
      low = Math.min(low, path[i]!)
      high = Math.max(high, path[i]!)
    }
  return (low + high) / 2
}
