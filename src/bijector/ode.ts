/** Flows in continuous time: an event is where noise arrives that a velocity field carries from t = 0 to t = 1. */

import type { Shape } from "../core/shape.ts"
import { estimatedTrace, exactTrace } from "../graph/jacobian.ts"
import { add, greater, mul, sub } from "../graph/ops/arithmetic.ts"
import { constant, type Operand } from "../graph/ops/source.ts"
import type { Live } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Env, Rng } from "../graph/trace.ts"
import type { Bijector } from "./bijector.ts"

/** Noise of unit covariance for trace estimates. Signs have the least variance of all such noise with independent entries. */
export const traceNoises = {
  rademacher: (rng: Rng, shape: Shape): Tensor => sub(mul(greater(rng.uniform(shape), 0.5), 2), 1),
  gaussian: (rng: Rng, shape: Shape): Tensor => rng.normal(shape),
} as const
export type TraceNoise = keyof typeof traceNoises

/** Time derivatives of the parts of a state. */
export type Derivatives = (state: readonly Tensor[], t: number) => readonly Tensor[]
export interface Grid {
  readonly from: number
  readonly to: number
  readonly steps: number
}

/** The state at `to`, by the classic Runge–Kutta method of order 4 in equal steps; four evaluations a step, gradients through it. */
export function rungeKutta(f: Derivatives, start: readonly Tensor[], { from, to, steps }: Grid): readonly Tensor[] {
  const h = (to - from) / steps
  const along = (y: readonly Tensor[], by: number, k: readonly Tensor[]) =>
    y.map((part, i) => add(part, mul(k[i]!, by)))
  let y = start
  for (let step = 0; step < steps; step++) {
    const t = from + step * h
    const k1 = f(y, t)
    const k2 = f(along(y, h / 2, k1), t + h / 2)
    const k3 = f(along(y, h / 2, k2), t + h / 2)
    const k4 = f(along(y, h, k3), t + h)
    y = y.map((part, i) => {
      const middle = mul(add(k2[i]!, k3[i]!), 2)
      return add(part, mul(add(add(k1[i]!, middle), k4[i]!), h / 6))
    })
  }
  return y
}

export interface ContinuousOptions<P> {
  readonly params: P
  /** dz/dt [batch, dims] at z [batch, dims] and time t in [0, 1]. */
  velocity(p: Live<P>, z: Tensor, t: Operand): Tensor
  /** Runge–Kutta steps from one end to the other. */
  readonly steps: number
  /** Noise of the trace estimate in training; outside training the trace is exact. */
  readonly noise: TraceNoise
}

/**
 * z(0) of an event z(1) with d log p/dt = −tr ∂v/∂z (Chen et al. 2018, eq. 8), so log|det| = −∫₀¹ tr dt. In training one
 * noise serves the whole solve, which makes the estimate an unbiased one of the integral (Grathwohl et al. 2019, section 3.1).
 */
export function continuous<P>({ params, velocity, steps, noise }: ContinuousOptions<P>): Bijector<P> {
  return {
    params,
    forward(p, x, env) {
      const traceOf = traceIn(env, x.shape, noise)
      const f: Derivatives = ([z], t) => {
        const v = velocity(p, z!, t)
        return [v, traceOf(v, z!)]
      }
      const [z, logDet] = rungeKutta(f, [x, constant(0)], { from: 1, to: 0, steps })
      return { z: z!, logDet: logDet! }
    },
    inverse(p, z, _) {
      const [x] = rungeKutta(([y], t) => [velocity(p, y!, t)], [z], { from: 0, to: 1, steps })
      return x!
    },
  }
}

function traceIn({ training, rng }: Env, shape: Shape, noise: TraceNoise): (v: Tensor, z: Tensor) => Tensor {
  if (!training) return exactTrace
  const epsilon = traceNoises[noise](rng.fork("trace"), shape)
  return (v, z) => estimatedTrace(v, z, epsilon)
}
