import { add, mul } from "../graph/ops/arithmetic.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { lift, type Operand } from "../graph/ops/source.ts"
import { sigmoid } from "../graph/ops/unary.ts"
import { glorotUniform, type Live, normalInit, weight, zeros } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"

/** A dense layer that is told the time t: (x·w + b) ⊙ σ(t·gate + gateBias) + t·shift, [batch, inputs] → [batch, outputs]. */
export function timedDense(inputs: number, outputs: number) {
  const params = {
    w: weight([inputs, outputs], glorotUniform),
    b: weight([outputs], zeros),
    gate: weight([outputs], normalInit(1)),
    gateBias: weight([outputs], normalInit(1)),
    shift: weight([outputs], normalInit(0.1)),
  }
  return {
    params,
    apply: (p: Live<typeof params>, x: Tensor, t: Operand): Tensor => {
      const time = lift(t) // [], so that no batch axis is ever made of a constant
      const open = sigmoid(add(mul(p.gate, time), p.gateBias))
      return add(mul(add(matmul(x, p.w), p.b), open), mul(p.shift, time))
    },
  }
}

/** Timed layers of these widths with an activation between them: [batch, first] → [batch, last]. */
export function timedMlp(widths: readonly number[], activation: (x: Tensor) => Tensor) {
  const layers = widths.slice(1).map((outputs, i) => timedDense(widths[i]!, outputs))
  const params = layers.map((layer) => layer.params)
  return {
    params,
    apply: (p: Live<typeof params>, x: Tensor, t: Operand): Tensor =>
      layers.reduce((h, layer, i) => {
        const y = layer.apply(p[i]!, h, t)
        return i === layers.length - 1 ? y : activation(y)
      }, x),
  }
}
