import { EidosError } from "../core/errors.ts"
import type { Dataset, Split } from "./dataset.ts"
import { digestOf } from "./digest.ts"
import { unzippedIdx } from "./idx.ts"
import { type PinnedOptions, type PinnedSet, readPinned } from "./pinned.ts"

/** MNIST: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition" (1998). */
export const mnistFiles: PinnedSet = {
  name: "mnist",
  folders: ["mnist"],
  files: [
    ["train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"],
    ["train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"],
    ["t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"],
    ["t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"],
  ].map(([name, sha256]) => ({ name: name!, sha256: sha256!, remote: `${name}.gz` })),
  mirrors: ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"],
  maxBytes: 64 * 2 ** 20, // the largest file is 45 MiB unpacked, should a mirror unpack it
  convert: unzippedIdx,
}

/** Images of the training file set aside for validation: the first 5,000, as in TensorFlow's tutorials. */
export const mnistValidation = 5_000

export const badValidation = (came: number): string =>
  `mnist: validation is ${came}; a whole number from 0 to 59999 is needed (the training file has 60000 images).`

const digitNames = Array.from({ length: 10 }, (_, digit) => String(digit))

/**
 * MNIST: 28×28 grey digits with labels, 55,000 train, 5,000 validation and 10,000 test unless `validation` says otherwise.
 * Throws EidosError "config" for a `validation` that does not fit, "data" or "network" when the files cannot be had.
 */
export async function mnist(options: PinnedOptions & { readonly validation?: number }): Promise<Dataset> {
  const aside = options.validation ?? mnistValidation
  if (!Number.isInteger(aside) || aside < 0 || aside >= 60_000) throw new EidosError("config", badValidation(aside))
  const [images, labels, testImages, testLabels] = await readPinned(mnistFiles, options)
  const splits = {
    train: part(images!.data, labels!.data, aside),
    validation: part(images!.data, labels!.data, 0, aside),
    test: part(testImages!.data, testLabels!.data, 0),
  }
  return {
    name: "mnist",
    event: [1, 28, 28],
    levels: 256,
    classes: digitNames,
    splits,
    digest: digestOf(splits),
    source: `MNIST (LeCun et al. 1998); the first ${aside} images of the training file are the validation split, the rest train.`,
  }
}

/** Images `start..end` with their labels, sharing memory. */
function part(pixels: Uint8Array, labels: Uint8Array, start: number, end = labels.length): Split {
  return { count: end - start, pixels: pixels.subarray(784 * start, 784 * end), labels: labels.subarray(start, end) }
}
