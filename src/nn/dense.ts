import { leakyRelu } from "../graph/ops/activation.ts"
import { add } from "../graph/ops/arithmetic.ts"
import { matmul } from "../graph/ops/matmul.ts"
import { relu, tanh } from "../graph/ops/unary.ts"
import { glorotUniform, type Init, type Live, weight, zeros } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"

export interface DenseInit {
  readonly weights?: Init
  readonly biases?: Init
}

/** An affine map x·w + b of rows: [batch, inputs] → [batch, outputs]. */
export function dense(inputs: number, outputs: number, { weights = glorotUniform, biases = zeros }: DenseInit = {}) {
  const params = { w: weight([inputs, outputs], weights), b: weight([outputs], biases) }
  return { params, apply: (p: Live<typeof params>, x: Tensor): Tensor => add(matmul(x, p.w), p.b) }
}

// 0.2: the slope below zero of Radford et al. 2016, section 3.
const leaky = (x: Tensor): Tensor => leakyRelu(x, 0.2)

/** Elementwise functions between layers, by the name configurations use. */
export const activations = { relu, leaky, tanh, linear: (x: Tensor): Tensor => x } as const
export type Activation = keyof typeof activations

/** Dense layers of these widths with an activation between them and a linear last layer: [batch, first] → [batch, last]. */
export function mlp(widths: readonly number[], activation: Activation, init: DenseInit = {}) {
  const layers = widths.slice(1).map((outputs, i) => dense(widths[i]!, outputs, init))
  const params = layers.map((layer) => layer.params)
  return {
    params,
    apply: (p: Live<typeof params>, x: Tensor): Tensor =>
      layers.reduce((h, layer, i) => {
        const y = layer.apply(p[i]!, h)
        return i === layers.length - 1 ? y : activations[activation](y)
      }, x),
  }
}
