import { add } from "../graph/ops/arithmetic.ts"
import type { Operand } from "../graph/ops/source.ts"
import type { Live } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Env } from "../graph/trace.ts"

/** An invertible map of vectors [batch, dims], with its parameters. */
export interface Bijector<P> {
  readonly params: P
  /** z = f(x) [batch, dims] and log|det ∂z/∂x| in nats: [batch], or [] where it is the same for every x. */
  forward(p: Live<P>, x: Tensor, env: Env): Mapping
  /** x = f⁻¹(z) [batch, dims]. */
  inverse(p: Live<P>, z: Tensor, env: Env): Tensor
}
export interface Mapping {
  readonly z: Tensor
  readonly logDet: Operand
}

/** f_n ∘ … ∘ f₁: log-determinants add up (the chain rule of Dinh et al. 2014, section 3.1). */
export const chain = <P>(layers: readonly Bijector<P>[]): Bijector<readonly P[]> => ({
  params: layers.map(({ params }) => params),
  forward: (p, x, env) =>
    layers.reduce<Mapping>(
      ({ z, logDet }, layer, i) => {
        const next = layer.forward(p[i]!, z, env)
        return { z: next.z, logDet: add(logDet, next.logDet) }
      },
      { z: x, logDet: 0 },
    ),
  inverse: (p, z, env) => layers.reduceRight((y, layer, i) => layer.inverse(p[i]!, y, env), z),
})
