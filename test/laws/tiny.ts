/** Tiny configurations of every model and the data they are tried on: events of 6 binary pixels or 2 reals. */
import type { NdArray } from "../../src/core/array.ts"
import { fillNormal, randomOf } from "../../src/core/random.ts"
import type { Shape } from "../../src/core/shape.ts"
import type { Dataset, Split, SplitName } from "../../src/data/dataset.ts"
import type { Preprocessing } from "../../src/data/preprocess.ts"
import { drawNoise, parameterFeeds } from "../../src/evaluate/evaluator.ts"
import { fitData } from "../../src/evaluate/fit-data.ts"
import type { Graph } from "../../src/graph/graph.ts"
import { confine, initialize, leaves, type Parameters } from "../../src/graph/parameter.ts"
import type { Model, Player } from "../../src/model/capabilities.ts"
import { configure, type ModelDefinition } from "../../src/model/define.ts"
import { findModel, type ModelName } from "../../src/models/index.ts"
import { adam } from "../../src/optim/adam.ts"
import type { TrainingState } from "../../src/train/loop.ts"
import { type TrainSetup, train } from "../../src/train/train.ts"

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

/** Six binary pixels of two causes, one for each row: four images out of 64. */
export const sixBits = tinyDataset([1, 2, 3], 2, (u, v, d) => ((d < 3 ? u : v) < 0.5 ? 0 : 1))

/** Six grey pixels of three classes, by the first cause. */
export const threeClasses: Dataset = labelledBy(sixPixels, 3)

/** The data with a label for each image: its first pixel, cut into classes. */
function labelledBy(dataset: Dataset, classes: number): Dataset {
  const width = dataset.event.reduce((a, b) => a * b, 1)
  const labelled = (name: SplitName): Split => {
    const { count, pixels } = dataset.splits[name]
    const labels = Uint8Array.from({ length: count }, (_, i) => Math.floor((pixels[i * width]! * classes) / 256))
    return { count, pixels, labels }
  }
  const splits = { train: labelled("train"), validation: labelled("validation"), test: labelled("test") }
  return { ...dataset, classes: Array.from({ length: classes }, (_, i) => `class ${i}`), splits }
}

/** Points of the plane, as real numbers: a circle of radius 1.4, one side heavier. */
export const plane: Dataset = {
  ...sixPixels,
  event: [2],
  levels: "real",
  splits: { train: circle("train", 40), validation: circle("validation", 16), test: circle("test", 24) },
}

function circle(name: SplitName, count: number): Split {
  const random = randomOf({ seed: 3, name: `tiny/plane/${name}` })
  const point = () => {
    const angle = 2 * Math.PI * random.uniform() ** 2
    return [1.4 * Math.cos(angle) + random.normal(0, 0.1), 1.4 * Math.sin(angle) + random.normal(0, 0.1)]
  }
  return { count, pixels: Float32Array.from(Array.from({ length: count }, point).flat()) }
}

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
  uniform: {
    grey: { config: { pixels: "grey" }, dataset: twoReals },
    binary: { config: {}, dataset: sixBits },
  },
  marginal: {
    grey: { config: { pixels: "grey" }, dataset: sixPixels },
    binary: { config: {}, dataset: sixBits },
  },
  mixture: {
    bernoulli: { config: { components: 3 }, dataset: sixBits },
    diagonal: { config: { components: 3, likelihood: "gaussian", varianceFloor: 0.1 }, dataset: twoReals },
    full: {
      config: { components: 2, likelihood: "gaussian", covariance: "full", varianceFloor: 0.1 },
      dataset: twoReals,
    },
  },
  parzen: { windows: { config: { points: 30 }, dataset: twoReals } },
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
    conditional: { config: { ...small, classes: 3 }, dataset: threeClasses },
    gaussian: {
      config: { latent: 1, hidden: [4], activation: "tanh", likelihood: "gaussian" },
      dataset: twoReals,
    },
  },
  fvsbn: {
    raster: { config: {}, dataset: sixBits },
    random: { config: { order: "random", orderSeed: 4 }, dataset: sixBits },
  },
  nade: {
    raster: { config: { hidden: 4 }, dataset: sixBits },
    random: { config: { hidden: 3, order: "random" }, dataset: sixBits },
  },
  made: {
    direct: { config: { hidden: [5] }, dataset: sixBits },
    deep: { config: { hidden: [32, 24], order: "random", maskSeed: 1, direct: false }, dataset: sixBits },
    masks: { config: { hidden: [8], masks: 3 }, dataset: sixBits },
    conditional: { config: { hidden: [5, 4], masks: 2, classes: 3 }, dataset: threeClasses },
  },
  gan: {
    points: { config: { latent: 2, generator: [5], critic: [5], activation: "tanh" }, dataset: twoReals },
    saturating: {
      config: { latent: 3, generator: [6], critic: [5, 4], prior: "uniform", loss: "saturating", smoothing: 0.1 },
      dataset: sixPixels,
    },
    conditional: {
      config: { latent: 2, generator: [5], critic: [5], activation: "relu", classes: 3 },
      dataset: threeClasses,
    },
  },
  boltzmann: {
    hidden: { config: { hidden: 2 }, dataset: sixBits },
    visible: { config: { hidden: 0 }, dataset: sixBits },
  },
  rbm: {
    cd: { config: { hidden: 7, algorithm: "cd", gibbs: 2 }, dataset: sixBits },
    pcd: { config: { hidden: 4, chains: 5, weightDecay: 0.01 }, dataset: sixBits },
  },
  dbm: { pcd: { config: { hidden: [3, 2], meanField: 3, chains: 5 }, dataset: sixPixels } },
  nice: {
    logistic: { config: { hidden: [5] }, dataset: plane },
    gaussian: { config: { couplings: 3, hidden: [4, 5], prior: "gaussian", alpha: 0.05 }, dataset: sixPixels },
  },
  realnvp: {
    plane: { config: { couplings: 3, hidden: [4] }, dataset: plane },
    logit: { config: { couplings: 5, hidden: [5], alpha: 0.05 }, dataset: sixPixels },
    conditional: { config: { couplings: 2, hidden: [5], alpha: 0.05, classes: 3 }, dataset: threeClasses },
  },
  ffjord: {
    rademacher: { config: { hidden: [4], solverSteps: 2 }, dataset: plane },
    gaussian: {
      config: { hidden: [3, 3], activation: "softplus", solverSteps: 1, noise: "gaussian" },
      dataset: plane,
    },
  },
  classifier: {
    dropout: { config: { classes: 3, hidden: [5, 4], dropout: 0.4 }, dataset: threeClasses },
    linear: { config: { classes: 3, hidden: [] }, dataset: threeClasses },
  },
  gsn: { walkback: { config: { hidden: 5, walkback: 2, hiddenNoise: 0.5 }, dataset: sixBits } },
}

/** A tiny configuration of a model by name. */
export function tinyOf(name: ModelName, label: string, config: object, dataset: Dataset): Tiny {
  const definition = findModel(name)
  const complete = configure(definition, config)
  const asStored = { binarize: "none", dequantize: false } as const
  const preprocessing = dataset.levels === 256 ? definition.data(complete) : asStored
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

/** Parameters from N(0, 1) in place of first ones: they make strong dependences, and no two weights are alike. */
export const strongParameters = ({ model }: Pick<Tiny, "model">, seed = 1): Map<string, NdArray> =>
  new Map(
    leaves(model.params).map(({ path, value: { shape } }) => {
      const data = fillNormal({ seed, name: `strong/${path}` }, new Float32Array(shape.reduce((a, b) => a * b, 1)))
      return [path, { shape, data }]
    }),
  )

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

/** Parameters as training starts from them: zeros where a leaf keeps nothing. */
export const confined = ({ model }: Pick<Tiny, "model">, parameters: Parameters): Map<string, NdArray> =>
  new Map(
    leaves(model.params).map(({ path, value }) => {
      const { shape, data } = parameters.get(path)!
      return [path, { shape, data: confine(data.slice(), value) }]
    }),
  )

/** Arrays out of live memory. */
export const copied = (arrays: Parameters): Map<string, NdArray> =>
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
