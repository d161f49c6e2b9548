import type { Shape } from "../core/shape.ts"

/** The three parts of a data set; they never mix (a model sees `train`, choices are made on `validation`, numbers come from `test`). */
export type SplitName = "train" | "validation" | "test"

/** The known causes of synthetic images: one row an image, one column a factor. */
export interface FactorTable {
  readonly names: readonly string[]
  /** [count, names.length], row-major. */
  readonly values: Float32Array
}

/** What a stored value is: a bit (0 or 1), a grey level (0 … 255), or a real number that is used as it is. */
export type Levels = 2 | 256 | "real"

/** The data of one split as stored, before any preprocessing: bytes, or 32-bit floats where `levels` is "real". */
export interface Split {
  readonly count: number
  /** [count, ...event], row-major. */
  readonly pixels: Uint8Array | Float32Array
  /** [count], class numbers; absent where the data has no labels. */
  readonly labels?: Uint8Array
  readonly factors?: FactorTable
}

/** A data set: its splits, what one datum looks like, and where it came from. */
export interface Dataset {
  readonly name: string
  /** Shape of one datum: [channels, height, width] of an image, [2] of a point in the plane. */
  readonly event: Shape
  readonly levels: Levels
  /** Names of the classes in label order; empty where the data has no labels. */
  readonly classes: readonly string[]
  readonly splits: Readonly<Record<SplitName, Split>>
  /** sha256 (hex) of all splits' pixels and labels: the lock that keeps results comparable. */
  readonly digest: string
  /** One sentence: origin and how the splits were made. */
  readonly source: string
}
