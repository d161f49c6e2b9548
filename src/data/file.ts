import { basename, dirname, resolve } from "node:path"
import { EidosError } from "../core/errors.ts"
import { permutation } from "../core/random.ts"
import { formatShape, type Shape, sizeOf } from "../core/shape.ts"
import type { Dataset, Split } from "./dataset.ts"
import { digestOf } from "./digest.ts"
import { type Idx, readIdxFile } from "./idx.ts"
import { takeRows } from "./select.ts"

export const notImages = (path: string, shape: Shape): string =>
  `${path}: has shape ${formatShape(shape)}; images × height × width or images × channels × height × width is needed, nothing empty.`
export const tooFewImages = (path: string, count: number): string =>
  `${path}: has ${count} images; at least 10 are needed to split them into train, validation and test.`
export const notLabels = (path: string, shape: Shape, count: number): string =>
  `${path}: has shape ${formatShape(shape)}; [${count}], one label an image, is needed.`

/**
 * Any IDX file of images as a data set: 80 % train, 10 % validation, 10 % test after a shuffle by `seed`, since files are
 * often ordered by class or time. Throws EidosError "data" when a file is damaged, not of images, or has fewer than 10.
 */
export async function idxDataset(
  path: string,
  { seed = 0, labelsPath }: { readonly seed?: number; readonly labelsPath?: string } = {},
): Promise<Dataset> {
  const images = await readIdxFile(path)
  const event = eventOf(images, path)
  const labels = labelsPath === undefined ? undefined : await readLabels(labelsPath, images.shape[0]!)
  const splits = shuffledSplits({ images, labels, seed })
  const name = nameOf(path)
  return {
    name,
    event,
    levels: images.data.every((pixel) => pixel <= 1) ? 2 : 256,
    classes: labels === undefined ? [] : classNames(labels),
    splits,
    digest: digestOf(splits),
    source: `IDX file ${basename(path)}; 80/10/10 train, validation and test after a shuffle by seed ${seed}.`,
  }
}

/** [channels, height, width] of one image. */
function eventOf({ shape }: Idx, path: string): Shape {
  const [count, ...image] = shape as [number, ...number[]] // an IDX file has at least one axis
  const event = image.length === 2 ? [1, ...image] : image
  if (event.length !== 3 || sizeOf(event) === 0)
    throw new EidosError("data", notImages(path, shape), { hint: "Give the file of the images." })
  if (count < 10) throw new EidosError("data", tooFewImages(path, count), { hint: "Give a larger file." })
  return event
}

async function readLabels(path: string, count: number): Promise<Uint8Array> {
  const { shape, data } = await readIdxFile(path)
  if (shape.length === 1 && shape[0] === count) return data
  throw new EidosError("data", notLabels(path, shape, count), { hint: "Give the label file of these images." })
}

const classNames = (labels: Uint8Array): string[] => {
  const last = labels.reduce((high, label) => Math.max(high, label), 0)
  return Array.from({ length: last + 1 }, (_, label) => String(label))
}

function shuffledSplits({ images, labels, seed }: { images: Idx; labels: Uint8Array | undefined; seed: number }) {
  const count = images.shape[0]!
  const all: Split = { count, pixels: images.data, ...(labels === undefined ? {} : { labels }) }
  const order = permutation({ seed, name: "data/split" }, count)
  const tenth = Math.floor(count / 10)
  return {
    train: takeRows(all, order.subarray(2 * tenth)),
    validation: takeRows(all, order.subarray(tenth, 2 * tenth)),
    test: takeRows(all, order.subarray(0, tenth)),
  }
}

/** `images` and the like say nothing: there the folder's name speaks. */
function nameOf(path: string): string {
  const stem = basename(path)
    .replace(/\.gz$|\.idx$/gi, "")
    .replace(/[-.]idx\d(-ubyte)?$/i, "")
  return /^(train|test|all)?-?(images|data)$/i.test(stem) ? basename(dirname(resolve(path))) : stem
}
