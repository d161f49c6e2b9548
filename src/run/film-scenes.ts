/** What a model of the plane looks like at one moment of its training: a density, or samples, or the two players of a game. */
import type { NdArray } from "../core/array.ts"
import type { Dataset } from "../data/dataset.ts"
import { logDensities } from "../evaluate/density.ts"
import { compileFor, labelsInTurn, oneHotFeeds } from "../evaluate/evaluator.ts"
import { reach } from "../evaluate/modes.ts"
import { type PlaneNumbers, planeMeasure } from "../evaluate/plane.ts"
import { meanOf } from "../evaluate/statistics.ts"
import { reconstructions } from "../explore/latent.ts"
import { samplesOf } from "../explore/samples.ts"
import { neg } from "../graph/ops/arithmetic.ts"
import { sum } from "../graph/ops/broadcast.ts"
import { input } from "../graph/ops/source.ts"
import { sigmoid } from "../graph/ops/unary.ts"
import type { Parameters } from "../graph/parameter.ts"
import { gradients } from "../graph/pullback.ts"
import type { Model } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"

export type Range = readonly [low: number, high: number]

/** What is looked at, and where. */
export interface View {
  readonly model: Model
  readonly dataset: Dataset
  readonly x: Range
  readonly y: Range
  readonly session: SessionOptions
}

/** A moment in numbers. */
export interface Moment {
  /** On the grid, rows from the lowest y: densities, or the critic's D(x) from 0 to 1. */
  readonly surface?: Float64Array
  /** Points of the model: [n, 2]. */
  readonly points?: Float32Array
  /** Where the first of them are pushed, by minus the gradient of the sampler's loss for each: [m, 2], nats per unit. */
  readonly pushes?: Float32Array
  /** One line: what was measured. */
  readonly words: string
}

/** Looks at the weights of one moment after the other. */
export interface Observer {
  /** What the surface is, where there is one. */
  readonly surface?: "density" | "critic"
  /** One sentence: what is shown. */
  readonly caption: string
  look(parameters: Parameters): Promise<Moment>
  dispose(): Promise<void>
}

/** Grid points along each axis. */
export const gridSide = 80
const measured = 2000 // points of each kind that numbers are made of
/** Samples with an arrow. */
export const pushed = 100
const seed = 0 // the same noise in every frame, so that points move instead of flickering
const numbersOf = `Numbers: of ${measured.toLocaleString("en")} samples against the test data; divergences in nats.`
const importance = 20 // samples of z for each point of the grid

/** Whether a model has anything to show in the plane: a density, samples or reconstructions. */
export const canBeFilmed = (model: Model): boolean =>
  model.density !== "none" || model.sampling !== "none" || Boolean(model.encode && model.decode)

/** The observer that suits what the model can do. */
export async function observe(view: View): Promise<Observer> {
  const { model } = view
  if (model.critic && model.sampling === "direct") return game(view)
  if (model.density !== "implicit" && model.density !== "none") return density(view)
  return model.sampling === "none" ? mirror(view) : sampler(view)
}

/** The grid's points, rows from the lowest y: [side², 2]. */
export function gridPoints({ x, y }: Pick<View, "x" | "y">): Float32Array {
  const at = ([low, high]: Range, i: number) => low + ((i + 0.5) / gridSide) * (high - low)
  return Float32Array.from({ length: 2 * gridSide ** 2 }, (_, i) => {
    const cell = Math.floor(i / 2)
    return i % 2 === 0 ? at(x, cell % gridSide) : at(y, Math.floor(cell / gridSide))
  })
}

const nothing = { count: 0, pixels: new Float32Array() }
/** Points as a data set that is nothing else. */
const asData = (points: Float32Array) => ({
  dataset: {
    levels: "real" as const,
    splits: { train: nothing, validation: nothing, test: { count: points.length / 2, pixels: points } },
  },
  split: "test" as const,
  preprocessing: { binarize: "none", dequantize: false } as const,
})
const testPoints = ({ dataset }: View): Float32Array =>
  (dataset.splits.test.pixels as Float32Array).subarray(0, 2 * measured)

function density(view: View): Observer {
  const { model, session } = view
  const [grid, test] = [gridPoints(view), testPoints(view)]
  const both = new Float32Array(grid.length + test.length)
  both.set(grid)
  both.set(test, grid.length)
  const what = {
    tractable: "the model's density, exact",
    bounded: `a bound on the model's density from below (K = ${importance}, noisy)`,
    unnormalized: "the model's density up to a constant",
  }[model.density as "tractable" | "bounded" | "unnormalized"]
  return {
    surface: "density",
    caption: `Colour: ${what}, by its square root; white: test data. Numbers: of up to ${measured.toLocaleString("en")} test points.`,
    async look(parameters) {
      const of = { model, parameters } as any // a density was seen above
      const logs = await logDensities(of, asData(both), { ...session, k: importance })
      const surface = densities(view, logs.subarray(0, gridSide ** 2))
      return { surface, words: likelihood(model, logs.subarray(gridSide ** 2)) }
    },
    dispose: async () => {},
  }
}

/** Densities from their logarithms on the grid; those known up to a constant are made to sum to one over it. */
function densities({ model, x, y }: View, logs: Float64Array): Float64Array {
  const exponentials = (shift: number) => logs.map((log) => (Number.isNaN(log) ? 0 : Math.exp(log - shift)))
  if (model.density !== "unnormalized") return exponentials(0)
  const relative = exponentials(logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY))
  const area = ((x[1] - x[0]) * (y[1] - y[0])) / logs.length
  const total = area * relative.reduce((a, b) => a + b, 0)
  return relative.map((value) => value / total)
}

function likelihood({ density }: Model, logs: Float64Array): string {
  if (density === "unnormalized") return "known up to a constant"
  const { value, standardError } = meanOf(logs.map((log) => -log))
  if (!Number.isFinite(value)) return "−log p(x) is infinite: some data are impossible"
  const kind = density === "bounded" ? `bound, K = ${importance}` : "exact"
  return `−log p(x) ${density === "bounded" ? "≤ " : ""}${value.toFixed(3)} ± ${standardError.toFixed(3)} nats (${kind})`
}

function sampler(view: View): Observer {
  const { model, dataset, session } = view
  const measure = planeMeasure(dataset, "test")
  return {
    caption: `White: test data; orange: samples. ${numbersOf}`,
    async look(parameters) {
      const points = (await samplesOf({ model, parameters } as any, measured, { ...session, seed })).data
      return { points, words: wordsOf(measure.of(points)) }
    },
    dispose: async () => {},
  }
}

/** A model that neither has a density nor samples: what it makes of data. */
function mirror(view: View): Observer {
  const { model, session } = view
  const test = testPoints(view)
  const events: NdArray = { shape: [test.length / 2, 2], data: test }
  return {
    caption: "White: test data; orange: their reconstructions.",
    async look(parameters) {
      const of = { model, parameters } as any // an autoencoder encodes and decodes
      const points = (await reconstructions(of, events, undefined, session)).data
      const errors = Float64Array.from({ length: test.length / 2 }, (_, i) => {
        const [dx, dy] = [points[2 * i]! - test[2 * i]!, points[2 * i + 1]! - test[2 * i + 1]!]
        return (dx * dx + dy * dy) / 2
      })
      return { points, words: `squared error ${meanOf(errors).value.toPrecision(3)} per coordinate` }
    },
    dispose: async () => {},
  }
}

/** The two players: where the critic sees data, and where the generator's gradient pushes its samples. */
async function game(view: View): Promise<Observer> {
  const { model, dataset, session } = view
  if (model.sampling !== "direct") throw new TypeError("a critic without a sampler") // `observe` asked
  const measure = planeMeasure(dataset, "test")
  const cells = { shape: [gridSide ** 2, 2], data: gridPoints(view) }
  // A conditional critic has a surface for each class, and none of its own.
  const judged =
    model.classes === undefined
      ? await compileFor(
          model,
          (p, env) => ({ share: sigmoid(model.critic!(p, input("x", cells.shape), env)) }),
          session,
        )
      : undefined
  const moved = await compileFor(
    model,
    (p, env) => {
      const x = model.sample(p, measured, env)
      const loss = sum(model.samplerLoss!(model.critic!(p, x, env)))
      return { x, push: neg(gradients(loss, [x])[0]!) }
    },
    { ...session, rows: measured, seed },
  )
  const labels = oneHotFeeds(model, labelsInTurn(model, measured))
  return {
    ...(judged && { surface: "critic" as const }),
    caption: `${judged ? "Colour: the critic's D(x), from 0 (dark: samples) through ½ to 1 (light: data); white" : "White"}: test data; orange: samples; arrows: where the generator's gradient moves them. ${numbersOf}`,
    async look(parameters) {
      const { x, push } = await moved.run(parameters, labels)
      const numbers = { points: x!.data, pushes: push!.data.slice(0, 2 * pushed), words: wordsOf(measure.of(x!.data)) }
      if (!judged) return numbers
      const { share } = await judged.run(parameters, { x: cells })
      return { ...numbers, surface: Float64Array.from(share!.data) }
    },
    async dispose() {
      await judged?.dispose()
      await moved.dispose()
    },
  }
}

/** `8 of 8 modes · 97 % within 3σ · KL 0.21 · JS 0.04`; divergences in nats. */
function wordsOf({ kl, js, modes }: PlaneNumbers): string {
  const covered = modes
    ? [`${modes.covered} of ${modes.of} modes`, `${(100 * modes.within).toFixed(0)} % within ${reach}σ`]
    : []
  return [...covered, `KL ${kl.toFixed(2)}`, `JS ${js.toFixed(3)}`].join(" · ")
}
