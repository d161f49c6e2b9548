/** The end of a run: its numbers, its pictures, its report; all can be made again from the folder and the data. */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import type { Estimate } from "../core/estimate.ts"
import { formatEstimate } from "../core/estimate.ts"
import type { Dataset } from "../data/dataset.ts"
import { describePreprocessing } from "../data/preprocess.ts"
import { summarize } from "../evaluate/summary.ts"
import { countWeights } from "../graph/parameter.ts"
import { curves } from "../picture/chart.ts"
import { svgToPng } from "../picture/raster.ts"
import type { Picture, ReportInput } from "../report/input.ts"
import { renderReport } from "../report/report.ts"
import { cpu, type Device, nameOf } from "../runtime/device.ts"
import { writeFileAtomic } from "../storage/atomic.ts"
import { readJson, writeJson } from "../storage/json.ts"
import { readMetrics } from "../storage/metrics.ts"
import { writeStatus } from "../storage/status.ts"
import { curvesOf } from "./curves.ts"
import { drawSamples, samplesShown } from "./draw-samples.ts"
import { type Drawing, type Explored, evaluationDataOf } from "./explored.ts"
import { drawFilm, hasFilm } from "./film.ts"
import { drawInterpolations, drawManifold, drawReconstructions, drawScatter, drawTraversals } from "./gallery.ts"
import type { OpenRun } from "./open.ts"
import { isPlane } from "./points.ts"

export interface FinishOptions {
  readonly run: OpenRun
  readonly dataset: Dataset
  /** Training time in seconds. */
  readonly seconds: number
  /** What runs the trained model; the processor unless told. */
  readonly device?: Device
  readonly signal?: AbortSignal
  readonly onProgress?: (what: string, done: number) => void
}

/** Evaluates on the test split, draws the pictures, writes the report, and marks the run as done. */
export async function finishRun(options: FinishOptions): Promise<Estimate[]> {
  const estimates = await reportRun(options)
  const { folder, step } = options.run
  writeStatus(folder, { status: "done", pid: process.pid, heartbeat: new Date().toISOString(), step })
  return estimates
}

/** Evaluates on the test split, draws the pictures and writes the report; how the run stands is left as it is. */
export async function reportRun(options: FinishOptions): Promise<Estimate[]> {
  const { run, dataset, device = cpu, signal, onProgress } = options
  const { folder, config, trained, step } = run
  const explored: Explored = { trained, config, dataset, session: { device } }
  const began = performance.now()
  const estimates = await summarize(trained, evaluationDataOf(explored, "test"), {
    k: config.evaluation.k ?? 0,
    threads: config.threads,
    device,
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (done: number) => onProgress("test split", done) }),
  })
  const evaluationSeconds = (performance.now() - began) / 1000
  signal?.throwIfAborted()
  writeJson(join(folder, "estimates.json"), {
    schemaVersion: 1,
    split: "test",
    n: dataset.splits.test.count,
    checkpoint: step,
    ...(device.provider !== "cpu" && { device: nameOf(device) }),
    estimates,
  })
  const drawings = [...(await filmOfRun(options)), ...(await drawAll(explored))]
  signal?.throwIfAborted()
  const input = reportInput(options, estimates, drawings, evaluationSeconds)
  writePictures(folder, input, drawings)
  writeFileAtomic(join(folder, "report.html"), renderReport(input))
  onProgress?.("report", 1)
  return estimates
}

interface Named extends Drawing {
  readonly file: string
  readonly title: string
  /** One picture of a moving one, and its file. */
  readonly still?: { readonly file: string; readonly png: Uint8Array }
}

/** The film of a run whose training was watched; nothing for others. */
async function filmOfRun({ run, dataset, device, signal, onProgress }: FinishOptions): Promise<Named[]> {
  const { folder, config } = run
  if (!hasFilm({ folder, config, model: run.trained.model })) return []
  const film = await drawFilm({
    folder,
    config,
    dataset,
    ...(device && { device }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (done: number) => onProgress("film", done) }),
  })
  const still = { file: "plots/film-still.png", png: film.still }
  return [{ file: "plots/film.png", title: "Training film", png: film.animation, caption: film.caption, still }]
}

/** Every picture the model can give. */
async function drawAll(run: Explored): Promise<Named[]> {
  const seed = run.config.training.seed
  const { model } = run.trained
  const isImage = run.config.event.length === 3 && run.config.event[1]! > 1
  const isPoint = isPlane(run.config.event)
  if (!isImage && !isPoint) return []
  const hasCode = Boolean(model.encode && model.decode)
  const named = async (file: string, title: string, drawing: Promise<Drawing>): Promise<Named> => ({
    file,
    title,
    ...(await drawing),
  })
  const drawn: Named[] = []
  if (model.sampling !== "none" || hasCode)
    drawn.push(await named("samples/samples.png", "Samples", drawSamples(run, samplesShown(run), seed)))
  if (!hasCode || isPoint) return drawn
  const split = "test" as const
  drawn.push(await named("recon/reconstructions.png", "Reconstructions", drawReconstructions(run, split, 16, seed)))
  drawn.push(
    await named(
      "plots/traversals.png",
      "Traversals",
      drawTraversals(run, { split, dimensions: 10, frames: 11, range: 3, seed }),
    ),
  )
  for (const [space, title] of [
    ["latent", "Interpolations in latent space"],
    ["pixel", "Interpolations in pixel space"],
  ] as const)
    drawn.push(
      await named(
        `plots/interpolations-${space}.png`,
        title,
        drawInterpolations(run, { split, pairs: 6, frames: 11, space, seed }),
      ),
    )
  if (model.latent !== 2) return drawn
  drawn.push(await named("plots/manifold.png", "Manifold", drawManifold(run, 20)))
  drawn.push(await named("plots/scatter.png", "Codes", drawScatter(run, split, 2000)))
  return drawn
}

function writePictures(folder: string, input: ReportInput, drawings: readonly Named[]): void {
  for (const part of ["samples", "recon", "plots"]) mkdirSync(join(folder, part), { recursive: true })
  for (const { file, png, still } of drawings) {
    writeFileAtomic(join(folder, file), png)
    if (still) writeFileAtomic(join(folder, still.file), still.png)
  }
  for (const [i, chart] of input.curves.entries()) {
    const svg = curves(chart)
    writeFileAtomic(join(folder, "plots", `curve-${i + 1}.svg`), svg)
    writeFileAtomic(join(folder, "plots", `curve-${i + 1}.png`), svgToPng(svg))
  }
}

const environmentSchema = z.looseObject({
  processor: z.string(),
  /** Of the first step; a run may go on elsewhere. */
  device: z.string().exactOptional(),
  cores: z.number(),
  platform: z.string(),
  argv: z.array(z.string()),
  versions: z.looseObject({ eidos: z.string(), onnxruntime: z.string(), node: z.string() }),
})

const duration = (seconds: number): string =>
  seconds < 90 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`

function reportInput(
  { run, dataset, seconds, device = cpu }: FinishOptions,
  estimates: readonly Estimate[],
  drawings: readonly Named[],
  evaluationSeconds: number,
): ReportInput {
  const { folder, config, definition, trained, step } = run
  const environment = readJson(join(folder, "env.json"), environmentSchema)
  const records = readMetrics(join(folder, "metrics.jsonl"))
  const averages = config.training.ema === undefined ? "" : `, weights averaged with decay ${config.training.ema}`
  const wasValidated = records.some((record) => record["split"] === "validation")
  const rate = records.filter((record) => typeof record["stepsPerSecond"] === "number").at(-1)?.["stepsPerSecond"] as
    | number
    | undefined
  const pictures: Picture[] = drawings
    .filter(({ svg }) => !svg)
    .map(({ title, caption, png, still }) => ({
      title,
      caption,
      alt: caption,
      png,
      ...(still && { still: still.png }),
    }))
  const charts = drawings.flatMap(({ title, caption, svg }) => (svg ? [{ title, caption, svg }] : []))
  return {
    title: `${definition.title} on ${dataset.name}`,
    model: {
      name: definition.name,
      density: definition.density,
      sampling: definition.sampling,
      cites: definition.cites.map(reference),
    },
    data: {
      name: dataset.name,
      source: dataset.source,
      preprocessing: describePreprocessing(config.preprocessing, dataset),
      counts: config.data.counts,
      digest: dataset.digest,
    },
    evaluation: { split: "test", n: dataset.splits.test.count },
    estimates,
    curves: curvesOf(records),
    charts,
    pictures,
    config,
    timing: [
      { label: "Training, validation included", value: duration(seconds) },
      ...(rate === undefined ? [] : [{ label: "Steps a second", value: rate.toFixed(1) }]),
      { label: "Evaluation on the test split", value: duration(evaluationSeconds) },
      {
        label: "Checkpoint",
        value: `step ${step} (${wasValidated ? "best on validation" : "the last: nothing ranks them"})${averages}`,
      },
      { label: "Weights", value: countWeights(trained.model.params).toLocaleString("en") },
    ],
    environment: [
      { label: "Processor", value: `${environment.processor}, ${environment.cores} cores` },
      { label: "Device of training", value: devicesOf(config.device, environment.device) },
      ...(device.provider === "cpu" ? [] : [{ label: "Device of evaluation", value: nameOf(device) }]),
      { label: "Threads", value: String(config.threads) },
      { label: "eidos", value: environment.versions.eidos },
      { label: "ONNX Runtime", value: environment.versions.onnxruntime },
      { label: "Node", value: environment.versions.node },
      { label: "Platform", value: environment.platform },
    ],
    command: environment.argv.join(" "),
  }
}

const devicesOf = (device: string, first = device): string =>
  device === first ? device : `${device}; begun on ${first}`

const reference = ({
  authors,
  title,
  venue,
  year,
}: {
  authors: string
  title: string
  venue: string
  year: number
}): string =>
  `${authors
    .split(" and ")
    .map((name) => name.split(",")[0])
    .join(", ")} (${year}): ${title}. ${venue}.`

/** The table of estimates as lines of text, baselines first. */
export const estimateLines = (estimates: readonly Estimate[]): string[] =>
  estimates.map(
    (estimate) =>
      `${estimate.quantity.padEnd(38)} ${formatEstimate(estimate)}${estimate.note ? `; ${estimate.note}` : ""}`,
  )
