/** The film of a run of the plane: the moments it kept while it trained, looked at and drawn on one pair of axes. */
import { EidosError } from "../core/errors.ts"
import type { Dataset } from "../data/dataset.ts"
import type { Model } from "../model/capabilities.ts"
import { encodeAnimation } from "../picture/animation.ts"
import { type Dots, filmOf, type Scene } from "../picture/film.ts"
import type { Ink } from "../picture/plate.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { frameSteps, loadFrame } from "../storage/film-folder.ts"
import type { RunConfig } from "./config.ts"
import { canBeFilmed, type Moment, type Observer, observe, pushed, type Range } from "./film-scenes.ts"
import { buildModel, checkParameters } from "./open.ts"
import { isPlane } from "./points.ts"
import { sessionOf } from "./session.ts"

/** A finished film. */
export interface Film {
  /** An animated PNG. */
  readonly animation: Uint8Array
  /** Its last frame as a PNG. */
  readonly still: Uint8Array
  readonly caption: string
  /** What its frames show, in order. */
  readonly frames: readonly { readonly step: number; readonly words: string }[]
}

export const notAPlane = (event: readonly number[]): string =>
  `film: events of this run have shape [${event}]; only points of the plane, [2], can be filmed.`
export const noMoments = (folder: string): string =>
  `${folder}: there are no weights of earlier steps to make a film of.`
export const nothingToShow = (model: string): string => `film: ${model} has neither a density nor samples to show.`

/** Frames of a film unless told. */
export const usualFrames = 40

export interface FilmOptions extends Pick<SessionOptions, "device"> {
  readonly folder: string
  readonly config: RunConfig
  readonly dataset: Dataset
  /** At most so many; 40 unless told. */
  readonly frames?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number) => void
}

/** Whether a run has what a film needs. */
export const hasFilm = ({
  folder,
  config,
  model,
}: Pick<FilmOptions, "folder" | "config"> & { model: Model }): boolean =>
  isPlane(config.event) && frameSteps(folder).length > 0 && canBeFilmed(model)

/** Draws the film of a run. Throws EidosError("usage" or "model-file"). */
export async function drawFilm({
  folder,
  config,
  dataset,
  frames = usualFrames,
  signal,
  onProgress,
  ...options
}: FilmOptions): Promise<Film> {
  if (!isPlane(config.event)) throw new EidosError("usage", notAPlane(config.event))
  const steps = thinned(frameSteps(folder), frames)
  if (steps.length === 0)
    throw new EidosError("model-file", noMoments(folder), { hint: "Runs keep them while they train; train it again." })
  const { model } = buildModel(config)
  if (!canBeFilmed(model)) throw new EidosError("usage", nothingToShow(config.model))
  const axes = squareAround(dataset.splits.train.pixels as Float32Array)
  const observer = await observe({ model, dataset, ...axes, session: sessionOf(options, { config }) })
  const moments: Moment[] = []
  for (const [i, step] of steps.entries()) {
    signal?.throwIfAborted()
    const parameters = loadFrame(folder, step)
    checkParameters(folder, model, parameters)
    moments.push(await observer.look(parameters))
    onProgress?.((i + 1) / steps.length)
  }
  await observer.dispose()
  const heats = heatOf(moments, observer)
  const shown = (dataset.splits.test.pixels as Float32Array).subarray(0, 2 * dataShown)
  const scenes = moments.map((moment, i) => sceneOf(moment, heats[i], shown, titleOf(steps[i]!, config)))
  const animation = filmOf(scenes, { ...axes, inks })
  return {
    animation: encodeAnimation(animation),
    still: encodeAnimation({ ...animation, frames: animation.frames.slice(-1) }),
    caption: `${steps.length} moments from step ${steps[0]} to ${steps.at(-1)}. ${observer.caption}`,
    frames: moments.map(({ words }, i) => ({ step: steps[i]!, words })),
  }
}

/** At most `most` of the steps: the first, the last and others evenly between them. */
export function thinned(steps: readonly number[], most: number): number[] {
  if (steps.length <= most) return [...steps]
  if (most === 1) return steps.slice(-1)
  return Array.from({ length: most }, (_, i) => steps[Math.round((i * (steps.length - 1)) / (most - 1))]!)
}

/** A square around all points and a seventh more on each side. */
function squareAround(points: Float32Array): { x: Range; y: Range } {
  const extent = (axis: 0 | 1) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = axis; i < points.length; i += 2) [low, high] = [Math.min(low, points[i]!), Math.max(high, points[i]!)]
    return { middle: (low + high) / 2, half: (high - low) / 2 }
  }
  const [across, upward] = [extent(0), extent(1)]
  const reach = 1.15 * Math.max(across.half, upward.half) || 1
  const around = ({ middle }: { middle: number }): Range => [middle - reach, middle + reach]
  return { x: around(across), y: around(upward) }
}

const inks: readonly Ink[] = [
  { name: "data", colour: [255, 255, 255] },
  { name: "points", colour: [255, 122, 26] },
  { name: "arrows", colour: [255, 176, 96] },
]
const [dataInk, pointInk, arrowInk] = [0, 1, 2]
const dataShown = 500
const pointsShown = 500

const titleOf = (step: number, { training, model }: RunConfig): string => {
  const of = training.steps > 0 && training.steps < 1e9 ? ` of ${training.steps.toLocaleString("en")}` : ""
  return `${model} · step ${step.toLocaleString("en")}${of}`
}

function sceneOf(moment: Moment, heat: Float32Array | undefined, data: Float32Array, title: string): Scene {
  const { points, pushes, words } = moment
  const dots: Dots[] = [{ ink: dataInk, radius: 1.2, at: data }]
  if (points) dots.push({ ink: pointInk, radius: 1.7, at: points.subarray(0, 2 * pointsShown) })
  return {
    title,
    subtitle: words,
    dots,
    ...(heat && { heat }),
    ...(points && pushes && { arrows: { ink: arrowInk, from: points.subarray(0, 2 * pushed), by: arrowsOf(pushes) } }),
  }
}

const longestArrow = 22 // pixels

const halfway = 0.2 // nats a unit of length at which an arrow has half its length

/** Pushes as vectors in pixels, y downward: longer for steeper, never longer than `longestArrow`. */
const arrowsOf = (pushes: Float32Array): Float32Array =>
  pushes.map((value, i) => {
    const at = i - (i % 2)
    const steepness = Math.hypot(pushes[at]!, pushes[at + 1]!)
    return ((i % 2 === 0 ? 1 : -1) * longestArrow * value) / (halfway + steepness)
  })

const brightest = 0.85 // of a density's colours: white points cannot be seen on yellow

/** The surfaces of all moments as values from 0 to 1: D(x) as it is, densities by their square root on one scale for the whole film. */
function heatOf(moments: readonly Moment[], { surface }: Observer): (Float32Array | undefined)[] {
  if (surface !== "density") return moments.map((moment) => moment.surface && Float32Array.from(moment.surface))
  const last = Float64Array.from(moments.at(-1)!.surface!).sort()
  const top = last[Math.floor(0.998 * last.length)]! || 1 // the very peak of a sharp density would leave the rest dark
  return moments.map((moment) =>
    Float32Array.from(moment.surface!, (value) => brightest * Math.sqrt(Math.min(1, value / top))),
  )
}
