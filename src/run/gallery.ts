/** The pictures of a run: what the exploring commands and the report show, drawn once here. */
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { sizeOf } from "../core/shape.ts"
import type { SplitName } from "../data/dataset.ts"
import { codesOf } from "../evaluate/reconstruction.ts"
import {
  codeGrid,
  decodeCodes,
  encodeEvents,
  fitCodeGaussian,
  linear,
  normalQuantiles,
  pathsBetween,
  reconstructions,
  spherical,
  traversal,
} from "../explore/latent.ts"
import type { Trained } from "../model/capabilities.ts"
import { scatter } from "../picture/chart.ts"
import { grid, rowsGrid } from "../picture/grid.ts"
import { encodePng } from "../picture/image.ts"
import { svgToPng } from "../picture/raster.ts"
import {
  capable,
  type Drawing,
  type Explored,
  evaluationDataOf,
  eventsAt,
  labelsAsked,
  labelsAt,
  someRows,
} from "./explored.ts"

/** Originals above their reconstructions. */
export async function drawReconstructions(run: Explored, split: SplitName, n: number, seed: number): Promise<Drawing> {
  const trained = capable(run, ["encode", "decode"])
  const rows = someRows(run, split, n, seed)
  const x = eventsAt(run, split, rows)
  const y = await reconstructions(trained, x, labelsAt(run, split, rows), run.session)
  const image = rowsGrid(
    [
      { name: "originals", events: x.data },
      { name: "reconstructions", events: y.data },
    ],
    x.shape[0]!,
    run.config.event,
  )
  return {
    png: encodePng(image),
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
  const [fromLabels, toLabels] = [
    labelsAt(run, split, chosen.subarray(0, pairs)),
    labelsAt(run, split, chosen.subarray(pairs, 2 * pairs)),
  ]
  // A frame has the label of the end it is nearer to.
  const labels = fromLabels?.flatMap((label, i) =>
    Array.from({ length: frames }, (_, f) => (2 * f < frames ? label : toLabels![i]!)),
  )
  const events =
    space === "pixel"
      ? pathsBetween(from, to, frames, linear)
      : await decodeCodes(
          trained,
          pathsBetween(
            await encodeEvents(trained, from, fromLabels, run.session),
            await encodeEvents(trained, to, toLabels, run.session),
            frames,
            path,
          ),
          labels,
          run.session,
        )
  const where = {
    latent: "along the line between their codes",
    slerp: "along the great circle between their codes",
    pixel: "pixel by pixel",
  }[space]
  const image = grid(events.data, pairs * frames, run.config.event, { columns: frames })
  return {
    png: encodePng(image),
    events,
    caption: `${pairs} pairs of ${split} images and ${frames} steps between them, ${where}${labels && space !== "pixel" ? ", each with the label of the nearer end" : ""}.`,
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
  const labels = labelsAt(run, split, rows)
  const code = (await encodeEvents(trained, eventsAt(run, split, rows), labels, run.session)).data
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
  const ofImage = labels && Array<number>(shown.length * frames).fill(labels[0]!)
  const events = await decodeCodes(trained, { shape: [shown.length * frames, latent], data: all }, ofImage, run.session)
  const image = grid(events.data, shown.length * frames, run.config.event, { columns: frames })
  const unit = isPrior ? "" : " standard deviations"
  return {
    png: encodePng(image),
    events,
    caption: `Code dimensions ${shown.join(", ")} (one a row, the most active first) from −${range} to ${range}${unit}, the others fixed at one ${split} image.`,
  }
}

/** Dimensions by the variance of their codes over validation data, largest first (Burda et al. 2016, section 5.1). */
async function activity(run: Explored, trained: Trained<any>): Promise<{ order: number[]; std: Float64Array }> {
  const codes = await codesOf(trained, evaluationDataOf(run, "validation"), run.session)
  const { std } = fitCodeGaussian(codes, trained.model.latent)
  return { order: [...std.keys()].sort((a, b) => std[b]! - std[a]!), std }
}

export const notTwoDimensional = (latent: number | undefined): string =>
  `This picture needs a 2-D code; the model's has ${latent ?? 0} dimensions. Train with --latent 2.`

/** The label of a picture that shows one: the first unless told; none where the model has no labels. */
const labelShown = ({ trained }: Explored, label: number | undefined): number | undefined =>
  label ?? (trained.model.classes === undefined ? undefined : 0)

function twoDimensional(run: Explored): Trained<any> {
  const trained = capable(run, ["encode", "decode"])
  if (trained.model.latent !== 2) throw new EidosError("usage", notTwoDimensional(trained.model.latent))
  return trained
}

/** The plane of codes, decoded on a grid: at the prior's quantiles, or over the range of a plain autoencoder's codes. */
export async function drawManifold(run: Explored, size: number, label?: number): Promise<Drawing> {
  const trained = twoDimensional(run)
  const labels = labelsAsked(run, labelShown(run, label), size * size)
  const isPrior = run.trained.model.density === "bounded"
  const axes = isPrior ? [normalQuantiles(size), normalQuantiles(size)] : await codeRanges(run, trained, size)
  const events = await decodeCodes(trained, codeGrid(axes[0]!, axes[1]!), labels, run.session)
  const where = isPrior ? "at equal shares of the prior" : "over the range of the validation codes"
  const image = grid(events.data, size * size, run.config.event, { columns: size, gap: 0 })
  return {
    png: encodePng(image),
    events,
    caption: `Decoded codes on a ${size} × ${size} grid ${where}; z₁ to the right, z₂ upward${labels ? `; label ${labels[0]}` : ""}.`,
  }
}

async function codeRanges(run: Explored, trained: Trained<any>, size: number): Promise<number[][]> {
  const codes = await codesOf(trained, evaluationDataOf(run, "validation"), run.session)
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
  const points = await codesOf(trained, evaluationDataOf(run, split), run.session)
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
export async function drawCode(run: Explored, code: readonly number[], label?: number): Promise<Drawing> {
  const labels = labelsAsked(run, labelShown(run, label), 1)
  const z = { shape: [1, code.length], data: Float32Array.from(code) }
  const events = await decodeCodes(capable(run, ["decode"]), z, labels, run.session)
  return {
    png: encodePng(grid(events.data, 1, run.config.event, { scale: 8 })),
    events,
    caption: `The image decoded from z = (${code.join(", ")})${labels ? ` with label ${labels[0]}` : ""}.`,
  }
}

/** Images of a split as the model sees them, for a data card. */
export function drawData(events: NdArray, event: readonly number[]): Drawing {
  const n = events.data.length / sizeOf(event)
  return { png: encodePng(grid(events.data, n, event)), events, caption: `${n} images.` }
}
