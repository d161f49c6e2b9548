import type { Shape } from "../core/shape.ts"

/** The three parts of a data set; they never mix (a model sees `train`, choices are made on `validation`, numbers come from `test`). */
export type SplitName = "train" | "validation" | "test"

/** The known causes of synthetic images: one row an image, one column a factor. */
export interface FactorTable {
  readonly names: readonly string[]
  /** [count, names.length], row-major. */
  readonly values: Float32Array
}

/** The data of one split as stored: bytes, before any preprocessing. */
export interface Split {
  readonly count: number
  /** [count, ...event], row-major. */
  readonly pixels: Uint8Array
  /** [count], class numbers; absent where the data has no labels. */
  readonly labels?: Uint8Array
  readonly factors?: FactorTable
}

/** A data set: its splits, what one datum looks like, and where it came from. */
export interface Dataset {
  readonly name: string
  /** Shape of one datum: [channels, height, width]. */
  readonly event: Shape
  /** Number of values a pixel takes: 2 (stored as 0 and 1) or 256. */
  readonly levels: 2 | 256
  /** Names of the classes in label order; empty where the data has no labels. */
  readonly classes: readonly string[]
  readonly splits: Readonly<Record<SplitName, Split>>
  /** sha256 (hex) of all splits' pixels and labels: the lock that keeps results comparable. */
  readonly digest: string
  /** One sentence: origin and how the splits were made. */
  readonly source: string
}
