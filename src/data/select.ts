import { EidosError } from "../core/errors.ts"
import { permutation } from "../core/random.ts"
import type { Dataset, FactorTable, Split, SplitName } from "./dataset.ts"
import { digestOf, splitNames } from "./digest.ts"

export const unlabelled = (name: string): string => `${name}: has no labels, so classes cannot be chosen.`
export const unknownClass = (name: string, label: number, count: number): string =>
  `${name}: has no class ${label}; its classes are 0 to ${count - 1}.`
export const noClasses = (name: string): string => `${name}: no class was chosen; at least one is needed.`
export const badLimit = (came: number): string => `limit is ${came}; a whole number of images, 1 or more, is needed.`

/** The rows of a split, in this order, copied. */
export function takeRows(split: Split, rows: ArrayLike<number>): Split {
  const { pixels, labels, factors } = split
  return {
    count: rows.length,
    pixels: takePixels(pixels, rows, pixels.length / split.count || 0),
    ...(labels === undefined ? {} : { labels: gather(labels, new Uint8Array(rows.length), rows) }),
    ...(factors === undefined ? {} : { factors: takeFactors(factors, rows) }),
  }
}

const takePixels = (pixels: Split["pixels"], rows: ArrayLike<number>, width: number): Split["pixels"] =>
  pixels instanceof Uint8Array
    ? gather(pixels, new Uint8Array(rows.length * width), rows)
    : gather(pixels, new Float32Array(rows.length * width), rows)

const takeFactors = ({ names, values }: FactorTable, rows: ArrayLike<number>): FactorTable => ({
  names,
  values: gather(values, new Float32Array(rows.length * names.length), rows),
})

/** Copies rows of `from` to `to`; a row has `to.length / rows.length` numbers. */
function gather<T extends Uint8Array | Float32Array>(from: T, to: T, rows: ArrayLike<number>): T {
  const width = to.length / rows.length
  for (let i = 0; i < rows.length; i++) to.set(from.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width)
  return to
}

/**
 * The data set with only the images of these classes, in all splits; labels keep their numbers. Throws EidosError
 * "config" when the data has no labels, or a class does not exist.
 */
export function onlyClasses(dataset: Dataset, classes: readonly number[]): Dataset {
  const { name, classes: known } = dataset
  if (known.length === 0) throw new EidosError("config", unlabelled(name), { hint: "Leave the choice of classes out." })
  if (classes.length === 0) throw new EidosError("config", noClasses(name))
  const stranger = classes.find((label) => known[label] === undefined)
  if (stranger !== undefined) throw new EidosError("config", unknownClass(name, stranger, known.length))
  const wanted = new Set(classes)
  const names = [...wanted].sort((a, b) => a - b).map((label) => known[label]!)
  return reselected(dataset, `only classes ${names.join(", ")}`, (split) =>
    Array.from({ length: split.count }, (_, i) => i).filter((i) => wanted.has(split.labels![i]!)),
  )
}

/**
 * The data set with at most `n` images in each split: a random sample by `seed`, since files may be ordered by class.
 * Throws EidosError "config" unless `n` is a whole number of 1 or more.
 */
export function limit(dataset: Dataset, n: number, seed = 0): Dataset {
  if (!Number.isInteger(n) || n < 1) throw new EidosError("config", badLimit(n))
  return reselected(dataset, `a sample of at most ${n} images a split (seed ${seed})`, (split, name) =>
    permutation({ seed, name: `data/limit/${name}` }, split.count)
      .subarray(0, n)
      .sort(),
  )
}

type Choice = (split: Split, name: SplitName) => ArrayLike<number>

function reselected(dataset: Dataset, how: string, choose: Choice): Dataset {
  const chosen = splitNames.map((name) => [name, takeRows(dataset.splits[name], choose(dataset.splits[name], name))])
  const splits = Object.fromEntries(chosen) as Record<SplitName, Split> // one entry for each name
  return { ...dataset, splits, digest: digestOf(splits), source: `${dataset.source.replace(/\.$/, "")}; ${how}.` }
}
