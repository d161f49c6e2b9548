/** Tiny configurations of every model and the data they are tried on: events of 6 binary pixels or 2 reals. */
import type { NdArray } from "../../src/core/array.ts"
import { randomOf } from "../../src/core/random.ts"
import type { Shape } from "../../src/core/shape.ts"
import type { Dataset, Split, SplitName } from "../../src/data/dataset.ts"
import type { Preprocessing } from "../../src/data/preprocess.ts"
import { drawNoise, parameterFeeds } from "../../src/evaluate/evaluator.ts"
import { fitData } from "../../src/evaluate/fit-data.ts"
import type { Graph } from "../../src/graph/graph.ts"
import { initialize, type Parameters } from "../../src/graph/parameter.ts"
import type { Model, Player } from "../../src/model/capabilities.ts"
import { configure, type ModelDefinition } from "../../src/model/define.ts"
import { findModel, type ModelName } from "../../src/models/index.ts"
import { adam } from "../../src/optim/adam.ts"
import { type TrainingState, type TrainSetup, train } from "../../src/train/loop.ts"

/** Data made on the spot: `pixel(u, v, d)` is the byte of pixel d of an image whose two causes are u, v in [0, 1). */
export function tinyDataset(
  event: Shape,
  levels: 2 | 256,
  pixel: (u: number, v: number, d: number) => number,
  counts: Record<SplitName, number> = { train: 40, validation: 16, test: 24 },
): Dataset {
  const dimensions = event.reduce((a, b) => a * b, 1)
  const split = (name: SplitName): Split => {
    const random = randomOf({ seed: 3, name: `tiny/${name}` })
    const images = Array.from({ length: counts[name] }, () => {
      const [u, v] = [random.uniform(), random.uniform()]
      return Array.from({ length: dimensions }, (_, d) => pixel(u, v, d))
    })
    return { count: counts[name], pixels: Uint8Array.from(images.flat()) }
  }
  const splits = { train: split("train"), validation: split("validation"), test: split("test") }
  return { name: "tiny", event, levels, classes: [], splits, digest: "", source: "Made by the test." }
}

/** Six grey pixels, 2 rows of 3: the first row follows one cause, the second another. */
export const sixPixels = tinyDataset([1, 2, 3], 256, (u, v, d) => Math.floor(40 + 170 * (d < 3 ? u : v) + 8 * d))
/** Two reals in [0, 1] on a noisy line. */
export const twoReals = tinyDataset([1, 1, 2], 256, (u, v, d) =>
  Math.floor(20 + (d === 0 ? 200 * u : 130 * u + 70 * v)),
)

export interface Tiny {
  /** As in `vae gaussian`, which names its golden file. */
  readonly name: string
  readonly definition: ModelDefinition<any, any>
  readonly model: Model
  readonly dataset: Dataset
  readonly preprocessing: Preprocessing
}

const small = { latent: 2, hidden: [5] }
/** A record over all names, so that a new model does not compile without its tiny configurations. */
const configurations: Record<ModelName, Readonly<Record<string, { config: object; dataset: Dataset }>>> = {
  pca: {
    "two-reals": { config: { latent: 1 }, dataset: twoReals },
    "six-pixels": { config: { latent: 3 }, dataset: sixPixels },
  },
  autoencoder: {
    relu: { config: small, dataset: sixPixels },
    linear: { config: { latent: 2, hidden: [], activation: "linear" }, dataset: sixPixels },
    masking: {
      config: { ...small, activation: "tanh", output: "sigmoid", masking: 0.3, initStd: 0.3 },
      dataset: sixPixels,
    },
    gaussian: { config: { latent: 1, hidden: [4], noise: 0.1 }, dataset: twoReals },
  },
  vae: {
    relu: { config: small, dataset: sixPixels },
    tanh: { config: { ...small, hidden: [5, 4], activation: "tanh", beta: 2 }, dataset: sixPixels },
    importance: { config: { ...small, samples: 3 }, dataset: sixPixels },
    gaussian: {
      config: { latent: 1, hidden: [4], activation: "tanh", likelihood: "gaussian" },
      dataset: twoReals,
    },
  },
}

/** A tiny configuration of a model by name. */
export function tinyOf(name: ModelName, label: string, config: object, dataset: Dataset): Tiny {
  const definition = findModel(name)
  const complete = configure(definition, config)
  const preprocessing = definition.data(complete)
  return {
    name: `${name} ${label}`,
    definition,
    model: definition.build(complete, dataset.event),
    dataset,
    preprocessing,
  }
}

export const tinies: readonly Tiny[] = Object.entries(configurations).flatMap(([name, labelled]) =>
  Object.entries(labelled).map(([label, { config, dataset }]) => tinyOf(name as ModelName, label, config, dataset)),
)
export const trainable = tinies.filter(({ model }) => Object.keys(model.players).length > 0)
export const playersOf = ({ model }: Tiny): Player<any>[] => Object.values(model.players)

/** Parameters as a run starts with them, or as the closed form fits them. */
export async function firstParameters(
  { model, dataset, preprocessing }: Tiny,
  seed = 1,
): Promise<Map<string, NdArray>> {
  if (!model.fit) return initialize(model.params, seed)
  return model.fit(fitData({ dataset, preprocessing }, model.event, seed))
}

/** Feeds of a program: these parameters, the noise of a step, and what else is given. */
export const feedsOf = (
  graph: Graph,
  parameters: Parameters,
  given: Readonly<Record<string, NdArray>> = {},
  { seed = 1, step = 1 } = {},
): Record<string, NdArray> => ({ ...parameterFeeds(graph, parameters), ...drawNoise(graph, seed, step), ...given })

/** A setup in which nothing is left to defaults. */
export type Setup = TrainSetup &
  Required<Pick<TrainSetup, "seed" | "batchSize" | "schedule" | "optimizer" | "start" | "snapshotEvery">>

/** How the laws train: small batches, a moving rate, snapshots only where asked for. */
export function setupOf(tiny: Tiny, start: TrainingState, options: Omit<Partial<Setup>, "start"> = {}): Setup {
  const { steps = 25 } = options
  return {
    model: tiny.model,
    dataset: tiny.dataset,
    preprocessing: tiny.preprocessing,
    seed: 1,
    batchSize: 6,
    steps,
    schedule: { name: "cosine", start: 1e-2, end: 1e-3, steps },
    optimizer: adam(),
    snapshotEvery: steps,
    session: { threads: 1 },
    ...options,
    start,
  }
}

export const beginning = async (tiny: Tiny, seed = 1): Promise<TrainingState> => ({
  step: 0,
  parameters: await firstParameters(tiny, seed),
  slots: new Map(),
})

const copied = (arrays: Parameters): Map<string, NdArray> =>
  new Map([...arrays].map(([path, { shape, data }]) => [path, { shape, data: data.slice() }]))

/** The state after a run, copied out of live memory. `atSnapshot` sees every snapshot's step. */
export async function trained(setup: Setup, atSnapshot: (step: number) => void = () => {}): Promise<TrainingState> {
  let last: TrainingState = setup.start
  for await (const { step, parameters, slots } of train(setup)) {
    last = { step, parameters: copied(parameters), slots: copied(slots) }
    atSnapshot(step)
  }
  return last
}

/** Largest distance of two vectors, relative where numbers are large. */
export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let most = 0
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i]! - b[i]!) / (1 + Math.abs(b[i]!))) // NaN where one is NaN
  }
  return most
}

/** Largest distance of two sets of arrays with the same names. */
export const worstOf = (
  a: ReadonlyMap<string, { data: ArrayLike<number> }>,
  b: ReadonlyMap<string, { data: ArrayLike<number> }>,
): number =>
  [...b].reduce(
    (most, [name, { data }]) => Math.max(most, worst(a.get(name)?.data ?? [], data)),
    a.size === b.size ? 0 : Number.POSITIVE_INFINITY,
  )

/** Bytes of named arrays, for comparisons bit for bit. */
export const bytesOf = (arrays: Parameters): Record<string, string> =>
  Object.fromEntries(
    [...arrays].map(([path, { data }]) => [
      path,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex"),
    ]),
  )
