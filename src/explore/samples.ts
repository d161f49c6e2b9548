/** Samples of any model that has a sampler, drawn the way the model draws: at once, pixel by pixel, or by a Markov chain. */
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { sizeOf } from "../core/shape.ts"
import { compileFor, labelsInTurn, oneHotFeeds } from "../evaluate/evaluator.ts"
import { input } from "../graph/ops/source.ts"
import type { Ancestral, Chain, Direct, Model, Needs, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { ancestralSamples } from "./ancestral.ts"

/** What a model must be to draw samples. */
export type SamplesOnly<M> = Needs<
  M,
  Direct<any> | Ancestral<any> | Chain<any>,
  "no sampler: the model cannot draw samples. Fit a Gaussian to its codes with fitCodeGaussian()."
>

export interface SampleOptions extends SessionOptions {
  readonly seed: number
  /** A label for each sample of a conditional model; in turn 0, 1, … unless told. */
  readonly labels?: readonly number[]
  /** Steps of a Markov chain before its state counts; the model's own number unless told. */
  readonly burnIn?: number
}

export const wrongLabels = (came: number, n: number): string =>
  `sample: ${came} labels came for ${n} samples; each sample needs its own.`
export const noSampler = "sample: this model has no sampler."

/** n samples of the model: [n, ...event]. */
export async function samplesOf<M extends Model>(
  trained: Trained<M> & SamplesOnly<M>,
  n: number,
  options: SampleOptions,
): Promise<NdArray> {
  const { model, parameters } = trained as Trained<Model>
  const { labels } = options
  if (labels && labels.length !== n) throw new EidosError("usage", wrongLabels(labels.length, n))
  switch (model.sampling) {
    case "direct":
      return directly({ model, parameters }, n, options)
    case "ancestral":
      return ancestralSamples({ model, parameters }, n, options)
    case "chain":
      return byChain({ model, parameters }, n, options)
    case "none":
      throw new EidosError("usage", noSampler) // not reached from typed code
  }
}

const feedsFor = (model: Model, n: number, { labels }: SampleOptions) =>
  oneHotFeeds(model, labels ?? labelsInTurn(model, n))

const mostAtOnce = 1000 // images in one run: more would not fit in the memory of small machines

async function directly(
  { model, parameters }: Trained<Model & Direct<any>>,
  n: number,
  options: SampleOptions,
): Promise<NdArray> {
  const rows = Math.min(n, mostAtOnce)
  const program = await compileFor(model, (p, env) => ({ x: model.sample(p, rows, env) }), { ...options, rows })
  const labels = options.labels ?? labelsInTurn(model, n)
  const width = sizeOf(model.event)
  const x: NdArray = { shape: [n, ...model.event], data: new Float32Array(n * width) }
  for (let first = 0; first < n; first += rows) {
    const asked = Array.from({ length: rows }, (_, i) => labels[Math.min(n - 1, first + i)]!)
    const drawn = await program.run(parameters, oneHotFeeds(model, asked), { step: 0, item: first / rows })
    x.data.set(drawn["x"]!.data.subarray(0, (n - first) * width), first * width)
  }
  await program.dispose()
  return x
}

const mostChains = 200 // the burn-in of a chain costs far more than steps between samples
const stepsApart = 10

/** The events that n chains stand for after their burn-in; more than 200 come from the same chains, 10 steps apart. */
async function byChain(trained: Trained<Model & Chain<any>>, n: number, options: SampleOptions): Promise<NdArray> {
  const { event, burnIn, classes } = trained.model
  const rows = classes === undefined ? Math.min(n, mostChains) : n // a chain keeps its label
  const chains = await openChains(trained, rows, options)
  const x: NdArray = { shape: [n, ...event], data: new Float32Array(n * sizeOf(event)) }
  const width = sizeOf(event)
  for (let first = 0; first < n; first += rows) {
    await chains.advance(first === 0 ? (options.burnIn ?? burnIn) : stepsApart)
    x.data.set((await chains.events()).data.subarray(0, (n - first) * width), first * width)
  }
  await chains.dispose()
  return x
}

/** Markov chains side by side. */
export interface Chains {
  /** Takes so many steps with every chain. */
  advance(steps: number): Promise<void>
  /** Where they stand: [n, units]. */
  states(): NdArray
  /** What they stand for: [n, ...event]. */
  events(): Promise<NdArray>
  dispose(): Promise<void>
}

type ChainOnly<M> = Needs<M, Chain<any>, "no Markov chain: the model draws its samples at once.">

/** Opens n chains where the model starts them, or at the given states [n, units]. */
export async function openChains<M extends Model>(
  trained: Trained<M> & ChainOnly<M>,
  n: number,
  options: SampleOptions & { readonly start?: NdArray },
): Promise<Chains> {
  const model = trained.model as Model & Chain<any> // guaranteed by the parameter's type
  const { parameters } = trained
  const feeds = feedsFor(model, n, options)
  const shape = [n, model.units]
  const traced = { ...options, rows: n }
  const first = await compileFor(model, (p, env) => ({ states: model.start(p, n, env) }), traced)
  const step = await compileFor(model, (p, env) => ({ next: model.transition(p, input("states", shape), env) }), traced)
  const seen = await compileFor(model, (p) => ({ x: model.emit(p, input("states", shape)) }), traced)
  let states = options.start ?? (await first.run(parameters, feeds))["states"]!
  let taken = 0
  await first.dispose()
  return {
    async advance(steps) {
      for (const end = taken + steps; taken < end; taken++)
        states = (await step.run(parameters, { states, ...feeds }, { step: taken + 1 }))["next"]!
    },
    states: () => states,
    events: async () => (await seen.run(parameters, { states, ...feeds }))["x"]!,
    async dispose() {
      await step.dispose()
      await seen.dispose()
    },
  }
}
