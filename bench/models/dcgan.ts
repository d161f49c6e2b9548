/** DCGAN (Radford et al. 2016), small: batch normalisation in both players, whose running statistics follow the training batches. */
import { leakyRelu } from "../../src/graph/ops/activation.ts"
import { add, neg } from "../../src/graph/ops/arithmetic.ts"
import { reshape } from "../../src/graph/ops/broadcast.ts"
import { mean } from "../../src/graph/ops/reduce.ts"
import { stopGradient } from "../../src/graph/ops/source.ts"
import { relu, softplus, tanh } from "../../src/graph/ops/unary.ts"
import type { Live } from "../../src/graph/parameter.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import type { Env } from "../../src/graph/trace.ts"
import type { Model } from "../../src/model/capabilities.ts"
import { convLayer, convTransposeLayer } from "../../src/nn/conv.ts"
import { dense } from "../../src/nn/dense.ts"
import { batchNorm } from "../../src/nn/norm.ts"
import { workloads } from "../workloads.ts"

const { event, sizes } = workloads.dcgan
const [few, many] = sizes.channels as [number, number]
const { kernel, stride, padding, latent, slope } = sizes

const leaky = (x: Tensor): Tensor => leakyRelu(x, slope)

export function dcgan(): Model {
  const [colours, side] = event as [number, number]
  const [half, quarter] = [side / 2, side / 4]
  const width = many * quarter * quarter
  const g = {
    unfold: dense(latent, width),
    first: batchNorm(width),
    grow: convTransposeLayer(many, few, kernel, { stride, padding, size: [half, half] }),
    second: batchNorm(few),
    draw: convTransposeLayer(few, colours, kernel, { stride, padding, size: [side, side] }),
  }
  const d = {
    narrow: convLayer(colours, few, kernel, { stride, padding }),
    wide: convLayer(few, many, kernel, { stride, padding }),
    norm: batchNorm(many),
    judge: dense(width, 1),
  }
  const params = {
    generator: {
      unfold: g.unfold.params,
      first: g.first.params,
      grow: g.grow.params,
      second: g.second.params,
      draw: g.draw.params,
    },
    critic: { narrow: d.narrow.params, wide: d.wide.params, norm: d.norm.params, judge: d.judge.params },
  }
  type P = Live<typeof params>
  const generate = ({ generator: p }: P, n: number, env: Env) => {
    const first = g.first.apply(p.first, g.unfold.apply(p.unfold, env.rng.normal([n, latent])), env)
    const grown = g.grow.apply(p.grow, reshape(relu(first.y), [n, many, quarter, quarter]))
    const second = g.second.apply(p.second, grown, env)
    return { x: tanh(g.draw.apply(p.draw, relu(second.y))), assign: [...first.assign, ...second.assign] }
  }
  const judge = ({ critic: p }: P, x: Tensor, env: Env) => {
    const wide = d.wide.apply(p.wide, leaky(d.narrow.apply(p.narrow, x)))
    const norm = d.norm.apply(p.norm, wide, env)
    const logits = d.judge.apply(p.judge, reshape(leaky(norm.y), [x.shape[0]!, width]))
    return { logits, assign: norm.assign }
  }
  return {
    event,
    density: "implicit",
    sampling: "none",
    params,
    players: {
      critic: {
        moves: ["critic"],
        play: (p: P, x: Tensor, env: Env) => {
          const fake = generate(p, x.shape[0]!, env)
          const onData = judge(p, x, env)
          const onFakes = judge(p, stopGradient(fake.x), env)
          const loss = add(mean(softplus(neg(onData.logits))), mean(softplus(onFakes.logits)))
          return { loss, assign: [...fake.assign, ...onFakes.assign] }
        },
      },
      generator: {
        moves: ["generator"],
        play: (p: P, x: Tensor, env: Env) => {
          const fake = generate(p, x.shape[0]!, env)
          const { logits, assign } = judge(p, fake.x, env)
          return { loss: mean(softplus(neg(logits))), assign: [...fake.assign, ...assign] }
        },
      },
    },
  }
}
