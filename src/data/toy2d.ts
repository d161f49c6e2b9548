/**
 * Points of the plane drawn on the spot from densities that a picture can check: a model of them shows at a glance what it
 * misses. Every set has mean 0 and a standard deviation of about 1 along each axis.
 */
import { EidosError } from "../core/errors.ts"
import { type Random, randomOf } from "../core/random.ts"
import type { Dataset, Split, SplitName } from "./dataset.ts"
import { digestOf } from "./digest.ts"

export type Point2 = readonly [x: number, y: number]

/** A distribution of the plane. */
interface Toy {
  /** Half a sentence: what is drawn, with its numbers. */
  readonly about: string
  /** Names of the parts, in label order; empty where there are none. */
  readonly classes: readonly string[]
  /** A point and the number of its part. */
  draw(random: Random): { readonly point: Point2; readonly label: number }
  /** log p(x, y) in nats, where it has a closed form. */
  readonly logDensity?: (point: Point2) => number
}

const { SQRT2, PI } = Math
const turned = (angle: number, [x, y]: Point2): Point2 => [
  Math.cos(angle) * x - Math.sin(angle) * y,
  Math.sin(angle) * x + Math.cos(angle) * y,
]
const jittered = ([x, y]: Point2, sigma: number, random: Random): Point2 => [
  x + random.normal(0, sigma),
  y + random.normal(0, sigma),
]
const numbered = (count: number, word: string): string[] => Array.from({ length: count }, (_, i) => `${word} ${i}`)

/** log N(value; mean, sigma²). */
const logNormal = (value: number, mean: number, sigma: number): number =>
  -0.5 * ((value - mean) / sigma) ** 2 - Math.log(sigma * Math.sqrt(2 * PI))
const logMeanExp = (logs: readonly number[]): number => {
  const top = Math.max(...logs)
  return top + Math.log(logs.reduce((total, log) => total + Math.exp(log - top), 0) / logs.length)
}

/** The modes of `eight-gaussians`: equal weights, isotropic, `sigma` along each axis; neighbours lie 10.8 sigma apart. */
export const eightGaussians = {
  centres: Array.from({ length: 8 }, (_, k): Point2 => turned((k * PI) / 4, [SQRT2, 0])),
  sigma: 0.1,
} as const

const gaussians: Toy = {
  about: "eight Gaussians (σ = 0.1) around a circle of radius √2",
  classes: numbered(8, "mode"),
  draw(random) {
    const label = random.integer(8)
    return { point: jittered(eightGaussians.centres[label]!, eightGaussians.sigma, random), label }
  },
  logDensity: ([x, y]) =>
    logMeanExp(
      eightGaussians.centres.map(
        ([a, b]) => logNormal(x, a, eightGaussians.sigma) + logNormal(y, b, eightGaussians.sigma),
      ),
    ),
}

// The radius is Gaussian; that it be negative, 14 σ away, happens to nobody. Density of (x, y): that of r, spread over 2πr.
const ring: Toy = {
  about: "a circle of radius √2 whose radius varies by σ = 0.1",
  classes: [],
  draw(random) {
    return { point: turned(random.uniform(0, 2 * PI), [random.normal(SQRT2, 0.1), 0]), label: 0 }
  },
  logDensity: ([x, y]) => {
    const radius = Math.max(Math.hypot(x, y), Number.MIN_VALUE)
    return logNormal(radius, SQRT2, 0.1) - Math.log(2 * PI * radius)
  },
}

const twoMoons: Toy = {
  about: "two interlocked half circles of radius 1.4 with Gaussian noise (σ = 0.1)",
  classes: ["upper moon", "lower moon"],
  draw(random) {
    const label = random.integer(2)
    const [x, y] = turned(random.uniform(0, PI), [1.4, 0])
    const upper: Point2 = [x - 0.7, y - 0.35]
    return { point: jittered(label === 0 ? upper : [-upper[0], -upper[1]], 0.1, random), label }
  },
}

// Archimedes' spiral r = 2.4 t with t = √u, so that the arm is about equally dense along its length.
const spirals: Toy = {
  about: "two arms of a spiral of one and a half turns and radius 2.4 with Gaussian noise (σ = 0.07)",
  classes: ["arm 0", "arm 1"],
  draw(random) {
    const label = random.integer(2)
    const t = Math.sqrt(random.uniform())
    return { point: jittered(turned(3 * PI * t + PI * label, [2.4 * t, 0]), 0.07, random), label }
  },
}

const isDark = (column: number, row: number): boolean => (column + row) % 2 === 0

const checkerboard: Toy = {
  about: "the eight dark unit squares of a 4 × 4 board on [−2, 2]²",
  classes: [],
  draw(random) {
    const row = random.integer(4)
    const column = 2 * random.integer(2) + (row % 2)
    return { point: [column - 2 + random.uniform(), row - 2 + random.uniform()], label: 0 }
  },
  logDensity: ([x, y]) => {
    const [column, row] = [Math.floor(x + 2), Math.floor(y + 2)]
    const isOnBoard = column >= 0 && column < 4 && row >= 0 && row < 4
    return isOnBoard && isDark(column, row) ? -Math.log(8) : Number.NEGATIVE_INFINITY
  },
}

// After Johnson et al. 2016 ("Composing graphical models with neural networks"), except that a point is turned by a function
// of its distance from the origin, which keeps areas: so the density has a closed form.
const blade = { reach: 1.3, along: 0.33, across: 0.1 }
const twist = (radius: number): number => 0.25 * Math.exp(radius)

const pinwheel: Toy = {
  about: "five Gaussian blades twisted around the origin",
  classes: numbered(5, "blade"),
  draw(random) {
    const label = random.integer(5)
    const point: Point2 = [random.normal(blade.reach, blade.along), random.normal(0, blade.across)]
    return { point: turned((2 * PI * label) / 5 + twist(Math.hypot(...point)), point), label }
  },
  logDensity: (point) =>
    logMeanExp(
      Array.from({ length: 5 }, (_, label) => {
        const [along, across] = turned((-2 * PI * label) / 5 - twist(Math.hypot(...point)), point)
        return logNormal(along, blade.reach, blade.along) + logNormal(across, 0, blade.across)
      }),
    ),
}

const toys = {
  "eight-gaussians": gaussians,
  ring,
  "two-moons": twoMoons,
  spirals,
  checkerboard,
  pinwheel,
} as const satisfies Readonly<Record<string, Toy>>
export type Toy2dName = keyof typeof toys

/** The names `toy2d` draws. */
export const toy2dNames = Object.keys(toys) as readonly Toy2dName[]
/** Whether a data set's name is one of `toy2dNames`. */
export const isToy2d = (name: string): name is Toy2dName => Object.hasOwn(toys, name)

/** log p(x, y) in nats of a set's true density, −∞ outside it; undefined for two-moons and spirals, which have no closed form. */
export const logDensityOf = (name: Toy2dName): ((point: Point2) => number) | undefined => (toys[name] as Toy).logDensity

/** Sizes of the splits unless told. */
export const toy2dCounts: Readonly<Record<SplitName, number>> = { train: 20_000, validation: 2_000, test: 5_000 }

export const badToyCount = (name: string, split: string, count: number): string =>
  `${name}: ${split} is ${count}; a whole number of points, 0 or more, is needed.`

/**
 * Points of the plane, [2] reals each, labelled by the part they come from where there are parts. Point i depends on
 * (seed, split, i) alone, so larger sets begin with the smaller ones. Throws EidosError "config" for a size that is none.
 */
export function toy2d(
  name: Toy2dName,
  options: { readonly seed?: number } & Partial<Record<SplitName, number>> = {},
): Dataset {
  const { seed = 0, ...sizes } = options
  const counts = { ...toy2dCounts, ...sizes }
  const split = (part: SplitName) => drawSplit(name, { seed, part, count: counts[part] })
  const splits = { train: split("train"), validation: split("validation"), test: split("test") }
  const { about, classes } = toys[name]
  return {
    name,
    event: [2],
    levels: "real",
    classes,
    splits,
    digest: digestOf(splits),
    source: `Points drawn by eidos: ${about} (seed ${seed}); every point is drawn independently.`,
  }
}

function drawSplit(
  name: Toy2dName,
  { seed, part, count }: { readonly seed: number; readonly part: SplitName; readonly count: number },
): Split {
  if (!Number.isInteger(count) || count < 0) throw new EidosError("config", badToyCount(name, part, count))
  const toy: Toy = toys[name]
  const pixels = new Float32Array(2 * count)
  const labels = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const { point, label } = toy.draw(randomOf({ seed, name: `${name}/${part}`, item: i }))
    pixels.set(point, 2 * i)
    labels[i] = label
  }
  return { count, pixels, ...(toy.classes.length > 0 && { labels }) }
}
