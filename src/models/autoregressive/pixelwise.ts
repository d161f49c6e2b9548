/**
 * What autoregressive models of binary pixels share: log p(x) = Σ log p(x_i | x_<i), the mean of p(x) over orders where there
 * are several, and maximum likelihood.
 */
import { type Shape, sizeOf } from "../../core/shape.ts"
import { bernoulli } from "../../dist/bernoulli.ts"
import { mul, sub } from "../../graph/ops/arithmetic.ts"
import { reshape } from "../../graph/ops/broadcast.ts"
import { concat } from "../../graph/ops/layout.ts"
import { logSumExp, mean } from "../../graph/ops/reduce.ts"
import type { Live } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"

interface Pixelwise<P> {
  readonly event: Shape
  readonly classes?: number
  readonly params: P
  /** Positions in the flat event, one list for each order. */
  readonly orders: readonly (readonly number[])[]
  /** Logits [batch, pixels] of flat events, each of what comes before it in order `k`. */
  logits(p: Live<P>, x: Tensor, k: number, env: Env): Tensor
  /** Logits in an order that the step draws, where training on all of them would cost too much. */
  drawnLogits?(p: Live<P>, x: Tensor, env: Env): Tensor
}

/** The model whose conditionals are these. */
export function pixelwise<P>({ event, classes, params, orders, logits, drawnLogits }: Pixelwise<P>) {
  type L = Live<P>
  const pixels = sizeOf(event)
  const flat = (x: Tensor) => reshape(x, [x.shape[0]!, pixels])

  // log (1/K) Σₖ pₖ(x), each pₖ a product of conditionals in its own order
  const logProb = (p: L, x: Tensor, env: Env): Tensor => {
    const inOrder = orders.map((_, k) => bernoulli(logits(p, flat(x), k, env)).logProb(flat(x))) // [batch] each
    if (orders.length === 1) return inOrder[0]!
    const columns = inOrder.map((logProbs) => reshape(logProbs, [x.shape[0]!, 1]))
    return sub(logSumExp(concat(columns, 1), 1), Math.log(orders.length))
  }
  const likelihood = (p: L, x: Tensor, env: Env) => {
    const draws = env.training && drawnLogits
    const logProbs = draws ? bernoulli(draws(p, flat(x), env)).logProb(flat(x)) : logProb(p, x, env)
    const loss = mul(mean(logProbs), -1)
    return { loss, metrics: { negativeLogLikelihood: loss } }
  }
  return {
    density: "tractable" as const,
    sampling: "ancestral" as const,
    event,
    ...(classes !== undefined && { classes }),
    params,
    orders,
    logProb,
    conditional: (p: L, x: Tensor, k: number, env: Env) => reshape(logits(p, flat(x), k, env), x.shape),
    players: { likelihood: { perDatum: true, play: likelihood } },
  }
}
