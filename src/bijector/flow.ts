/** A density by change of variables: log p(x) = log p(f(x)) + log|det ∂f/∂x|. */
import { type Shape, sizeOf } from "../core/shape.ts"
import type { Base } from "../dist/base.ts"
import { add, mul } from "../graph/ops/arithmetic.ts"
import { broadcastTo, reshape } from "../graph/ops/broadcast.ts"
import { mean } from "../graph/ops/reduce.ts"
import { lift } from "../graph/ops/source.ts"
import type { Live } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Env } from "../graph/trace.ts"
import type { Bijector } from "./bijector.ts"

export interface Flow<P> {
  readonly event: Shape
  readonly bijector: Bijector<P>
  /** Distribution of z: the one object that is trained against and sampled from. */
  readonly base: Base
}

/** Everything that a bijector and the distribution of its noise say about events [batch, ...event]; the player lowers −mean log p in nats. */
export function flow<P>({ event, bijector, base }: Flow<P>) {
  const dims = sizeOf(event)
  const map = (p: Live<P>, x: Tensor, env: Env) => bijector.forward(p, reshape(x, [x.shape[0]!, dims]), env)
  const logProb = (p: Live<P>, x: Tensor, env: Env): Tensor => {
    const { z, logDet } = map(p, x, env)
    return add(base.logProb(z), logDet) // [batch]
  }
  const inverse = (p: Live<P>, z: Tensor, env: Env): Tensor =>
    reshape(bijector.inverse(p, z, env), [z.shape[0]!, ...event])
  return {
    event,
    params: bijector.params,
    logProb,
    forward: (p: Live<P>, x: Tensor, env: Env) => {
      const { z, logDet } = map(p, x, env)
      return { z, logDet: broadcastTo(lift(logDet), [x.shape[0]!]) }
    },
    inverse,
    sample: (p: Live<P>, n: number, env: Env) => inverse(p, base.sample(env.rng, [n, dims]), env),
    players: {
      likelihood: {
        perDatum: true,
        play: (p: Live<P>, x: Tensor, env: Env) => {
          const loss = mul(mean(logProb(p, x, env)), -1)
          return { loss, metrics: { negativeLogLikelihood: loss } }
        },
      },
    },
  }
}
