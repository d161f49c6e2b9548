/**
 * Annealed importance sampling of log Z (Neal 2001), on the path of Salakhutdinov and Murray 2008 from independent units
 * with the data's rates to the model, and the same path walked backwards from the model's own chains.
 */
import type { NdArray } from "../core/array.ts"
import { fillUniform } from "../core/random.ts"
import { evaluationSeed } from "../data/preprocess.ts"
import { sub } from "../graph/ops/arithmetic.ts"
import { input } from "../graph/ops/source.ts"
import type { Annealing, Chain, Model, Needs, Trained, Unnormalized } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { compileFor, type EvaluationData, type ModelProgram, openEvaluator } from "./evaluator.ts"
import { logMeanExp } from "./statistics.ts"

/** What annealing needs: a path over the states of the model's own chain. */
type Anneals = Unnormalized<any> & { readonly annealing: Annealing<any> } & Chain<any>
export type AnnealsOnly<M> = Needs<M, Anneals, "no annealed path: the model knows no distribution to start it from.">

export interface AnnealingOptions extends SessionOptions {
  /** Independent weights; 100 unless told. */
  readonly chains?: number
  /** Inverse temperatures from 0 to 1; `unevenBetas(1000)` unless told. */
  readonly betas?: readonly number[]
  /** Steps of the model's own chains before the path backwards; the model's own number unless told. */
  readonly burnIn?: number
  readonly seed?: number
  readonly signal?: AbortSignal
  /** Called with the share of the work done. */
  readonly onProgress?: (done: number) => void
}

/** log Z in nats from the logarithm of a mean of importance weights. */
export interface WeighedPartition {
  readonly value: number
  /** By the delta method: standard deviation of the weights over their mean and √chains. */
  readonly standardError: number
  /** (Σw)² / Σw²: how many of the chains carry the mean. Near 1 the standard error means nothing. */
  readonly effectiveChains: number
}
export interface AnnealedPartition extends WeighedPartition {
  /**
   * The path walked from β = 1 to 0: too high on average where the forward estimate is too low, so that the two enclose
   * log Z. Its chains begin where the model's own chains stand after their burn-in, which is only nearly the model.
   */
  readonly reverse: WeighedPartition
}

/** n even steps of β from 0 to 1: n + 1 numbers. */
export const evenBetas = (n: number): number[] => Array.from({ length: n + 1 }, (_, i) => i / n)

/** n steps of β spaced like those of Salakhutdinov and Murray 2008: 500 to β = ½, 4,000 to 0.9 and 10,000 to 1, in that proportion. */
export function unevenBetas(n: number): number[] {
  const [first, second] = [Math.max(1, Math.round((n * 500) / 14_500)), Math.round((n * 4000) / 14_500)]
  const span = (from: number, to: number, steps: number) =>
    Array.from({ length: steps }, (_, i) => from + ((to - from) * i) / steps)
  return [...span(0, 0.5, first), ...span(0.5, 0.9, second), ...span(0.9, 1, n - first - second), 1]
}

/** log Z as an estimate, from below on average, with the reverse estimate beside it. `data` gives the rates of the base: its training split. */
export async function annealedPartition<M extends Model>(
  trained: Trained<M> & AnnealsOnly<M>,
  data: EvaluationData,
  options: AnnealingOptions = {},
): Promise<AnnealedPartition> {
  const model = trained.model as Model & Anneals // guaranteed by the parameter's type
  const { chains = 100, betas = unevenBetas(1000), burnIn = model.burnIn, signal, onProgress, ...given } = options
  const { seed = evaluationSeed } = given
  const of: Annealed = { trained: { model, parameters: trained.parameters }, session: { ...given, seed } }
  const base = await baseOf(of, data)
  const path = await openPath(of, chains, base)
  const steps = 2 * (betas.length - 1) + burnIn
  let taken = 0
  const each = () => {
    signal?.throwIfAborted()
    onProgress?.(++taken / steps)
  }
  try {
    const forward = await path.walk(drawBase(base, chains, seed), betas, { item: forwardNoise, each })
    const stay = new Array<number>(burnIn + 1).fill(1) // every step at β = 1: the model's own chain
    const settled = await path.walk(await startOf(of, chains), stay, { item: settlingNoise, each })
    const backward = await path.walk(settled.states, [...betas].reverse(), { item: reverseNoise, each })
    const mean = weigh(forward.logWeights)
    const inverse = weigh(backward.logWeights)
    return {
      ...mean,
      value: path.baseLogPartition + mean.value,
      reverse: { ...inverse, value: path.baseLogPartition - inverse.value },
    }
  } finally {
    await path.dispose()
  }
}

// Which of the three walks noise belongs to.
const [forwardNoise, settlingNoise, reverseNoise] = [0, 1, 2]

interface Annealed {
  readonly trained: Trained<Model & Anneals>
  readonly session: SessionOptions & { readonly seed: number }
}

/** Log-mean of weights given by their logarithms, never the mean of logarithms, with its error and effective number. */
export function weigh(logWeights: ArrayLike<number>): WeighedPartition {
  const n = logWeights.length
  const value = logMeanExp(logWeights)
  // Mean of (w/w̄)²; the squared coefficient of variation is one less.
  const second = Array.from(logWeights).reduce((total, w) => total + Math.exp(2 * (w - value)), 0) / n
  const variation = Math.max(0, second - 1) * (n / (n - 1))
  return { value, standardError: Math.sqrt(variation / n), effectiveChains: n / second }
}

/** Logits of the base [units]: the expected states of the training data, each rate as if two more data had been seen, one on, one off. */
async function baseOf({ trained: { model, parameters }, session }: Annealed, data: EvaluationData): Promise<NdArray> {
  const { units, expected } = model.annealing
  const evaluator = await openEvaluator(model, (p, x, env) => ({ states: expected(p, x, env) }), session)
  const { states } = await evaluator.over(parameters, { ...data, split: "train" })
  await evaluator.dispose()
  const count = states!.length / units
  const on = new Float64Array(units)
  for (let i = 0; i < states!.length; i++) on[i % units]! += states![i]!
  return { shape: [units], data: Float32Array.from(on, (total) => Math.log((total + 1) / (count - total + 1))) }
}

/** Independent units with these logits: [chains, units]. */
function drawBase({ data: logits }: NdArray, chains: number, seed: number): NdArray {
  const units = logits.length
  const noise = fillUniform({ seed, name: "ais/base" }, new Float32Array(chains * units))
  return {
    shape: [chains, units],
    data: noise.map((u, i) => (u * (1 + Math.exp(-logits[i % units]!)) < 1 ? 1 : 0)),
  }
}

async function startOf({ trained: { model, parameters }, session }: Annealed, chains: number): Promise<NdArray> {
  const program = await compileFor(model, (p, env) => ({ states: model.start(p, chains, env) }), session)
  const { states } = await program.run(parameters, {}, { step: 0, item: settlingNoise })
  await program.dispose()
  return states!
}

interface Walk {
  readonly states: NdArray
  readonly logWeights: Float64Array
}
interface Path {
  readonly baseLogPartition: number
  /** Moves states along β, weighing each by the ratio of densities before each move. */
  walk(
    start: NdArray,
    betas: readonly number[],
    options: { readonly item: number; readonly each: () => void },
  ): Promise<Walk>
  dispose(): Promise<void>
}

const scalar = (value: number): NdArray => ({ shape: [], data: Float32Array.of(value) })

/** One program for every β: log p_to(x) − log p_from(x) of the states, then a step that leaves p_to invariant. */
async function openPath({ trained, session }: Annealed, chains: number, base: NdArray): Promise<Path> {
  const { model, parameters } = trained
  const { annealing } = model
  const logits = input("base", base.shape)
  const whole = await compileFor(model, (p) => ({ logZ: annealing.baseLogPartition(p, logits) }), session)
  const { logZ } = await whole.run(parameters, { base })
  await whole.dispose()
  const step: ModelProgram = await compileFor(
    model,
    (p, env) => {
      const states = input("states", [chains, annealing.units])
      const [from, to] = ["from", "to"].map((name) => ({ beta: input(name, []), base: logits }))
      return {
        ratio: sub(annealing.logDensity(p, states, to!), annealing.logDensity(p, states, from!)),
        next: annealing.transition(p, states, to!, env),
      }
    },
    session,
  )
  return {
    baseLogPartition: logZ!.data[0]!,
    async walk(start, betas, { item, each }) {
      let states = start
      const logWeights = new Float64Array(chains)
      for (let k = 1; k < betas.length; k++) {
        const feeds = { states, base, from: scalar(betas[k - 1]!), to: scalar(betas[k]!) }
        const { ratio, next } = await step.run(parameters, feeds, { step: k, item })
        for (let i = 0; i < chains; i++) logWeights[i]! += ratio!.data[i]!
        states = next!
        each()
      }
      return { states, logWeights }
    },
    dispose: () => step.dispose(),
  }
}
