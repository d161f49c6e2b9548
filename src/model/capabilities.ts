/**
 * Goodfellow's tree as types: what a model can say about p(x), how it draws samples, and what else it can do. `L` is the
 * live parameter tree; log-probabilities are [batch], in nats.
 */
import type { NdArray } from "../core/array.ts"
import type { Shape } from "../core/shape.ts"
import type { Parameters } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Env, Rng } from "../graph/trace.ts"

/** The two terms of the evidence lower bound, each [batch], in nats: elbo = reconstruction − kl. */
export interface Elbo {
  readonly reconstruction: Tensor
  readonly kl: Tensor
}

export interface Tractable<L> {
  readonly density: "tractable"
  /** log p(x), exactly. */
  logProb(p: L, x: Tensor, env: Env): Tensor
}
export interface Bounded<L> {
  readonly density: "bounded"
  /** log p(x) ≥ E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)), with one sample of z. */
  elbo(p: L, x: Tensor, env: Env): Elbo
  /** Importance samples per datum in the objective it is trained on; 1 is the ELBO. */
  readonly samples: number
  /** log p(x|z) + log p(z) − log q(z|x) for `samples` draws of z from q(z|x): [batch, samples]. */
  logWeights(p: L, x: Tensor, samples: number, env: Env): Tensor
}
export interface Unnormalized<L> {
  readonly density: "unnormalized"
  /** F(x) = −log p(x) − log Z, exactly or from above: [batch], in nats. */
  freeEnergy(p: L, x: Tensor, env: Env): Tensor
  readonly freeEnergyIs: "exact" | "upper bound"
  /** Where log Z can be summed term by term; absent where there are too many states. */
  readonly enumeration?: Enumeration<L>
  /** Where log Z can be estimated by annealed importance sampling. */
  readonly annealing?: Annealing<L>
}
/** log Z = log Σ_s exp logDensity(s) over all states s of a few binary units. */
export interface Enumeration<L> {
  readonly units: number
  /** Of states [n, units]: [n], in nats. */
  logDensity(p: L, states: Tensor): Tensor
}
/** Where a path of distributions stands: `beta` [] from 0, the base of independent units with logits `base` [units], to 1, the model. */
export interface PathPoint {
  readonly beta: Tensor
  readonly base: Tensor
}
/** A path of distributions over binary states [chains, units], those of the model's own chain, from one whose log Z is known (Salakhutdinov and Murray 2008). */
export interface Annealing<L> {
  readonly units: number
  /** E[states | x]: [batch, units]. Averaged over data it gives the rates of the base. */
  expected(p: L, x: Tensor, env: Env): Tensor
  /** Unnormalised: [chains], in nats. */
  logDensity(p: L, states: Tensor, at: PathPoint): Tensor
  /** A reversible step that leaves the distribution at this point invariant: [chains, units]. */
  transition(p: L, states: Tensor, at: PathPoint, env: Env): Tensor
  /** log Z at β = 0, a scalar. */
  baseLogPartition(p: L, base: Tensor): Tensor
}
/** Samples can be drawn, densities of data cannot be asked for. */
export interface Implicit {
  readonly density: "implicit"
}
/** The model is no distribution of x. */
export interface NoDensity {
  readonly density: "none"
}

export interface Direct<L> {
  readonly sampling: "direct"
  /** n samples: [n, ...event]. */
  sample(p: L, n: number, env: Env): Tensor
}
export interface Ancestral<L> {
  readonly sampling: "ancestral"
  /** Orders in which the pixels are visited, as positions in the flat event; p(x) is the mean over orders of Π p(x_i | x_<i). */
  readonly orders: readonly (readonly number[])[]
  /** Logits of each binary pixel given those before it in order `k`: [batch, ...event]. */
  conditional(p: L, x: Tensor, k: number, env: Env): Tensor
  /** The same conditionals of the only order, one pixel after the other; where it exists, sampling costs one pass, not one a pixel. */
  readonly recurrence?: Recurrence<L>
}
/** A state that carries what was seen; `at` [1] counts visits from 0. */
export interface Recurrence<L> {
  /** Before any pixel: [n, units]. */
  start(p: L, n: number): Tensor
  /** Logits [n, 1] of the pixel visited then. */
  logits(p: L, state: Tensor, at: Tensor): Tensor
  /** The state [n, units] after that pixel has taken its values [n, 1]. */
  after(p: L, state: Tensor, at: Tensor, value: Tensor): Tensor
}
export interface Chain<L> {
  readonly sampling: "chain"
  /** Length of a chain's flat state. */
  readonly units: number
  /** Steps before a state counts as a sample, unless the user says otherwise. */
  readonly burnIn: number
  /** Where n chains begin: [n, units]. */
  start(p: L, n: number, env: Env): Tensor
  /** One step of each chain: [n, units]. */
  transition(p: L, states: Tensor, env: Env): Tensor
  /** Whether `emit` gives a sample of the event or its expectation given the state, which looks smoother. */
  readonly emits: "sample" | "expectation"
  /** The event a state stands for: [n, ...event]. */
  emit(p: L, states: Tensor): Tensor
}
export interface NoSampling {
  readonly sampling: "none"
}

/** A deterministic code of x: [batch, latent]. */
export interface Encodes<L> {
  encode(p: L, x: Tensor, env: Env): Tensor
}
/** The expected datum of a code: [batch, ...event]. */
export interface Decodes<L> {
  readonly latent: number
  decode(p: L, z: Tensor, env: Env): Tensor
}
/** A bijection between events and noise, with log |det ∂z/∂x| [batch] in nats. */
export interface Invertible<L> {
  forward(p: L, x: Tensor, env: Env): { readonly z: Tensor; readonly logDet: Tensor }
  inverse(p: L, z: Tensor, env: Env): Tensor
}
/** A flow in continuous time: the event, flat, is where z goes from noise at t = 0 to t = 1. */
export interface Continuous<L> {
  /** dz/dt [batch, dims] at z [batch, dims] and time t []. */
  velocity(p: L, z: Tensor, t: Tensor): Tensor
  /** Distribution of z at t = 0. */
  readonly base: {
    /** [batch], in nats. */
    logProb(z: Tensor): Tensor
    sample(rng: Rng, shape: Shape): Tensor
  }
}
/** p(y|x): logits [batch, labels]. */
export interface Classifies<L> {
  readonly labels: number
  classify(p: L, x: Tensor, env: Env): Tensor
}
/** Tells data from the model's samples: the adversary of an implicit model. */
export interface Criticises<L> {
  /** log D(x) − log(1 − D(x)), where D(x) is the share of data among data and samples at x: logits [batch]. */
  critic(p: L, x: Tensor, env: Env): Tensor
  /** What the sampler lowers, for samples on which the critic has these logits: [batch]. */
  samplerLoss(logits: Tensor): Tensor
}
/** What an exported file computes, by the names of its ports; a conditional one reads its labels from the port `label`. */
export interface Exports<L> {
  readonly ports: {
    readonly encoder?: (p: L, x: Tensor, env: Env) => Readonly<Record<string, Tensor>>
    readonly decoder?: (p: L, z: Tensor, env: Env) => Readonly<Record<string, Tensor>>
  }
}

/** One who moves some of the weights to lower a loss. */
export interface Player<L> {
  /** Paths, or their beginnings, of the weights it moves; all of them unless told. */
  readonly moves?: readonly string[]
  /**
   * Its loss and metrics are means over the batch of terms that each see one datum, its label and its own row of noise, so that
   * shares of the batch may be worked on apart. Absent where data see each other, as through batch statistics.
   */
  readonly perDatum?: boolean
  play(p: L, x: Tensor, env: Env): Move
}
/** What a player wants in one step: a loss to lower, numbers to show, and next values of the model's buffers. */
export interface Move {
  readonly loss: Tensor
  readonly metrics?: Readonly<Record<string, Tensor>>
  /** Pairs of a buffer's live tensor and its next value, such as persistent chains. */
  readonly assign?: readonly (readonly [buffer: Tensor, next: Tensor])[]
}

/** First and second moments of the training events, flattened: what a closed-form fit needs. */
export interface Moments {
  readonly count: number
  /** [dimensions]. */
  readonly mean: Float64Array
  /** [dimensions, dimensions], row-major, divided by the count. */
  readonly covariance: Float64Array
}
/** The events of one split, prepared as the model sees them. */
export interface Events {
  readonly count: number
  /** Rows `first … first + count − 1`, flattened: [count, dimensions]. */
  read(first: number, count: number): Float32Array
  moments(): Promise<Moments>
}
/** What a fit may look at: it learns on `train` and chooses on `validation`. */
export interface FitData {
  readonly dimensions: number
  readonly train: Events
  readonly validation: Events
  readonly seed: number
}
/** Fitted to the data directly instead of by gradient steps. */
export interface Fitted {
  fit(data: FitData): Promise<Map<string, NdArray>>
}

/**
 * What p(x) is: probabilities of zeros and ones (`binary`); a density that is constant over each cell [k, k + 1)/256 of every
 * pixel, so that it gives probabilities of grey levels exactly (`levels`); or any other density of real numbers (`real`).
 */
export type Support = "binary" | "levels" | "real"

/** What every model has: parameters, the shape of a datum, and players that train it (none when it is fitted). */
export interface Common<L> {
  readonly event: Shape
  /** Number of classes the model is conditioned on, as one-hot `env.label`; absent where it is not. */
  readonly classes?: number
  /** Stated by models whose likelihoods could be mistaken for those of another kind. */
  readonly support?: Support
  /** What a reader must know before comparing its likelihoods: a clause that stands beside them. */
  readonly caution?: string
  readonly params: unknown
  readonly players: Readonly<Record<string, Player<L>>>
}

type Density<L> = Tractable<L> | Bounded<L> | Unnormalized<L> | Implicit | NoDensity
type Sampling<L> = Direct<L> | Ancestral<L> | Chain<L> | NoSampling
/** Any model: the union that `switch (model.density)` narrows. */
export type Model<L = any> = Common<L> &
  Density<L> &
  Sampling<L> &
  Partial<Encodes<L> & Decodes<L> & Invertible<L> & Continuous<L> & Classifies<L> & Criticises<L> & Exports<L> & Fitted>

/** A model and its numbers. */
export interface Trained<M> {
  readonly model: M
  readonly parameters: Parameters
}

/** A requirement on a model that, unmet, tells the reader of the compiler's message why. */
export type Needs<M, Capability, Why extends string> = M extends Capability ? unknown : { readonly cannot: Why }
