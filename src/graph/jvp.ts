import { broadcastTo } from "./ops/broadcast.ts"
import { constant } from "./ops/source.ts"
import { pullback } from "./pullback.ts"
import type { Tensor } from "./tensor.ts"

/**
 * (∂y/∂x)·v, shaped like y, for a direction v shaped like x. The pullback u ↦ uᵀ(∂y/∂x) is linear in u, so its own pullback
 * at v is the product wanted, wherever u is taken; no op needs a second rule.
 */
export function jvp(y: Tensor, x: Tensor, v: Tensor): Tensor {
  const u = broadcastTo(constant(0), y.shape)
  const [row] = pullback(y, [x], u)
  return pullback(row!, [u], v)[0]!
}
