/** The line of a finished run, and its keeping: what was measured once is read again. */
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import type { Estimate } from "../../core/estimate.ts"
import { sizeOf } from "../../core/shape.ts"
import type { Dataset } from "../../data/dataset.ts"
import { describePreprocessing } from "../../data/preprocess.ts"
import { samplesOf } from "../../explore/samples.ts"
import { countWeights, leaves } from "../../graph/parameter.ts"
import type { Direct, Model, Trained } from "../../model/capabilities.ts"
import { configure } from "../../model/define.ts"
import { grid } from "../../picture/grid.ts"
import { encodePng } from "../../picture/image.ts"
import { writeFileAtomic } from "../../storage/atomic.ts"
import { loadCheckpoint } from "../../storage/checkpoint.ts"
import { readJson, writeJson } from "../../storage/json.ts"
import { readMetrics } from "../../storage/metrics.ts"
import { runStateSchema } from "../config.ts"
import { type OpenRun, openRun } from "../open.ts"
import { baselineModels, type Entry } from "./plan.ts"
import { type BoardRow, figureOf, inBits, type Receipt, whyNotRanked } from "./row.ts"

/** A line with the trivial models that its run was measured beside. */
export interface StoredRow {
  readonly row: BoardRow
  readonly trivial: readonly Estimate[]
}

const estimatesFile = z.looseObject({ estimates: z.array(z.custom<Estimate>((value) => typeof value === "object")) })
const storedFile = z.looseObject({
  row: z.custom<BoardRow>((value) => typeof value === "object" && value !== null && "model" in value),
  trivial: estimatesFile.shape.estimates,
})

const fileOf = (board: string, { run }: Pick<Entry, "run">, ending: string): string =>
  join(board, `${run.replace(/^runs/, "rows")}${ending}`)

/** The line as an earlier board kept it; nothing where there is none that is whole, or it is of another configuration. */
export function readRow(board: string, entry: Entry): StoredRow | undefined {
  const path = fileOf(board, entry, ".json")
  if (!existsSync(path)) return undefined
  try {
    const stored = readJson(path, storedFile)
    const { digest, strip } = stored.row
    return digest === entry.digest && (strip === undefined || existsSync(join(board, strip))) ? stored : undefined
  } catch {
    return undefined // a damaged line is measured again
  }
}

/** Keeps a line for later boards. */
export const storeRow = (board: string, entry: Entry, stored: StoredRow): void =>
  writeJson(fileOf(board, entry, ".json"), { schemaVersion: 1, ...stored })

/** Steps taken and time spent by a run so far. */
export function endOf(folder: string): { steps: number; seconds: number } {
  const { step, state } = loadCheckpoint(folder, "last")
  return { steps: step, seconds: runStateSchema.parse(state).seconds }
}

/** Reads a finished run's numbers, and draws its samples. */
export async function measuredRow(board: string, entry: Entry, dataset: Dataset, receipt: Receipt): Promise<StoredRow> {
  const run = openRun(join(board, entry.run))
  const { trained, config, definition, folder } = run
  const { estimates } = readJson(join(folder, "estimates.json"), estimatesFile)
  const own = estimates.filter(({ kind }) => kind !== "baseline")
  const data = { dataset, split: "test" as const, preprocessing: config.preprocessing }
  const figure = figureOf(own)
  const preferred = definition.data(configure(definition, config.config))
  const doNotRank = whyNotRanked(trained.model, preferred, data, figure)
  const bits =
    doNotRank === undefined || trained.model.classes !== undefined ? inBits(figure, data, dataset.event) : undefined
  const seconds = secondsPerEpoch(run)
  const row: BoardRow = {
    ...{ model: entry.model, title: definition.title, isBaseline: baselineModels.includes(entry.model) },
    ...{ preprocessing: describePreprocessing(config.preprocessing, dataset), estimates: own },
    ...(figure && { figure }),
    ...(bits !== undefined && { bitsPerDim: bits }),
    ...(doNotRank !== undefined && { doNotRank }),
    parameters: parametersOf(trained.model),
    ...(seconds !== undefined && { secondsPerEpoch: seconds }),
    ...(await sampled(board, entry, run)),
    ...receipt,
    checkpoint: run.step,
  }
  return { row, trivial: estimates.filter(({ kind }) => kind === "baseline") }
}

/** Weights that steps move, or all numbers of a closed form. */
const parametersOf = ({ params, fit }: Model): number =>
  fit ? leaves(params).reduce((total, { value }) => total + sizeOf(value.shape), 0) : countWeights(params)

/** Time of one pass over the training data, by the last rate of steps; a closed form's whole time. */
function secondsPerEpoch({ folder, config }: OpenRun): number | undefined {
  const records = readMetrics(join(folder, "metrics.jsonl")).filter(({ split }) => split === "train")
  const last = records.at(-1)
  const rate = last?.["stepsPerSecond"]
  if (typeof rate === "number") return config.data.counts.train / config.training.batchSize / rate
  return typeof last?.["t"] === "number" ? last["t"] : undefined
}

/** Drawn at once where a model draws at once; others take their time with each. */
const drawn = { direct: 1000, ancestral: 100, chain: 100 } as const
const stripped = 10

/** The rate at which samples come, compiling included, and a strip of the first of them. */
async function sampled(board: string, entry: Entry, { trained, config }: OpenRun) {
  const { model, parameters } = trained
  if (model.sampling === "none") return {}
  const n = drawn[model.sampling]
  const asSampler = { model, parameters } as Trained<Model & Direct<any>> // or ancestral, or a chain: any of them draws
  const began = performance.now()
  const events = await samplesOf(asSampler, n, { seed: config.training.seed, threads: config.threads })
  const samplesPerSecond = n / ((performance.now() - began) / 1000)
  if (model.event.length !== 3 || model.event[1]! < 2) return { samplesPerSecond } // no image, no strip
  const size = sizeOf(model.event)
  const strip = grid(events.data.subarray(0, stripped * size), stripped, model.event, {
    columns: stripped,
    gap: 1,
    scale: 1,
  })
  mkdirSync(join(board, "rows"), { recursive: true })
  writeFileAtomic(fileOf(board, entry, ".png"), encodePng(strip))
  return { samplesPerSecond, strip: fileOf("", entry, ".png") }
}
