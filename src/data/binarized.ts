import { EidosError } from "../core/errors.ts"
import type { Dataset, Split } from "./dataset.ts"
import { digestOf } from "./digest.ts"
import { formatIdx, type Idx } from "./idx.ts"
import { type PinnedOptions, type PinnedSet, readPinned } from "./pinned.ts"

/** The fixed binarization of Larochelle and Murray, "The neural autoregressive distribution estimator" (AISTATS 2011). */
export const binarizedFiles: PinnedSet = {
  name: "binarized-mnist",
  folders: ["binarized-mnist", "mnist-binarized"],
  files: [
    ["train", "0eae7dff54784fdce12433da8ed5d8549d4676c91740d78aa0b18fa99a8b96f2"],
    ["valid", "1b017d51bf2733a6cbde62f26dd36be91c88ab4e95f8de9cdafadcb26fe9a852"],
    ["test", "491785121c5ff9ffb073809cd7c755a241b9e04052f1cf2ec7c9608a9346e097"],
  ].map(([split, sha256]) => ({
    name: `${split}-images-idx3-ubyte`,
    sha256: sha256!,
    remote: `binarized_mnist_${split}.amat`,
  })),
  // The published files are behind plain http; the second address is safe because the content's hash is pinned.
  mirrors: ["https", "http"].map(
    (scheme) => `${scheme}://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/`,
  ),
  maxBytes: 80 * 2 ** 20, // the training file is 78.4 million bytes of text
  convert: amatToIdx,
}

export const notAmat = (where: string, pixels: number): string =>
  `${where}: holds ${pixels} zeros and ones; a whole number of images of 784 is needed, and nothing else but blanks.`

/**
 * MNIST binarized once and for all: 50,000 train, 10,000 validation and 10,000 test images of 28×28 zeros and ones,
 * without labels. Throws EidosError "data" or "network" when the files cannot be had.
 */
export async function mnistBinarized(options: PinnedOptions): Promise<Dataset> {
  const [train, validation, test] = await readPinned(binarizedFiles, options)
  const splits = { train: split(train!), validation: split(validation!), test: split(test!) }
  return {
    name: "mnist-binarized",
    event: [1, 28, 28],
    levels: 2,
    classes: [],
    splits,
    digest: digestOf(splits),
    source: "MNIST with the fixed binarization and splits of Larochelle & Murray (2011).",
  }
}

const split = ({ shape, data }: Idx): Split => ({ count: shape[0]!, pixels: data })

/** An IDX file of the images in the published text: one line an image, 784 digits 0 or 1 apart by blanks. */
export function amatToIdx(text: Uint8Array, where: string): Uint8Array {
  const pixels = new Uint8Array(Math.ceil(text.length / 2))
  let count = 0
  let blanks = 0
  for (const code of text) {
    if (code === 0x30 || code === 0x31) pixels[count++] = code - 0x30
    else if (code === 0x20 || code === 0x0a || code === 0x0d) blanks++
  }
  if (count + blanks !== text.length || count % 784 !== 0 || count === 0)
    throw new EidosError("data", notAmat(where, count), { hint: "Fetch the file again." })
  return formatIdx({ shape: [count / 784, 28, 28], data: pixels.subarray(0, count) })
}
