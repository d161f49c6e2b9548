/** Traces of Jacobians of maps from rows to rows, by pullbacks: what the change of variables in continuous time needs. */
import { jvp } from "./jvp.ts"
import { add, mul } from "./ops/arithmetic.ts"
import { broadcastTo, reshape, sum } from "./ops/broadcast.ts"
import { slice } from "./ops/layout.ts"
import { constant } from "./ops/source.ts"
import { pullback } from "./pullback.ts"
import type { Tensor } from "./tensor.ts"

/** tr ∂v/∂z [batch] of v(z) [batch, dims], exactly: one pullback a dimension. Each row of v may depend on its own row of z only. */
export function exactTrace(v: Tensor, z: Tensor): Tensor {
  const dims = z.shape[1]!
  const terms = Array.from({ length: dims }, (_, i) => {
    const unit = constant({ shape: [1, dims], data: Float32Array.from({ length: dims }, (_, j) => (i === j ? 1 : 0)) })
    const [row] = pullback(v, [z], broadcastTo(unit, z.shape))
    return reshape(slice(row!, 1, i, i + 1), [z.shape[0]!])
  })
  return terms.reduce((a, b) => add(a, b))
}

/** εᵀ (∂v/∂z) ε [batch], whose mean over ε with unit covariance is the trace (Hutchinson 1990). */
export function estimatedTrace(v: Tensor, z: Tensor, epsilon: Tensor): Tensor {
  const [row] = pullback(v, [z], epsilon)
  return sum(mul(row!, epsilon), 1)
}

/** The same estimate from the other side, εᵀ ((∂v/∂z) ε): a product of the Jacobian in place of a pullback. */
export function forwardTrace(v: Tensor, z: Tensor, epsilon: Tensor): Tensor {
  return sum(mul(jvp(v, z, epsilon), epsilon), 1)
}
