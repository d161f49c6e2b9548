import { createHash } from "node:crypto"
import type { Dataset, Split, SplitName } from "./dataset.ts"

/** The splits of every data set, in the order they are hashed and shown. */
export const splitNames: readonly SplitName[] = ["train", "validation", "test"]

/** sha256 of `bytes` in hexadecimal. */
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** sha256 (hex) of the pixels and labels of all splits, for `Dataset.digest`. */
export function digestOf(splits: Dataset["splits"]): string {
  const hash = createHash("sha256")
  for (const name of splitNames) {
    const { count, pixels, labels }: Split = splits[name]
    hash.update(`${name} ${count} ${pixels.length} ${labels?.length ?? "unlabelled"}\n`) // keeps the borders apart
    hash.update(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength))
    if (labels !== undefined) hash.update(labels)
  }
  return hash.digest("hex")
}
