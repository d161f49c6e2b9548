/**
 * The restricted Boltzmann machine (Smolensky 1986): p(v, h) ∝ exp(b·v + c·h + vᵀWh) over binary v and h, trained by
 * contrastive divergence (Hinton 2002) or its persistent form (Tieleman 2008). Peculiar here: no rule of learning is
 * written down. With the chain's end v′ held fixed, F(v) − F(v′) has the gradient that all of them estimate, and it holds
 * p(h|v) in place of sampled h. The annealed path to log Z is that of Salakhutdinov and Murray 2008.
 */
import { z } from "zod"
import { sizeOf } from "../../core/shape.ts"
import { bernoulli } from "../../dist/bernoulli.ts"
import { add, greater, mul, neg, sub } from "../../graph/ops/arithmetic.ts"
import { reshape, sum } from "../../graph/ops/broadcast.ts"
import { matmul } from "../../graph/ops/matmul.ts"
import { mean } from "../../graph/ops/reduce.ts"
import { stopGradient } from "../../graph/ops/source.ts"
import { sigmoid, softplus, square } from "../../graph/ops/unary.ts"
import { buffer, type Live, normalInit, weight, zeros } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import type { PathPoint } from "../../model/capabilities.ts"
import { defineModel } from "../../model/define.ts"
import { hinton2002, salakhutdinov2008, smolensky1986, tieleman2008 } from "../citations.ts"
import { coinFlips, enumerable, firstRows } from "./binary-units.ts"

const config = z
  .strictObject({
    hidden: z.int().min(1).max(100_000).default(500).meta({ title: "Hidden units" }),
    algorithm: z
      .enum(["cd", "pcd"])
      .default("pcd")
      .meta({ title: "Where the negative chains begin: at the data (cd) or where the last step left them (pcd)" }),
    gibbs: z.int().min(1).max(1000).default(1).meta({ title: "Gibbs steps of each chain in a training step, k" }),
    chains: z.int().min(1).max(100_000).exactOptional().meta({ title: "Persistent chains; 100 unless told" }),
    weightDecay: z.number().min(0).default(0).meta({ title: "λ of the penalty ½λ‖W‖²" }),
  })
  .refine(({ algorithm, chains }) => chains === undefined || algorithm === "pcd", {
    path: ["chains"],
    message: "contrastive divergence starts one chain at each datum; leave it out or choose --algorithm pcd",
  })

// Hinton's practical guide (2010), section 8: small enough that hidden units do not saturate, and not all alike.
const initialStd = 0.01

export const rbm = defineModel({
  name: "rbm",
  title: "Restricted Boltzmann machine",
  cites: [smolensky1986, hinton2002, tieleman2008, salakhutdinov2008],
  config,
  density: "unnormalized",
  sampling: "chain",
  data: () => ({ binarize: "dynamic", dequantize: false }),
  training: { steps: 10_000, batchSize: 100, learningRate: 1e-3, learningRateEnd: 1e-4 },
  build({ hidden, algorithm, gibbs, chains = 100, weightDecay }, event) {
    const visible = sizeOf(event)
    const isPersistent = algorithm === "pcd"
    const params = {
      w: weight([visible, hidden], normalInit(initialStd)),
      b: weight([visible], zeros),
      c: weight([hidden], zeros),
      ...(isPersistent && { chains: buffer([chains, visible], coinFlips) }),
    }
    type P = Live<typeof params>
    const flat = (x: Tensor) => reshape(x, [x.shape[0]!, visible])
    const dot = (states: Tensor, biases: Tensor) => sum(mul(states, biases), -1)
    const hiddenLogits = (p: P, v: Tensor) => add(matmul(v, p.w), p.c) // [n, hidden]
    const visibleLogits = (p: P, h: Tensor) => add(matmul(h, p.w, { transB: true }), p.b) // [n, visible]

    // −F(v) = log Σ_h exp(b·v + c·h + vᵀWh) = b·v + Σ_j log(1 + exp(c_j + vᵀW_j)), and its mirror image
    const visibleScore = (p: P, v: Tensor) => add(dot(v, p.b), sum(softplus(hiddenLogits(p, v)), -1))
    const hiddenScore = (p: P, h: Tensor) => add(dot(h, p.c), sum(softplus(visibleLogits(p, h)), -1))
    const freeEnergy = (p: P, x: Tensor) => neg(visibleScore(p, flat(x)))

    // h ~ p(h|v), then v ~ p(v|h)
    const transition = (p: P, v: Tensor, { rng }: Pick<Env, "rng">) => {
      const h = bernoulli(hiddenLogits(p, v)).sample(rng.fork("hidden"))
      return bernoulli(visibleLogits(p, h)).sample(rng.fork("visible"))
    }

    const play = (p: P, x: Tensor, { rng }: Env) => {
      let v = isPersistent ? p.chains! : flat(x)
      for (let k = 1; k <= gibbs; k++) v = transition(p, v, { rng: rng.fork(`gibbs/${k}`) })
      const negative = stopGradient(v)
      const [ofData, ofChains] = [mean(freeEnergy(p, x)), mean(neg(visibleScore(p, negative)))]
      const penalty = mul(sum(square(p.w)), weightDecay / 2)
      const difference = sub(ofData, ofChains)
      return {
        loss: weightDecay > 0 ? add(difference, penalty) : difference,
        metrics: { freeEnergyOfData: ofData, freeEnergyOfChains: ofChains },
        ...(isPersistent && { assign: [[p.chains!, negative] as const] }),
      }
    }

    // p_β(v, h) ∝ exp((1 − β)·a·v) · exp(β·(b·v + c·h + vᵀWh)) with h summed out; the base has no weights
    const annealing = {
      units: visible,
      expected: (_: P, x: Tensor) => flat(x),
      logDensity: (p: P, v: Tensor, { beta, base }: PathPoint) => {
        const biases = add(mul(p.b, beta), mul(base, sub(1, beta)))
        return add(dot(v, biases), sum(softplus(mul(hiddenLogits(p, v), beta)), -1))
      },
      transition: (p: P, v: Tensor, { beta, base }: PathPoint, { rng }: Env) => {
        const h = bernoulli(mul(hiddenLogits(p, v), beta)).sample(rng.fork("hidden"))
        const logits = add(mul(visibleLogits(p, h), beta), mul(base, sub(1, beta)))
        return bernoulli(logits).sample(rng.fork("visible"))
      },
      // hidden units of the base are fair coins: each adds log 2
      baseLogPartition: (_: P, base: Tensor) => add(sum(softplus(base)), hidden * Math.LN2),
    }

    return {
      density: "unnormalized" as const,
      sampling: "chain" as const,
      event,
      params,
      freeEnergy,
      freeEnergyIs: "exact" as const,
      ...enumerable(
        visible <= hidden
          ? { units: visible, logDensity: (p: P, states: Tensor) => visibleScore(p, states) }
          : { units: hidden, logDensity: (p: P, states: Tensor) => hiddenScore(p, states) },
      ),
      annealing,
      units: visible,
      burnIn: 1000,
      // Persistent chains have been running since the first step; else chains begin at fair coins.
      start: (p: P, n: number, { rng }: Env) =>
        isPersistent ? firstRows(p.chains!, n) : greater(rng.uniform([n, visible]), 0.5),
      transition,
      emits: "sample" as const,
      emit: (_: P, v: Tensor) => reshape(v, [v.shape[0]!, ...event]),
      ports: {
        encoder: (p: P, x: Tensor) => ({
          hidden: sigmoid(hiddenLogits(p, flat(x))), // p(h = 1|v)
          freeEnergy: freeEnergy(p, x),
        }),
      },
      players: { likelihood: { play } },
    }
  },
})
