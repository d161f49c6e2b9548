/** The pictures of a run: what the exploring commands and the report show, drawn once here. */
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { permutation } from "../core/random.ts"
import { sizeOf } from "../core/shape.ts"
import type { Dataset, SplitName } from "../data/dataset.ts"
import { type EvaluationData, eventsOf } from "../evaluate/evaluator.ts"
import { codesOf } from "../evaluate/reconstruction.ts"
import {
  codeGrid,
  decodeCodes,
  drawCodes,
  encodeEvents,
  fitCodeGaussian,
  linear,
  normalQuantiles,
  pathsBetween,
  reconstructions,
  spherical,
  traversal,
} from "../explore/latent.ts"
import { samplesOf } from "../explore/samples.ts"
import type { Trained } from "../model/capabilities.ts"
import { scatter } from "../picture/chart.ts"
import { grid, rowsGrid } from "../picture/grid.ts"
import { encodePng, type Image } from "../picture/image.ts"
import { svgToPng } from "../picture/raster.ts"
import type { OpenRun } from "./open.ts"

/** A picture, and the numbers it was drawn from where they are events: [n, ...event]. */
export interface Drawing {
  readonly png: Uint8Array
  readonly events?: NdArray
  readonly svg?: string
  /** One sentence: what is shown, in which order. */
  readonly caption: string
}

/** A run with its data at hand. */
export interface Explored extends Pick<OpenRun, "trained" | "config"> {
  readonly dataset: Dataset
}

export const cannot = (model: string, what: string): string => `${model} ${what}.`

// Capabilities of a model that is known only at run time; each command asks for what it needs, in words.
function capable({ trained, config }: Explored, needs: readonly ("encode" | "decode")[]): Trained<any> {
  for (const need of needs)
    if (!trained.model[need]) throw new EidosError("usage", cannot(config.model, `cannot ${need}: it has no code`))
  return trained
}

export const evaluationDataOf = (
  { config, dataset }: Explored,
  split: SplitName,
): EvaluationData & { dataset: Dataset } => ({
  dataset,
  split,
  preprocessing: config.preprocessing,
})

/** `n` different rows of a split, the same for the same seed: files may be ordered by class. */
export function someRows({ dataset }: Explored, split: SplitName, n: number, seed: number): Uint32Array {
  const { count } = dataset.splits[split]
  return permutation({ seed, name: "explore/rows" }, count).subarray(0, Math.min(n, count))
}

const png = (image: Image): Uint8Array => encodePng(image)
const eventsAt = (run: Explored, split: SplitName, rows: ArrayLike<number>): NdArray =>
  eventsOf(evaluationDataOf(run, split), run.config.event, rows)

/** Samples: of the model itself, or of a diagonal Gaussian fitted to a plain autoencoder's training codes. */
export async function drawSamples(
  run: Explored,
  n: number,
  seed: number,
  labels?: readonly number[],
): Promise<Drawing> {
  const { model } = run.trained
  const hasSampler = model.sampling !== "none"
  const events = hasSampler
    ? await samplesOf({ ...run.trained, model }, n, { seed, ...(labels && { labels }) })
    : await samplesOfCodes(run, n, seed)
  const caption = hasSampler
    ? `${n} samples of ${run.config.model}${model.density === "bounded" ? ": the expected image of each code drawn from the prior" : ""}.`
    : `${n} decoded draws from the diagonal Gaussian fitted to the training codes: a plain autoencoder has no sampler of its own.`
  return { png: png(grid(events.data, n, run.config.event)), events, caption }
}

async function samplesOfCodes(run: Explored, n: number, seed: number): Promise<NdArray> {
  const trained = capable(run, ["encode", "decode"])
  const codes = await codesOf(trained, evaluationDataOf(run, "train"))
  return decodeCodes(trained, drawCodes(fitCodeGaussian(codes, trained.model.latent), n, seed))
}

/** Originals above their reconstructions. */
export async function drawReconstructions(run: Explored, split: SplitName, n: number, seed: number): Promise<Drawing> {
  const trained = capable(run, ["encode", "decode"])
  const x = eventsAt(run, split, someRows(run, split, n, seed))
  const y = await reconstructions(trained, x)
  const image = rowsGrid(
    [
      { name: "originals", events: x.data },
      { name: "reconstructions", events: y.data },
    ],
    x.shape[0]!,
    run.config.event,
  )
  return {
    png: png(image),
    events: y,
    caption: `${x.shape[0]} ${split} images (above) and their reconstructions (below).`,
  }
}

export type Space = "latent" | "slerp" | "pixel"

/** Strips from one image to another: through codes on a line or a great circle, or through pixels. */
export async function drawInterpolations(
  run: Explored,
  {
    split,
    pairs,
    frames,
    space,
    seed,
  }: { split: SplitName; pairs: number; frames: number; space: Space; seed: number },
): Promise<Drawing> {
  const trained = capable(run, ["encode", "decode"])
  const chosen = someRows(run, split, 2 * pairs, seed)
  const [from, to] = [
    eventsAt(run, split, chosen.subarray(0, pairs)),
    eventsAt(run, split, chosen.subarray(pairs, 2 * pairs)),
  ]
  const path = space === "slerp" ? spherical : linear
  const events =
    space === "pixel"
      ? pathsBetween(from, to, frames, linear)
      : await decodeCodes(
          trained,
          pathsBetween(await encodeEvents(trained, from), await encodeEvents(trained, to), frames, path),
        )
  const where = {
    latent: "along the line between their codes",
    slerp: "along the great circle between their codes",
    pixel: "pixel by pixel",
  }[space]
  const image = grid(events.data, pairs * frames, run.config.event, { columns: frames })
  return {
    png: png(image),
    events,
    caption: `${pairs} pairs of ${split} images and ${frames} steps between them, ${where}.`,
  }
}

/** Each row moves one code dimension, the others fixed at those of one image; the busiest dimensions first. */
export async function drawTraversals(
  run: Explored,
  {
    split,
    dimensions,
    frames,
    range,
    row,
    seed,
  }: { split: SplitName; dimensions: number; frames: number; range: number; row?: number; seed: number },
): Promise<Drawing> {
  const trained = capable(run, ["encode", "decode"])
  const rows = row === undefined ? someRows(run, split, 1, seed) : Uint32Array.of(row)
  const code = (await encodeEvents(trained, eventsAt(run, split, rows))).data
  const { order, std } = await activity(run, trained)
  const shown = order.slice(0, dimensions)
  const steps = Array.from({ length: frames }, (_, i) => (frames === 1 ? 0 : -range + (2 * range * i) / (frames - 1)))
  const isPrior = run.trained.model.density === "bounded" // codes live on the scale of the prior; else on their own
  const codes = shown.map(
    (d) =>
      traversal(
        code,
        [d],
        steps.map((t) => (isPrior ? t : t * std[d]!)),
      ).data,
  )
  const latent = code.length
  const all = new Float32Array(shown.length * frames * latent)
  for (const [i, part] of codes.entries()) all.set(part, i * frames * latent)
  const events = await decodeCodes(trained, { shape: [shown.length * frames, latent], data: all })
  const image = grid(events.data, shown.length * frames, run.config.event, { columns: frames })
  const unit = isPrior ? "" : " standard deviations"
  return {
    png: png(image),
    events,
    caption: `Code dimensions ${shown.join(", ")} (one a row, the most active first) from −${range} to ${range}${unit}, the others fixed at one ${split} image.`,
  }
}

/** Dimensions by the variance of their codes over validation data, largest first (Burda et al. 2016, section 5.1). */
async function activity(run: Explored, trained: Trained<any>): Promise<{ order: number[]; std: Float64Array }> {
  const codes = await codesOf(trained, evaluationDataOf(run, "validation"))
  const { std } = fitCodeGaussian(codes, trained.model.latent)
  return { order: [...std.keys()].sort((a, b) => std[b]! - std[a]!), std }
}

export const notTwoDimensional = (latent: number | undefined): string =>
  `This picture needs a 2-D code; the model's has ${latent ?? 0} dimensions. Train with --latent 2.`

function twoDimensional(run: Explored): Trained<any> {
  const trained = capable(run, ["encode", "decode"])
  if (trained.model.latent !== 2) throw new EidosError("usage", notTwoDimensional(trained.model.latent))
  return trained
}

/** The plane of codes, decoded on a grid: at the prior's quantiles, or over the range of a plain autoencoder's codes. */
export async function drawManifold(run: Explored, size: number): Promise<Drawing> {
  const trained = twoDimensional(run)
  const isPrior = run.trained.model.density === "bounded"
  const axes = isPrior ? [normalQuantiles(size), normalQuantiles(size)] : await codeRanges(run, trained, size)
  const events = await decodeCodes(trained, codeGrid(axes[0]!, axes[1]!))
  const where = isPrior ? "at equal shares of the prior" : "over the range of the validation codes"
  const image = grid(events.data, size * size, run.config.event, { columns: size, gap: 0 })
  return {
    png: png(image),
    events,
    caption: `Decoded codes on a ${size} × ${size} grid ${where}; z₁ to the right, z₂ upward.`,
  }
}

async function codeRanges(run: Explored, trained: Trained<any>, size: number): Promise<number[][]> {
  const codes = await codesOf(trained, evaluationDataOf(run, "validation"))
  return [0, 1].map((axis) => {
    const sorted = codes.filter((_, i) => i % 2 === axis).sort()
    const [low, high] = [sorted[Math.floor(sorted.length * 0.02)]!, sorted[Math.floor(sorted.length * 0.98)]!]
    return Array.from({ length: size }, (_, i) => low + ((high - low) * i) / Math.max(1, size - 1))
  })
}

/** 2-D codes of a split coloured by class. */
export async function drawScatter(
  run: Explored,
  split: SplitName,
  maxPoints = 3000,
): Promise<Drawing & { svg: string }> {
  const trained = twoDimensional(run)
  const points = await codesOf(trained, evaluationDataOf(run, split))
  const { labels } = run.dataset.splits[split]
  const present = labels ? [...new Set(labels)].sort((a, b) => a - b) : []
  const classes = present.map((label) => run.dataset.classes[label] ?? String(label))
  const svg = scatter({
    title: `Codes of ${run.config.data.counts[split]} ${split} images`,
    points,
    classes,
    maxPoints,
    ...(labels && { labels: Array.from(labels, (label) => present.indexOf(label)) }),
  })
  return { svg, png: svgToPng(svg), caption: `Codes of the ${split} images${labels ? ", coloured by class" : ""}.` }
}

/** The image a given code decodes to. */
export async function drawCode(run: Explored, code: readonly number[]): Promise<Drawing> {
  const events = await decodeCodes(capable(run, ["decode"]), { shape: [1, code.length], data: Float32Array.from(code) })
  return {
    png: png(grid(events.data, 1, run.config.event, { scale: 8 })),
    events,
    caption: `The image decoded from z = (${code.join(", ")}).`,
  }
}

/** Images of a split as the model sees them, for a data card. */
export function drawData(events: NdArray, event: readonly number[]): Drawing {
  const n = events.data.length / sizeOf(event)
  return { png: png(grid(events.data, n, event)), events, caption: `${n} images.` }
}
