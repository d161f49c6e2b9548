/** How fast a run's Markov chains mix: how long they stay in one class, as a classifier sees it, and what they look like. */
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import type { Sampled } from "../core/estimate.ts"
import { sizeOf } from "../core/shape.ts"
import { compileFor } from "../evaluate/evaluator.ts"
import { type Mixing, stepsToLeaveClass } from "../evaluate/mixing.ts"
import { openChains } from "../explore/samples.ts"
import { input } from "../graph/ops/source.ts"
import type { Chain, Model, Trained } from "../model/capabilities.ts"
import { grid } from "../picture/grid.ts"
import { encodePng } from "../picture/image.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { classifierOf } from "./compose.ts"
import type { Drawing } from "./explored.ts"
import type { OpenRun } from "./open.ts"
import { sessionOf } from "./session.ts"

export const noChain = (folder: string, model: string): string =>
  `${folder}: ${model} does not draw by a Markov chain; there is nothing to mix.`

export interface MixingOptions extends Pick<SessionOptions, "threads" | "device"> {
  readonly run: OpenRun
  readonly classifier: OpenRun
  readonly chains: number
  /** Steps that are watched, from the chains' very beginning unless `skip` says otherwise. */
  readonly steps: number
  /** Steps before the first that is watched. */
  readonly skip: number
  readonly seed: number
  readonly onProgress?: (done: number) => void
}

/** What the chains did. */
export interface MixedRun {
  /** Mean number of steps before a chain's class changes. */
  readonly steps: Sampled
  readonly changes: number
  readonly taken: number
  /** One row a chain, a few chains, from the first watched step on. */
  readonly drawing: Drawing
}

const [rowsShown, columnsShown] = [8, 20]

/** Runs chains, classifies where they stand at every step, and draws the first of them. Throws EidosError("usage") for a model without chains. */
export async function mixingOfRun(options: MixingOptions): Promise<MixedRun> {
  const { run, classifier, chains: count, steps, skip, seed, onProgress } = options
  const { trained, config, folder } = run
  if (trained.model.sampling !== "chain") throw new EidosError("usage", noChain(folder, config.model))
  const session = sessionOf(options, run)
  const chains = await openChains(trained as Trained<Model & Chain<any>>, count, { seed, ...session })
  await chains.advance(skip)
  const frames: NdArray[] = [await chains.events()]
  for (let step = 1; step <= steps; step++) {
    await chains.advance(1)
    frames.push(await chains.events())
    onProgress?.(step / steps)
  }
  await chains.dispose()
  const classes = await openClassifier(classifier, frames[0]!.shape, session)
  const mixing = await stepsToLeaveClass(frames, classes.of)
  await classes.dispose()
  return { ...described(mixing), drawing: drawChains(frames, config.event) }
}

const described = ({ steps, standardError, changes, taken }: Mixing) => ({
  steps: { quantity: "steps in one class", kind: "estimate" as const, value: steps, standardError, unit: "steps" },
  changes,
  taken,
})

/** The likeliest class of each event. */
async function openClassifier(run: OpenRun, shape: readonly number[], session: SessionOptions) {
  const { model, parameters } = classifierOf(run)
  const program = await compileFor(model, (p, env) => ({ logits: model.classify(p, input("x", shape), env) }), session)
  const { labels } = model
  return {
    async of(x: NdArray) {
      const { logits } = await program.run(parameters, { x })
      return Array.from({ length: shape[0]! }, (_, i) => {
        const row = logits!.data.subarray(i * labels, (i + 1) * labels)
        return row.indexOf(Math.max(...row))
      })
    },
    dispose: () => program.dispose(),
  }
}

/** Chains from left to right, one a row, evenly thinned to what fits. */
function drawChains(frames: readonly NdArray[], event: readonly number[]): Drawing {
  const width = sizeOf(event)
  const rows = Math.min(rowsShown, frames[0]!.shape[0]!)
  const columns = Math.min(columnsShown, frames.length)
  const stride = Math.max(1, Math.floor(frames.length / columns))
  const data = new Float32Array(rows * columns * width)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      data.set(frames[column * stride]!.data.subarray(row * width, (row + 1) * width), (row * columns + column) * width)
  const events = { shape: [rows * columns, ...event], data }
  return {
    png: encodePng(grid(data, rows * columns, event, { columns })),
    events,
    caption: `${rows} chains, one a row, every ${stride === 1 ? "step" : `${stride} steps`} from left to right.`,
  }
}
