/**
 * The generative adversarial network of Goodfellow et al. 2014, fully connected, and conditional on a label after Mirza and
 * Osindero 2014. A critic learns to tell data from samples while a generator learns to pass. Peculiar here: the critic
 * speaks in logits, ℓ(x) = log D(x) − log(1 − D(x)), so that −log D = softplus(−ℓ) and −log(1 − D) = softplus(ℓ) are finite
 * however sure it is.
 */
import { z } from "zod"
import { sizeOf } from "../../core/shape.ts"
import { mul, neg, sub } from "../../graph/ops/arithmetic.ts"
import { reshape, sum } from "../../graph/ops/broadcast.ts"
import { concat, slice } from "../../graph/ops/layout.ts"
import { bernoulliLogProb } from "../../graph/ops/likelihood.ts"
import { mean } from "../../graph/ops/reduce.ts"
import { constant, stopGradient } from "../../graph/ops/source.ts"
import { sigmoid, softplus } from "../../graph/ops/unary.ts"
import type { Live } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env, Rng } from "../../graph/trace.ts"
import { defineModel } from "../../model/define.ts"
import { mlp } from "../../nn/dense.ts"
import { goodfellow2014, mirza2014, salimans2016 } from "../citations.ts"

const widths = z.array(z.int().positive())
const config = z.strictObject({
  latent: z.int().min(1).max(512).default(64).meta({ title: "Latent dimensions" }),
  generator: widths.default([128]).meta({ title: "Widths of the generator's hidden layers" }),
  critic: widths.default([128]).meta({ title: "Widths of the critic's hidden layers" }),
  activation: z.enum(["relu", "leaky", "tanh"]).default("leaky").meta({ title: "Function between layers" }),
  prior: z
    .enum(["normal", "uniform"])
    .default("normal")
    .meta({ title: "Distribution of codes: N(0, 1) or U(−1, 1) in each dimension" }),
  output: z.enum(["linear", "sigmoid"]).exactOptional().meta({
    title: "Function of the generator's last layer; sigmoid for images in [0, 1] and linear for points unless told",
  }),
  loss: z
    .enum(["non-saturating", "saturating"])
    .default("non-saturating")
    .meta({ title: "What the generator lowers: −log D(G(z)), or log(1 − D(G(z))), which is flat where D is sure" }),
  smoothing: z
    .number()
    .min(0)
    .max(0.5)
    .default(0)
    .meta({ title: "One-sided label smoothing: data count as real with probability 1 less this" }),
  classes: z
    .int()
    .min(2)
    .max(1000)
    .exactOptional()
    .meta({ title: "Classes the generator and the critic are told; unconditional unless given" }),
})

export const gan = defineModel({
  name: "gan",
  title: "Generative adversarial network",
  cites: [goodfellow2014, mirza2014, salimans2016],
  config,
  density: "implicit",
  sampling: "direct",
  data: () => ({ binarize: "none", dequantize: false }),
  training: { steps: 20_000, batchSize: 128, learningRate: 1e-3, beta1: 0.5 },
  build({ latent, generator, critic, activation, prior, output, loss, smoothing, classes }, event) {
    const dimensions = sizeOf(event)
    const isBounded = (output ?? (event.length > 1 ? "sigmoid" : "linear")) === "sigmoid"
    const told = classes ?? 0
    const painter = mlp([latent + told, ...generator, dimensions], activation)
    const judge = mlp([dimensions + told, ...critic, 1], activation)
    const params = { generator: painter.params, critic: judge.params }
    type P = Live<typeof params>

    // Mirza and Osindero 2014, section 3.2: both players see the label beside their input.
    const withLabel = (h: Tensor, label: Tensor | undefined) => (label ? concat([h, label], 1) : h)
    const drawCodes = (n: number, rng: Rng) =>
      prior === "normal" ? rng.normal([n, latent]) : sub(mul(rng.uniform([n, latent]), 2), 1)
    const generate = (p: P, z: Tensor, label?: Tensor) => {
      const y = painter.apply(p.generator, withLabel(z, label))
      return reshape(isBounded ? sigmoid(y) : y, [z.shape[0]!, ...event])
    }
    const sample = (p: P, n: number, { rng, label }: Env) => generate(p, drawCodes(n, rng), label)
    const logits = (p: P, x: Tensor, { label }: Env) => {
      const batch = x.shape[0]!
      return reshape(judge.apply(p.critic, withLabel(reshape(x, [batch, dimensions]), label)), [batch])
    }

    // max over D of E log D(x) + E log(1 − D(G(z))), eq. 1, with G held fixed; data and samples are judged in one pass.
    const criticPlays = (p: P, x: Tensor, env: Env) => {
      const n = x.shape[0]!
      const all = concat([x, stopGradient(sample(p, n, env))])
      const judged = logits(p, all, env.label ? { ...env, label: concat([env.label, env.label]) } : env)
      const [onData, onSamples] = [slice(judged, 0, 0, n), slice(judged, 0, n, 2 * n)]
      // Salimans et al. 2016, section 3.4: data are real with a probability, so that the best D says just that of them.
      const gain = (real: number) => {
        const labels = Float32Array.from({ length: 2 * n }, (_, i) => (i < n ? real : 0))
        return mul(sum(bernoulliLogProb(judged, constant({ shape: [2 * n], data: labels }))), 1 / n)
      }
      const value = gain(1)
      return {
        loss: neg(smoothing > 0 ? gain(1 - smoothing) : value),
        metrics: { value, real: mean(sigmoid(onData)), fake: mean(sigmoid(onSamples)) },
      }
    }
    // min over G of eq. 1, or of −log D(G(z)), which moves the generator where the critic is sure (section 3).
    const samplerLoss = (onSamples: Tensor) =>
      loss === "saturating" ? neg(softplus(onSamples)) : softplus(neg(onSamples))
    const generatorPlays = (p: P, x: Tensor, env: Env) => ({
      loss: mean(samplerLoss(logits(p, sample(p, x.shape[0]!, env), env))),
    })

    return {
      density: "implicit" as const,
      sampling: "direct" as const,
      event,
      latent,
      params,
      ...(classes !== undefined && { classes }),
      sample,
      decode: (p: P, z: Tensor, { label }: Env) => generate(p, z, label),
      critic: logits,
      samplerLoss,
      ports: { decoder: (p: P, z: Tensor, { label }: Env) => ({ x: generate(p, z, label) }) },
      players: {
        critic: { moves: ["critic"], perDatum: true, play: criticPlays },
        generator: { moves: ["generator"], perDatum: true, play: generatorPlays },
      },
    }
  },
})
