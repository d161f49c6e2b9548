/** What the commands that look for outliers have in common. */
import type { Option } from "commander"
import type { Dataset } from "../data/dataset.ts"
import { madeSets, madeSetsFor } from "../evaluate/outlier-names.ts"
import type { OpenRun } from "../run/open.ts"
import type { Context } from "./command.ts"
import { checkpointOption, deviceOption, placeOptions, threadsOption } from "./common-flags.ts"
import type { DeviceFlags } from "./device.ts"
import { placesOf } from "./environment.ts"
import { flag, list, text, whole } from "./flag.ts"
import type { RunFlags } from "./opened.ts"

export interface OutlierFlags extends RunFlags, DeviceFlags {
  readonly data?: string
  readonly against?: readonly string[]
  readonly n?: number
  readonly k?: number
  readonly threads?: number
}

export const outlierOptions = (data: string): Option[] => [
  flag("--data <name|path>", data, text("a name or a path"), { fallback: "the run's" }),
  flag("--against <list>", `Outliers: data sets, or ${madeSets.join(", ")}`, list(text(), "names"), {
    fallback: "all that are made from the data, and glyphs where they fit",
  }),
  flag("-n <n>", "At most this many data of each split and each set", whole(2), { fallback: "1000" }),
  flag("--k <n>", "Importance samples a datum where log p(x) is bounded", whole(1, 1_000_000), { fallback: "100" }),
  deviceOption(),
  threadsOption(),
  checkpointOption(),
  ...placeOptions(),
]

export const dataShown = 1000

/** The outlier sets to show: those asked for, or all that are made from the data, and glyphs where they fit and are no inliers. */
export const setsFor = (asked: readonly string[] | undefined, dataset: Dataset): readonly string[] =>
  asked ?? [
    ...madeSetsFor(dataset),
    ...(dataset.name !== "glyphs" && dataset.event.join() === "1,28,28" && dataset.levels !== "real" ? ["glyphs"] : []),
  ]

/** Reads another data set from where this command line looks for data. */
export async function loadOther(
  { flags, io, output }: Context<RunFlags>,
  run: OpenRun,
  name: string,
  signal: AbortSignal,
): Promise<Dataset> {
  const { loadDataset } = await import("../data/load.ts")
  output.note(`Reading ${name} …`)
  return loadDataset({ ...placesOf(flags, io.env, run.config.data.dataDir, signal), data: name })
}

/** `0.912 ± 0.013`; an area of 0 or 1 has no error that these samples could show. */
export function areaText({ value, standardError }: { value: number; standardError: number }): string {
  if (value === 0 || value === 1) return `${value.toFixed(3)}, every pair`
  return `${value.toFixed(3)} ± ${standardError < 0.0005 ? "<0.001" : standardError.toFixed(3)}`
}
