/**
 * The fully connected autoencoder of Hinton and Salakhutdinov 2006, trained end to end on the squared error. With a linear
 * activation it spans the principal subspace; with corruption it is the denoising autoencoder of Vincent et al. 2008, which
 * must restore the clean datum from a noisy one.
 */
import { z } from "zod"
import { sizeOf } from "../../core/shape.ts"
import { add, greater, mul, sub } from "../../graph/ops/arithmetic.ts"
import { reshape } from "../../graph/ops/broadcast.ts"
import { mean } from "../../graph/ops/reduce.ts"
import { sigmoid, square } from "../../graph/ops/unary.ts"
import { glorotUniform, type Live, normalInit, zeros } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import { defineModel } from "../../model/define.ts"
import { mlp } from "../../nn/dense.ts"
import { hinton2006, vincent2008 } from "../citations.ts"

const config = z.strictObject({
  latent: z.int().min(1).max(4096).default(32).meta({ title: "Code dimensions" }),
  hidden: z
    .array(z.int().positive())
    .default([400])
    .meta({ title: "Widths of the encoder's hidden layers; the decoder mirrors them" }),
  activation: z.enum(["relu", "tanh", "linear"]).default("relu").meta({ title: "Function between layers" }),
  output: z.enum(["linear", "sigmoid"]).default("linear").meta({ title: "Function of the last layer" }),
  initStd: z
    .number()
    .min(0)
    .default(0)
    .meta({ title: "Standard deviation of normal first weights and biases; 0 means Glorot's uniform" }),
  noise: z
    .number()
    .min(0)
    .default(0)
    .meta({ title: "Standard deviation of Gaussian noise on the input while training (denoising autoencoder)" }),
  masking: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .meta({ title: "Share of input pixels set to zero while training (denoising autoencoder)" }),
})

export const autoencoder = defineModel({
  name: "autoencoder",
  title: "Autoencoder",
  cites: [hinton2006, vincent2008],
  config,
  density: "none",
  sampling: "none",
  data: () => ({ binarize: "none", dequantize: false }),
  training: { steps: 5000, batchSize: 128, learningRate: 1e-3 },
  build({ latent, hidden, activation, output, initStd, noise, masking }, event) {
    const dimensions = sizeOf(event)
    const drawn = normalInit(initStd)
    const init = initStd > 0 ? { weights: drawn, biases: drawn } : { weights: glorotUniform, biases: zeros }
    const encoder = mlp([dimensions, ...hidden, latent], activation, init)
    const decoder = mlp([latent, ...[...hidden].reverse(), dimensions], activation, init)
    const params = { encoder: encoder.params, decoder: decoder.params }
    type P = Live<typeof params>

    const encode = (p: P, x: Tensor) => encoder.apply(p.encoder, reshape(x, [x.shape[0]!, dimensions]))
    const decode = (p: P, z: Tensor) => {
      const y = decoder.apply(p.decoder, z)
      return reshape(output === "sigmoid" ? sigmoid(y) : y, [z.shape[0]!, ...event])
    }
    // Vincent et al. 2008, section 2.3 (masking); Gaussian noise as in their 2010 sequel.
    const corrupted = (x: Tensor, { rng, training }: Env): Tensor => {
      if (!training) return x
      const noisy = noise > 0 ? add(x, mul(rng.fork("noise").normal(x.shape), noise)) : x
      return masking > 0 ? mul(noisy, greater(rng.fork("masking").uniform(x.shape), masking)) : noisy
    }
    // Mean over pixels and batch; against the clean datum, whatever the encoder saw.
    const play = (p: P, x: Tensor, env: Env) => {
      const error = mean(square(sub(decode(p, encode(p, corrupted(x, env))), x)))
      return { loss: error, metrics: { mse: error } }
    }
    return {
      density: "none" as const,
      sampling: "none" as const,
      event,
      latent,
      params,
      encode,
      decode,
      ports: {
        encoder: (p: P, x: Tensor) => ({ z: encode(p, x) }),
        decoder: (p: P, z: Tensor) => ({ mean: decode(p, z) }),
      },
      players: { reconstruction: { perDatum: true, play } },
    }
  },
})
