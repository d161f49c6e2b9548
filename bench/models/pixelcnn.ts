/** A plain PixelCNN: masked convolutions, no gates. */
import { sub } from "../../src/graph/ops/arithmetic.ts"
import { sum } from "../../src/graph/ops/broadcast.ts"
import { bernoulliLogProb } from "../../src/graph/ops/likelihood.ts"
import { mean } from "../../src/graph/ops/reduce.ts"
import { relu } from "../../src/graph/ops/unary.ts"
import type { Live } from "../../src/graph/parameter.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import type { Model } from "../../src/model/capabilities.ts"
import { causalConv, convLayer } from "../../src/nn/conv.ts"
import { workloads } from "../workloads.ts"

const { event, sizes } = workloads.pixelcnn
const { channels, firstKernel, kernel, layers: depth } = sizes

export function pixelcnn(): Model {
  const layers = [
    causalConv(event[0]!, channels, firstKernel, "A"),
    ...Array.from({ length: depth }, () => causalConv(channels, channels, kernel, "B")),
    convLayer(channels, channels, 1),
    convLayer(channels, event[0]!, 1),
  ]
  const params = layers.map((layer) => layer.params)
  type P = Live<typeof params>
  const logits = (p: P, x: Tensor) =>
    layers.reduce((h, layer, i) => {
      const y = layer.apply(p[i]! as never, h) // each layer with its own parameters, which a union of layers cannot say
      return i === layers.length - 1 ? y : relu(y)
    }, x)
  const play = (p: P, x: Tensor) => ({ loss: mean(sub(0, sum(bernoulliLogProb(logits(p, x), x), [1, 2, 3]))) })
  return { event, density: "none", sampling: "none", params, players: { likelihood: { perDatum: true, play } } }
}
