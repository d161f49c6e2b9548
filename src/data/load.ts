import { existsSync } from "node:fs"
import { EidosError } from "../core/errors.ts"
import { barsAndStripes } from "./bars-and-stripes.ts"
import { mnistBinarized } from "./binarized.ts"
import type { Dataset, SplitName } from "./dataset.ts"
import { idxDataset } from "./file.ts"
import { glyphs } from "./glyphs.ts"
import { mnist } from "./mnist.ts"
import { datasetChoice, datasetNames } from "./names.ts"
import type { PinnedOptions } from "./pinned.ts"
import { limit, onlyClasses } from "./select.ts"
import { isToy2d, toy2d } from "./toy2d.ts"

/** Which data set, and what of it. */
export interface DataRequest extends PinnedOptions {
  /** A name of `datasetNames`, or the path of an IDX file. */
  readonly data: string
  /** Draws what is drawn on the spot, and splits or samples files; published splits do not depend on it. */
  readonly seed?: number
  /** Images set aside for validation; only for `mnist` and `glyphs`. */
  readonly validation?: number
  /** Classes to keep; all unless told. */
  readonly digits?: readonly number[]
  /** At most this many images in each split. */
  readonly limit?: number
  /** Sizes of the splits of `glyphs`. */
  readonly glyphCounts?: Partial<Record<SplitName, number>>
}

export const unknownDataset = (came: string, nearest: string | undefined): string =>
  `data: there is no data set or file "${came}".${nearest === undefined ? "" : ` Did you mean "${nearest}"?`}`
export const fixedValidation = (data: string): string =>
  `data: the validation split of ${data} cannot be chosen; leave "validation" out.`
export const onlyGlyphs = (data: string): string => `data: "glyphCounts" are for glyphs; ${data} has its own sizes.`

/** The data set asked for. Throws EidosError "usage" for an unknown name, "config" for a choice that does not fit, and what its reader throws. */
export async function loadDataset(request: DataRequest): Promise<Dataset> {
  checkFits(request)
  const whole = await loadWhole(request)
  const chosen = request.digits === undefined ? whole : onlyClasses(whole, request.digits)
  return request.limit === undefined ? chosen : limit(chosen, request.limit, request.seed)
}

function checkFits({ data, validation, glyphCounts }: DataRequest): void {
  const chooses = data === "mnist" || data === "glyphs"
  if (validation !== undefined && !chooses) throw new EidosError("config", fixedValidation(data))
  if (glyphCounts !== undefined && data !== "glyphs") throw new EidosError("config", onlyGlyphs(data))
}

async function loadWhole(request: DataRequest): Promise<Dataset> {
  const { data, seed = 0, validation, glyphCounts } = request
  if (data === "mnist") return mnist(request)
  if (data === "mnist-binarized") return mnistBinarized(request)
  if (data === "glyphs") return glyphs({ seed, ...(validation === undefined ? {} : { validation }), ...glyphCounts })
  if (data === "bars-and-stripes") return barsAndStripes({ seed })
  if (isToy2d(data)) return toy2d(data, { seed })
  if (looksLikePath(data) || existsSync(data)) return idxDataset(data, { seed })
  throw unknown(data)
}

const looksLikePath = (data: string): boolean => /[/\\.]|ubyte$/.test(data)

function unknown(came: string): EidosError {
  const names = Object.keys(datasetNames)
  const [nearest] = names
    .filter((name) => distance(came, name) <= 3)
    .sort((a, b) => distance(came, a) - distance(came, b))
  const hint = `Use ${datasetChoice}.`
  return new EidosError("usage", unknownDataset(came, nearest), { hint })
}

/** Letters to insert, delete or change to come from one word to the other (Levenshtein 1966). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (const letter of from) {
    const next = [row[0]! + 1]
    for (let j = 1; j <= to.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (letter === to[j - 1] ? 0 : 1)))
    row = next
  }
  return row[to.length]!
}
