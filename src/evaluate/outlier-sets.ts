/**
 * Images that do not belong: made from the inliers, drawn at random, or taken from another data set. They are made of
 * stored levels, before any preprocessing, so a model sees them exactly as it sees its own data.
 */
import { EidosError } from "../core/errors.ts"
import { fillUniform, permutation } from "../core/random.ts"
import { formatShape, type Shape, sameShape } from "../core/shape.ts"
import type { Dataset, Levels, Split } from "../data/dataset.ts"
import { glyphs } from "../data/glyphs.ts"
import { type EvaluationData, eventsOf } from "./evaluator.ts"
import { fitsEvent, type MadeSet } from "./outlier-names.ts"

/** What outliers are made from: the data set that counts as in, and what its model sees of it. */
export interface Inliers extends Pick<EvaluationData, "preprocessing"> {
  /** As many outliers are made as there are test images. */
  readonly dataset: Pick<Dataset, "name" | "event" | "splits" | "levels">
}

/** Outliers of one kind, prepared as the model's own data are. */
export interface OutlierSet {
  readonly name: string
  /** What the images are, in one clause. */
  readonly words: string
  readonly data: EvaluationData
}

/** Inliers of levels, which alone can be turned round or drawn at random. */
interface Levelled extends Inliers {
  readonly dataset: Inliers["dataset"] & { readonly levels: 2 | 256 }
}

interface Recipe {
  readonly words: string
  /** Stored levels of the images. */
  make(inliers: Levelled): Uint8Array
}

const stream = (name: string, item = 0) => ({ seed: 0, name: `outliers/${name}`, item })

/** Outliers that need no file. */
const recipes: Record<MadeSet, Recipe> = {
  "uniform-noise": {
    words: "every pixel at a level drawn uniformly",
    make: ({ dataset }) => {
      const noise = fillUniform(stream("uniform"), new Float32Array(dataset.splits.test.count * volume(dataset)))
      return Uint8Array.from(noise, (u) => Math.floor(u * dataset.levels))
    },
  },
  constant: {
    words: "every pixel at the level that is commonest in the training data",
    make: ({ dataset }) =>
      new Uint8Array(dataset.splits.test.count * volume(dataset)).fill(commonest(dataset.splits.train)),
  },
  inverted: {
    words: "test images, every level turned round",
    make: (inliers) => testLevels(inliers).map((level) => inliers.dataset.levels - 1 - level),
  },
  rotated: {
    words: "test images turned by 90°",
    make: (inliers) => quarterTurn(testLevels(inliers), inliers.dataset.event),
  },
  "glyph-noise": {
    words: "glyphs, each with its pixels in an order of its own: ink without shape",
    make: ({ dataset }) => {
      const drawn = glyphs({ train: 0, validation: 0, test: dataset.splits.test.count })
      return asLevels(shuffled(drawn), dataset.levels).splits.test.pixels as Uint8Array
    },
  },
}

export const cannotMake = (name: string, event: Shape): string =>
  `outliers: ${name} cannot be made of events of shape ${formatShape(event)}.`
export const otherShape = (name: string, came: Shape, needed: Shape): string =>
  `outliers: events of ${name} have shape ${formatShape(came)}, and the model's have ${formatShape(needed)}.`
export const realNumbers = (name: string): string =>
  `outliers: ${name} holds real numbers, which levels cannot stand beside; give a data set of the same kind.`

/** A made set. Throws EidosError("usage") where the data do not allow it. */
export function madeSet(name: MadeSet, inliers: Inliers): OutlierSet {
  const { dataset, preprocessing } = inliers
  const { levels } = dataset
  if (levels === "real") throw new EidosError("usage", realNumbers(dataset.name))
  if (!fitsEvent(name, dataset.event)) throw new EidosError("usage", cannotMake(name, dataset.event))
  const recipe = recipes[name]
  const pixels = recipe.make({ preprocessing, dataset: { ...dataset, levels } })
  return {
    name,
    words: recipe.words,
    data: asTest({ count: dataset.splits.test.count, pixels }, levels, preprocessing),
  }
}

/** The test data of another data set as a model of `inliers` sees them. Throws EidosError("usage") where shapes differ. */
export function foreignSet(other: Dataset, { dataset, preprocessing }: Inliers): OutlierSet {
  if (!sameShape(other.event, dataset.event))
    throw new EidosError("usage", otherShape(other.name, other.event, dataset.event))
  const { test } = asLevels(other, dataset.levels).splits
  return { name: other.name, words: `test data of ${other.name}`, data: asTest(test, dataset.levels, preprocessing) }
}

/**
 * A data set with as many levels as another has: grey becomes zeros and ones by chance, 1 with probability k/255; zeros
 * and ones become black and white. Throws EidosError("usage") where one of them holds real numbers.
 */
export function asLevels(dataset: Dataset, levels: Levels): Dataset {
  if (dataset.levels === levels) return dataset
  if (dataset.levels === "real" || levels === "real") throw new EidosError("usage", realNumbers(dataset.name))
  const convert = (name: keyof Dataset["splits"]): Split => {
    const split = dataset.splits[name]
    return { ...split, pixels: levels === 256 ? split.pixels.map((bit) => 255 * bit) : coins(dataset, name) }
  }
  const splits = { train: convert("train"), validation: convert("validation"), test: convert("test") }
  return { ...dataset, levels, splits }
}

function coins(dataset: Dataset, split: keyof Dataset["splits"]): Uint8Array {
  const preprocessing = { binarize: "dynamic", dequantize: false } as const
  const rows = Uint32Array.from({ length: dataset.splits[split].count }, (_, i) => i)
  return Uint8Array.from(eventsOf({ dataset, split, preprocessing }, dataset.event, rows).data)
}

const volume = ({ event }: Pick<Dataset, "event">): number => event.reduce((a, b) => a * b, 1)

const asTest = (test: Split, levels: Levels, preprocessing: EvaluationData["preprocessing"]): EvaluationData => {
  const none = { count: 0, pixels: new Uint8Array() }
  return { dataset: { splits: { train: none, validation: none, test }, levels }, split: "test", preprocessing }
}

const testLevels = ({ dataset }: Levelled): Uint8Array => dataset.splits.test.pixels as Uint8Array // as its levels say

function commonest({ pixels }: Split): number {
  const counts = new Uint32Array(256)
  for (const level of pixels) counts[level]!++
  return counts.indexOf(Math.max(...counts))
}

/** Square images turned clockwise by 90°: row r of the new one is column r of the old, from the bottom. */
function quarterTurn(levels: Uint8Array, event: Shape): Uint8Array {
  const side = event[2]!
  return levels.map((_, i) => {
    const plane = i - (i % (side * side))
    const [row, column] = [Math.floor((i % (side * side)) / side), i % side]
    return levels[plane + (side - 1 - column) * side + row]!
  })
}

/** Each image's pixels in an order of its own. */
function shuffled(dataset: Dataset): Dataset {
  const { test } = dataset.splits
  const size = volume(dataset)
  const pixels = new Uint8Array(test.count * size)
  for (let i = 0; i < test.count; i++) {
    const order = permutation(stream("shuffle", i), size)
    for (let j = 0; j < size; j++) pixels[i * size + j] = test.pixels[i * size + order[j]!]!
  }
  return { ...dataset, splits: { ...dataset.splits, test: { count: test.count, pixels } } }
}
