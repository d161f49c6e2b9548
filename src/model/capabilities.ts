/**
 * Goodfellow's tree as types: what a model can say about p(x), how it draws samples, and what else it can do. `L` is the
 * live parameter tree; log-probabilities are [batch], in nats.
 */
import type { NdArray } from "../core/array.ts"
import type { Shape } from "../core/shape.ts"
import type { Parameters } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Env } from "../graph/trace.ts"

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
export interface NoDensity {
  readonly density: "none"
}

export interface Direct<L> {
  readonly sampling: "direct"
  /** n samples: [n, ...event]. */
  sample(p: L, n: number, env: Env): Tensor
}
export interface NoSampling {
  readonly sampling: "none"
}

/** A deterministic code of x: [batch, latent]. */
export interface Encodes<L> {
  encode(p: L, x: Tensor): Tensor
}
/** The expected datum of a code: [batch, ...event]. */
export interface Decodes<L> {
  readonly latent: number
  decode(p: L, z: Tensor): Tensor
}
/** What an exported file computes, by the names of its ports. */
export interface Exports<L> {
  readonly ports: {
    readonly encoder?: (p: L, x: Tensor) => Readonly<Record<string, Tensor>>
    readonly decoder?: (p: L, z: Tensor) => Readonly<Record<string, Tensor>>
  }
}

/** One who moves some of the weights to lower a loss. */
export interface Player<L> {
  /** Paths, or their beginnings, of the weights it moves; all of them unless told. */
  readonly moves?: readonly string[]
  play(p: L, x: Tensor, env: Env): { readonly loss: Tensor; readonly metrics?: Readonly<Record<string, Tensor>> }
}

/** First and second moments of the training events, flattened: what a closed-form fit needs. */
export interface Moments {
  readonly count: number
  /** [dimensions]. */
  readonly mean: Float64Array
  /** [dimensions, dimensions], row-major, divided by the count. */
  readonly covariance: Float64Array
}
/** Fitted in closed form instead of by steps. */
export interface ClosedForm {
  fit(moments: Moments): Map<string, NdArray>
}

/** What every model has: parameters, the shape of a datum, and players that train it (none when it is fitted). */
export interface Common<L> {
  readonly event: Shape
  readonly params: unknown
  readonly players: Readonly<Record<string, Player<L>>>
}

type Density<L> = Tractable<L> | Bounded<L> | NoDensity
type Sampling<L> = Direct<L> | NoSampling
/** Any model: the union that `switch (model.density)` narrows. */
export type Model<L = any> = Common<L> &
  Density<L> &
  Sampling<L> &
  Partial<Encodes<L> & Decodes<L> & Exports<L> & ClosedForm>

/** A model and its numbers. */
export interface Trained<M> {
  readonly model: M
  readonly parameters: Parameters
}

/** A requirement on a model that, unmet, tells the reader of the compiler's message why. */
export type Needs<M, Capability, Why extends string> = M extends Capability ? unknown : { readonly cannot: Why }
