/** p(x|y) composed of two runs, an unconditional sampler and a classifier, beside a natively conditional model. */
import { EidosError } from "../core/errors.ts"
import type { Sampled } from "../core/estimate.ts"
import { sameShape } from "../core/shape.ts"
import type { Dataset } from "../data/dataset.ts"
import { levelsOf } from "../evaluate/baselines.ts"
import { samplesOf } from "../explore/samples.ts"
import type { Classifies, Direct, Model, Trained } from "../model/capabilities.ts"
import { rowsGrid } from "../picture/grid.ts"
import { encodePng } from "../picture/image.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { agreement, type Composed, otherEvents, proposalsOf, resample } from "../tasks/bayes.ts"
import type { Drawing } from "./explored.ts"
import type { OpenRun } from "./open.ts"
import { drawPoints, isPlane } from "./points.ts"
import { sessionOf } from "./session.ts"

export const noClassifier = (folder: string, model: string): string =>
  `${folder}: ${model} gives no p(y|x); a run of a classifier is needed.`
export const noSamplerOf = (folder: string, model: string): string =>
  `${folder}: ${model} has no sampler of its own; a run of a model that draws samples is needed.`
export const notConditional = (folder: string, model: string, classes: number): string =>
  `${folder}: ${model} is not conditioned on ${classes} classes; train it with --classes ${classes}.`

/** A run's model as a classifier. Throws EidosError("usage") when it is none. */
export function classifierOf({ folder, config, trained }: OpenRun): Trained<Model & Classifies<any>> {
  if (!trained.model.classify) throw new EidosError("usage", noClassifier(folder, config.model))
  return trained as Trained<Model & Classifies<any>> // by the line above
}

/** A run's model as a sampler. Throws EidosError("usage") when it has none. */
export function samplerOf({ folder, config, trained }: OpenRun): Trained<Model & Direct<any>> {
  if (trained.model.sampling === "none") throw new EidosError("usage", noSamplerOf(folder, config.model))
  return trained as Trained<Model & Direct<any>> // or ancestral, or a chain: any of them draws samples
}

export interface ComposeOptions extends Pick<SessionOptions, "threads" | "device"> {
  readonly sampler: OpenRun
  readonly classifier: OpenRun
  /** The data the classifier was trained on: they say whether it reads zeros and ones. */
  readonly classifierData: Pick<Dataset, "levels" | "splits">
  readonly native?: OpenRun
  /** Classes to draw. */
  readonly labels: readonly number[]
  /** Events of each class. */
  readonly n: number
  readonly proposals: number
  readonly seed: number
}

/** One class, drawn both ways. */
export interface ClassDraws {
  readonly label: number
  readonly composed: Composed
  readonly native?: { readonly events: Composed["events"]; readonly agreement: Sampled }
}

export interface ComposedRun {
  /** Whether the classifier saw zeros and ones drawn from the samples, or the samples as they are. */
  readonly pixels: "expected" | "drawn"
  readonly classes: readonly ClassDraws[]
}

/** Draws each class from the composition, and from the natively conditional model where there is one. */
export async function composeRuns(options: ComposeOptions): Promise<ComposedRun> {
  const { sampler, classifier, native, labels, n, proposals: count, seed } = options
  const judge = classifierOf(classifier)
  if (native) checkNative(native, judge.model)
  const session = sessionOf(options, sampler)
  const readsBits = levelsOf({ dataset: options.classifierData, preprocessing: classifier.config.preprocessing }) === 2
  const pixels = readsBits ? "drawn" : "expected"
  const proposals = await proposalsOf(samplerOf(sampler), judge, { ...session, count, seed, pixels })
  const classes: ClassDraws[] = []
  for (const label of labels) {
    const composed = resample(proposals, { label, n, seed })
    if (!native) classes.push({ label, composed })
    else {
      const given = new Array<number>(n).fill(label)
      const events = await samplesOf(samplerOf(native), n, { ...session, seed: seed + label, labels: given })
      classes.push({ label, composed, native: { events, agreement: await agreement(judge, events, label, session) } })
    }
  }
  return { pixels, classes }
}

function checkNative({ folder, config, trained }: OpenRun, { labels, event }: Model & Classifies<any>): void {
  if (trained.model.classes !== labels) throw new EidosError("usage", notConditional(folder, config.model, labels))
  if (!sameShape(trained.model.event, event)) throw new EidosError("usage", otherEvents(trained.model.event, event))
}

/** Two rows a class: the composition above, the native model below where there is one. Points of the plane are coloured by class. */
export function drawComposed(composed: ComposedRun, event: readonly number[], n: number): Drawing {
  const rows = composed.classes.flatMap(({ label, composed: { events }, native }) => [
    { name: `composed ${label}`, events: events.data },
    ...(native ? [{ name: `native ${label}`, events: native.events.data }] : []),
  ])
  const labels = composed.classes.map(({ label }) => label).join(", ")
  const what = `Class ${labels} composed of p(x) and p(y|x)`
  const repeats = "likelier draws come several times"
  if (isPlane(event)) return drawnAsPoints(rows, `${what}; ${repeats}.`)
  const below = composed.classes[0]?.native ? ", the natively conditional model below it" : ""
  return { png: encodePng(rowsGrid(rows, n, event)), caption: `${what}, one row a class${below}; ${repeats}.` }
}

function drawnAsPoints(
  rows: readonly { readonly name: string; readonly events: Float32Array }[],
  caption: string,
): Drawing {
  const points = Float32Array.from(rows.flatMap(({ events }) => [...events]))
  const labels = rows.flatMap(({ events }, i) => new Array<number>(events.length / 2).fill(i))
  const classes = rows.map(({ name }) => name)
  return drawPoints({ shape: [labels.length, 2], data: points }, { title: "p(x|y)", caption, classes, labels })
}
