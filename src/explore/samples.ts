/** Samples of any model that has a sampler, drawn the way the model draws: at once, pixel by pixel, or by a Markov chain. */
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { fillUniform } from "../core/random.ts"
import { sizeOf } from "../core/shape.ts"
import { compileFor, labelsInTurn, oneHotFeeds } from "../evaluate/evaluator.ts"
import { input } from "../graph/ops/source.ts"
import type { Ancestral, Chain, Direct, Model, Needs, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"

type SamplesOnly<M> = Needs<
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

export const noSampler = "sample: this model has no sampler."

/** n samples of the model: [n, ...event]. */
export async function samplesOf<M extends Model>(
  trained: Trained<M> & SamplesOnly<M>,
  n: number,
  options: SampleOptions,
): Promise<NdArray> {
  const { model, parameters } = trained as Trained<Model>
  switch (model.sampling) {
    case "direct":
      return directly({ model, parameters }, n, options)
    case "ancestral":
      return pixelByPixel({ model, parameters }, n, options)
    case "chain":
      return byChain({ model, parameters }, n, options)
    case "none":
      throw new EidosError("usage", noSampler) // not reached from typed code
  }
}

const feedsFor = (model: Model, n: number, { labels }: SampleOptions) =>
  oneHotFeeds(model, labels ?? labelsInTurn(model, n))

async function directly(
  { model, parameters }: Trained<Model & Direct<any>>,
  n: number,
  options: SampleOptions,
): Promise<NdArray> {
  const program = await compileFor(model, (p, env) => ({ x: model.sample(p, n, env) }), { ...options, rows: n })
  const { x } = await program.run(parameters, feedsFor(model, n, options))
  await program.dispose()
  return x!
}

/** x_i ~ p(x_i | x_<i) in an order of the model, samples taking its orders in turn. */
async function pixelByPixel(
  { model, parameters }: Trained<Model & Ancestral<any>>,
  n: number,
  options: SampleOptions,
): Promise<NdArray> {
  const pixels = sizeOf(model.event)
  const x: NdArray = { shape: [n, ...model.event], data: new Float32Array(n * pixels) }
  const feeds = { x, ...feedsFor(model, n, options) }
  for (const [k, order] of model.orders.entries()) {
    if (k >= n) break
    const program = await compileFor(
      model,
      (p, env) => ({ logits: model.conditional(p, input("x", x.shape), k, env) }),
      { ...options, rows: n },
    )
    for (const pixel of order) {
      const { logits } = await program.run(parameters, feeds)
      const noise = fillUniform({ seed: options.seed, name: "sample/pixel", step: pixel }, new Float32Array(n))
      for (let i = k; i < n; i += model.orders.length) {
        const at = i * pixels + pixel
        x.data[at] = noise[i]! * (1 + Math.exp(-logits!.data[at]!)) < 1 ? 1 : 0
      }
    }
    await program.dispose()
  }
  return x
}

/** The events that n chains stand for after their burn-in. */
async function byChain(trained: Trained<Model & Chain<any>>, n: number, options: SampleOptions): Promise<NdArray> {
  const chains = await openChains(trained, n, options)
  await chains.advance(options.burnIn ?? trained.model.burnIn)
  const events = await chains.events()
  await chains.dispose()
  return events
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
  const step = await compileFor(
    model,
    (p, env) => ({ states: model.transition(p, input("states", shape), env) }),
    traced,
  )
  const seen = await compileFor(model, (p) => ({ x: model.emit(p, input("states", shape)) }), traced)
  let states = options.start ?? (await first.run(parameters, feeds))["states"]!
  let taken = 0
  await first.dispose()
  return {
    async advance(steps) {
      for (const end = taken + steps; taken < end; taken++)
        states = (await step.run(parameters, { states, ...feeds }, { step: taken + 1 }))["states"]!
    },
    states: () => states,
    events: async () => (await seen.run(parameters, { states, ...feeds }))["x"]!,
    async dispose() {
      await step.dispose()
      await seen.dispose()
    },
  }
}
