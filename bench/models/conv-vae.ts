/** A convolutional VAE, small: two convolutions in, two transposed ones out. */
import { diagonalNormal } from "../../src/dist/normal.ts"
import { sub } from "../../src/graph/ops/arithmetic.ts"
import { reshape, sum } from "../../src/graph/ops/broadcast.ts"
import { halves } from "../../src/graph/ops/layout.ts"
import { bernoulliLogProb } from "../../src/graph/ops/likelihood.ts"
import { mean } from "../../src/graph/ops/reduce.ts"
import { relu } from "../../src/graph/ops/unary.ts"
import type { Live } from "../../src/graph/parameter.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import type { Env } from "../../src/graph/trace.ts"
import type { Model } from "../../src/model/capabilities.ts"
import { convLayer, convTransposeLayer } from "../../src/nn/conv.ts"
import { dense } from "../../src/nn/dense.ts"
import { workloads } from "../workloads.ts"

const { event, sizes } = workloads["conv-vae"]
const [few, many] = sizes.channels as [number, number]
const { kernel, stride, padding, latent } = sizes

export function convVae(): Model {
  const [colours, side] = event as [number, number]
  const [half, quarter] = [side / 2, side / 4]
  const width = many * quarter * quarter
  const layers = {
    narrow: convLayer(colours, few, kernel, { stride, padding }),
    wide: convLayer(few, many, kernel, { stride, padding }),
    code: dense(width, 2 * latent),
    unfold: dense(latent, width),
    grow: convTransposeLayer(many, few, kernel, { stride, padding, size: [half, half] }),
    draw: convTransposeLayer(few, colours, kernel, { stride, padding, size: [side, side] }),
  }
  const params = Object.fromEntries(Object.entries(layers).map(([name, layer]) => [name, layer.params])) as {
    [name in keyof typeof layers]: (typeof layers)[name]["params"]
  }
  type P = Live<typeof params>
  const posterior = (p: P, x: Tensor) => {
    const h = relu(layers.wide.apply(p.wide, relu(layers.narrow.apply(p.narrow, x))))
    return diagonalNormal(...halves(layers.code.apply(p.code, reshape(h, [x.shape[0]!, width]))))
  }
  const logits = (p: P, z: Tensor) => {
    const h = reshape(relu(layers.unfold.apply(p.unfold, z)), [z.shape[0]!, many, quarter, quarter])
    return layers.draw.apply(p.draw, relu(layers.grow.apply(p.grow, h)))
  }
  const play = (p: P, x: Tensor, { rng }: Env) => {
    const q = posterior(p, x)
    const fit = sum(bernoulliLogProb(logits(p, q.sample(rng)), x), [1, 2, 3])
    return { loss: mean(sub(q.kl(), fit)) }
  }
  return { event, density: "none", sampling: "none", params, players: { evidence: { perDatum: true, play } } }
}
