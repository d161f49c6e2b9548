/**
 * The generative stochastic network of Bengio, Laufer, Alain and Yosinski 2014 with one hidden layer: a denoising
 * autoencoder whose corruption and noisy hidden units make its reconstructions the transition of a Markov chain. The
 * chain's stationary distribution is the model of x; its density has no formula. Peculiar here: the chain's state is the
 * hidden layer, from which the next pixels are sampled; what a state stands for is the expectation of those pixels. Weights
 * are tied. Training walks back (Bengio et al. 2013, alg. 1) with a fixed number of steps, and departs from it in its first
 * step, which corrupts each datum to a share of its own: tied weights and an odd tanh otherwise keep chains that start from
 * noise in a world of inverted digits, where training has never been.
 */
import { z } from "zod"
import { sizeOf } from "../../core/shape.ts"
import { bernoulli } from "../../dist/bernoulli.ts"
import { add, greater, mul, neg, sub } from "../../graph/ops/arithmetic.ts"
import { reshape } from "../../graph/ops/broadcast.ts"
import { matmul } from "../../graph/ops/matmul.ts"
import { mean } from "../../graph/ops/reduce.ts"
import { tanh } from "../../graph/ops/unary.ts"
import { glorotUniform, type Live, weight, zeros } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import { defineModel } from "../../model/define.ts"
import { bengio2013, bengio2014 } from "../citations.ts"

const config = z.strictObject({
  hidden: z.int().min(1).max(100_000).default(1500).meta({ title: "Hidden units" }),
  corruption: z
    .number()
    .min(0)
    .max(1)
    .default(0.4)
    .meta({ title: "Share of pixels replaced by salt or pepper before each encoding" }),
  hiddenNoise: z
    .number()
    .min(0)
    .default(2)
    .meta({ title: "σ of the Gaussian noise before and after the hidden units' tanh" }),
  walkback: z.int().min(1).max(100).default(4).meta({ title: "Steps of the chain in a training step" }),
})

export const gsn = defineModel({
  name: "gsn",
  title: "Generative stochastic network",
  cites: [bengio2014, bengio2013],
  config,
  density: "implicit",
  sampling: "chain",
  data: () => ({ binarize: "none", dequantize: false }),
  training: { steps: 10_000, batchSize: 100, learningRate: 1e-3, learningRateEnd: 1e-4 },
  build({ hidden, corruption, hiddenNoise, walkback }, event) {
    const visible = sizeOf(event)
    const params = {
      w: weight([visible, hidden], glorotUniform),
      b: weight([visible], zeros),
      c: weight([hidden], zeros),
    }
    type P = Live<typeof params>
    type Noise = Pick<Env, "rng">

    // Salt and pepper: a pixel is kept with probability 1 − corruption, else 0 or 1 by a fair coin; one number decides all.
    const corrupt = (x: Tensor, { rng }: Noise, level: Tensor | number = corruption) => {
      const u = rng.fork("corruption").uniform(x.shape)
      const kept = greater(u, level)
      return add(mul(kept, x), sub(greater(u, mul(level, 0.5)), kept))
    }
    // h = tanh(c + x̃W + σ·ε) + σ·ε′
    const encode = (p: P, x: Tensor, noise: Noise, level?: Tensor) => {
      const around = (mid: Tensor, name: string) => add(mid, mul(noise.rng.fork(name).normal(mid.shape), hiddenNoise))
      const inputs = add(matmul(corrupt(x, noise, level), p.w), p.c) // [n, hidden]
      return around(tanh(around(inputs, "before")), "after")
    }
    const decode = (p: P, h: Tensor) => bernoulli(add(matmul(h, p.w, { transB: true }), p.b)) // p(x|h)

    // Every step of the walk starts from the last step's sample and is asked for the clean x. The first step corrupts each
    // datum to a share of its own, up to all of it: chains that start from noise come from where training has been.
    const play = (p: P, x: Tensor, { rng }: Env) => {
      const clean = reshape(x, [x.shape[0]!, visible])
      let walker = clean
      const errors = Array.from({ length: walkback }, (_, k) => {
        const at = { rng: rng.fork(`walk/${k + 1}`) }
        const level = k === 0 ? at.rng.fork("level").uniform([x.shape[0]!, 1]) : undefined
        const reconstruction = decode(p, encode(p, walker, at, level))
        walker = reconstruction.sample(at.rng.fork("pixels"))
        return neg(mean(reconstruction.logProb(clean)))
      })
      return {
        loss: mul(errors.reduce(add), 1 / walkback),
        metrics: { firstStep: errors[0]!, lastStep: errors.at(-1)! },
      }
    }

    return {
      density: "implicit" as const,
      sampling: "chain" as const,
      event,
      params,
      units: hidden,
      burnIn: 100,
      start: (p: P, n: number, { rng }: Env) =>
        encode(p, greater(rng.fork("pixels").uniform([n, visible]), 0.5), { rng }),
      // x ~ p(x|h), then h from its corruption
      transition: (p: P, h: Tensor, { rng }: Env) => encode(p, decode(p, h).sample(rng.fork("pixels")), { rng }),
      emits: "expectation" as const,
      emit: (p: P, h: Tensor) => reshape(decode(p, h).mean, [h.shape[0]!, ...event]),
      players: { walk: { perDatum: true, play } },
    }
  },
})
