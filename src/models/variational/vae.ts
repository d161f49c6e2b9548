/**
 * The variational autoencoder of Kingma and Welling 2014, fully connected. Equation numbers are theirs. Peculiar here: the
 * weight of the KL term (β-VAE, Higgins et al. 2017) changes what is trained, never what is reported; the Gaussian decoder's
 * variance has a floor, without which the density of repeated data is unbounded; and with classes everything is given the
 * label y, which both networks read beside their input (Sohn et al. 2015, with the prior p(z) left independent of y).
 */
import { z } from "zod"
import { sizeOf } from "../../core/shape.ts"
import { bernoulli } from "../../dist/bernoulli.ts"
import { diagonalNormal, standardNormalLogProb } from "../../dist/normal.ts"
import { add, mul, sub } from "../../graph/ops/arithmetic.ts"
import { broadcastTo, reshape } from "../../graph/ops/broadcast.ts"
import { concat, halves } from "../../graph/ops/layout.ts"
import { logSumExp, mean } from "../../graph/ops/reduce.ts"
import { softplus } from "../../graph/ops/unary.ts"
import type { Live } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import { defineModel } from "../../model/define.ts"
import { mlp } from "../../nn/dense.ts"
import { burda2016, higgins2017, kingma2014, sohn2015 } from "../citations.ts"

const config = z
  .strictObject({
    latent: z.int().min(1).max(512).default(20).meta({ title: "Latent dimensions" }),
    hidden: z
      .array(z.int().positive())
      .default([400])
      .meta({ title: "Widths of the encoder's hidden layers; the decoder mirrors them" }),
    activation: z.enum(["relu", "tanh", "linear"]).default("relu").meta({ title: "Function between layers" }),
    likelihood: z
      .enum(["bernoulli", "gaussian"])
      .default("bernoulli")
      .meta({ title: "Decoder's distribution of a pixel" }),
    samples: z.int().min(1).max(1000).default(1).meta({
      title: "Importance samples in the training objective; 1 is the ELBO, more the tighter bound of Burda et al.",
    }),
    beta: z.number().positive().default(1).meta({ title: "Weight of the KL term in the training objective" }),
    varianceFloor: z
      .number()
      .positive()
      .exactOptional()
      .meta({ title: "Smallest variance of a Gaussian decoder's pixel; 0.001 unless told" }),
    classes: z.int().min(2).max(256).exactOptional().meta({ title: "Condition on the label: number of classes" }),
  })
  .refine(({ likelihood, varianceFloor }) => varianceFloor === undefined || likelihood === "gaussian", {
    path: ["varianceFloor"],
    message: "only a Gaussian decoder has a variance; add --likelihood gaussian or leave it out",
  })
  .refine(({ samples, beta }) => samples === 1 || beta === 1, {
    path: ["beta"],
    message: "the importance-weighted objective has no KL term to weigh; leave out --beta or --samples",
  })

/** A distribution of flat events [..., dimensions]. */
interface Likelihood {
  readonly mean: Tensor
  readonly logits?: Tensor
  logProb(x: Tensor): Tensor
}

/** log σ² ≥ log floor, smoothly: σ² = floor · (1 + eʳ). */
const floored = (raw: Tensor, floor: number): Tensor => add(softplus(sub(raw, Math.log(floor))), Math.log(floor))

export const vae = defineModel({
  name: "vae",
  title: "Variational autoencoder",
  cites: [kingma2014, burda2016, higgins2017, sohn2015],
  config,
  density: "bounded",
  sampling: "direct",
  data: ({ likelihood }) =>
    likelihood === "bernoulli" ? { binarize: "dynamic", dequantize: false } : { binarize: "none", dequantize: true },
  training: { steps: 5000, batchSize: 128, learningRate: 1e-3 },
  build({ latent, hidden, activation, likelihood, samples, beta, varianceFloor = 1e-3, classes }, event) {
    const dimensions = sizeOf(event)
    const isGaussian = likelihood === "gaussian"
    const given = classes ?? 0
    const encoder = mlp([dimensions + given, ...hidden, 2 * latent], activation)
    const outputs = isGaussian ? 2 * dimensions : dimensions
    const decoder = mlp([latent + given, ...[...hidden].reverse(), outputs], activation)
    const params = { encoder: encoder.params, decoder: decoder.params }
    type P = Live<typeof params>
    const flat = (x: Tensor) => reshape(x, [x.shape[0]!, dimensions])
    const asEvents = (x: Tensor) => reshape(x, [x.shape[0]!, ...event])

    // Rows [..., width] beside the one-hot label of their datum, flat: [rows, width + classes]; without classes, the rows
    const beside = (rows: Tensor, { label }: Env): Tensor => {
      const lead = rows.shape.slice(0, -1)
      const matrix = reshape(rows, [sizeOf(lead), rows.shape.at(-1)!])
      if (classes === undefined) return matrix
      const ofDatum = reshape(label!, [lead[0]!, ...lead.slice(1).map(() => 1), classes])
      return concat([matrix, reshape(broadcastTo(ofDatum, [...lead, classes]), [sizeOf(lead), classes])], 1)
    }

    // q(z|x) = N(μ(x), diag σ²(x)), eq. 9
    const posterior = (p: P, x: Tensor, env: Env) =>
      diagonalNormal(...halves(encoder.apply(p.encoder, beside(flat(x), env))))
    // p(x|z): app. C.1 (Bernoulli) or C.2 (Gaussian, mean and diagonal covariance); z is [batch, ..., latent]
    const conditional = (p: P, z: Tensor, env: Env): Likelihood => {
      const y = decoder.apply(p.decoder, beside(z, env))
      const h = reshape(y, [...z.shape.slice(0, -1), outputs])
      if (!isGaussian) return bernoulli(h)
      const [mu, raw] = halves(h)
      return diagonalNormal(mu, floored(raw, varianceFloor))
    }

    // log p(x) ≥ E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)), eq. 3, with one reparameterised z, eq. 10
    const elbo = (p: P, x: Tensor, env: Env) => {
      const q = posterior(p, x, env)
      return { reconstruction: conditional(p, q.sample(env.rng), env).logProb(flat(x)), kl: q.kl() } // [batch] each
    }

    // log w = log p(x|z) + log p(z) − log q(z|x), z ~ q(z|x): Burda et al. 2016, eq. 8, before averaging
    const logWeights = (p: P, x: Tensor, samples: number, env: Env) => {
      const batch = x.shape[0]!
      const q = posterior(p, x, env)
      const spread = (t: Tensor) => reshape(t, [batch, 1, latent])
      const wide = diagonalNormal(spread(q.mean), spread(q.logVar))
      const z = wide.at(env.rng.normal([batch, samples, latent])) // [batch, samples, latent]
      const logLikelihood = conditional(p, z, env).logProb(reshape(x, [batch, 1, dimensions]))
      return sub(add(logLikelihood, standardNormalLogProb(z)), wide.logProb(z)) // [batch, samples]
    }

    // log (1/K) Σₖ wₖ for each datum, averaged over data: Burda et al. 2016, eq. 8
    const tighter = (p: P, x: Tensor, env: Env) => {
      const loss = sub(Math.log(samples), mean(logSumExp(logWeights(p, x, samples, env), 1)))
      return { loss, metrics: { negativeBound: loss } }
    }
    const evidence = (p: P, x: Tensor, env: Env) => {
      const { reconstruction, kl } = elbo(p, x, env)
      const [fidelity, divergence] = [mean(reconstruction), mean(kl)]
      return {
        loss: sub(mul(divergence, beta), fidelity),
        metrics: { reconstruction: mul(fidelity, -1), kl: divergence, negativeElbo: sub(divergence, fidelity) },
      }
    }

    return {
      density: "bounded" as const,
      sampling: "direct" as const,
      event,
      ...(classes !== undefined && { classes }),
      support: isGaussian ? ("real" as const) : ("binary" as const),
      latent,
      samples,
      params,
      elbo,
      logWeights,
      encode: (p: P, x: Tensor, env: Env) => posterior(p, x, env).mean,
      decode: (p: P, z: Tensor, env: Env) => asEvents(conditional(p, z, env).mean),
      sample: (p: P, n: number, env: Env) => asEvents(conditional(p, env.rng.normal([n, latent]), env).mean),
      ports: {
        encoder: (p: P, x: Tensor, env: Env) => {
          const q = posterior(p, x, env)
          return { mean: q.mean, logVar: q.logVar }
        },
        decoder: (p: P, z: Tensor, env: Env) => {
          const { mean: expected, logits } = conditional(p, z, env)
          return { mean: asEvents(expected), ...(logits && { logits: asEvents(logits) }) }
        },
      },
      players: { evidence: { perDatum: true, play: samples > 1 ? tighter : evidence } },
    }
  },
})
