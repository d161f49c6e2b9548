/**
 * The deep Boltzmann machine of Salakhutdinov and Hinton 2009 with two hidden layers:
 * p(v, h¹, h²) ∝ exp(b·v + c·h¹ + d·h² + vᵀW¹h¹ + h¹ᵀW²h²). Its posterior is approached by mean-field updates, which bound
 * log p(v) up to log Z from below, its model statistics by persistent chains. Peculiar here: given h¹ both other layers are
 * independent, so chains, annealing and enumeration live on h¹ alone and sum the others out; and the two layers are trained
 * together from small weights, without the paper's greedy pretraining.
 */
import { z } from "zod"
import { sizeOf } from "../../core/shape.ts"
import { bernoulli } from "../../dist/bernoulli.ts"
import { add, mul, neg, sub } from "../../graph/ops/arithmetic.ts"
import { reshape, sum } from "../../graph/ops/broadcast.ts"
import { matmul } from "../../graph/ops/matmul.ts"
import { mean } from "../../graph/ops/reduce.ts"
import { stopGradient } from "../../graph/ops/source.ts"
import { sigmoid, softplus } from "../../graph/ops/unary.ts"
import { buffer, type Live, normalInit, weight, zeros } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import type { PathPoint } from "../../model/capabilities.ts"
import { defineModel } from "../../model/define.ts"
import { salakhutdinov2009, tieleman2008 } from "../citations.ts"
import { coinFlips, enumerable, firstRows } from "./binary-units.ts"

const config = z.strictObject({
  hidden: z
    .array(z.int().positive())
    .length(2)
    .default([500, 500])
    .meta({ title: "Units of the first and of the second hidden layer" }),
  meanField: z.int().min(1).max(1000).default(10).meta({ title: "Mean-field updates of the posterior" }),
  gibbs: z.int().min(1).max(1000).default(1).meta({ title: "Gibbs steps of each chain in a training step" }),
  chains: z.int().min(1).max(100_000).default(100).meta({ title: "Persistent chains" }),
})

export const dbm = defineModel({
  name: "dbm",
  title: "Deep Boltzmann machine",
  cites: [salakhutdinov2009, tieleman2008],
  config,
  density: "unnormalized",
  sampling: "chain",
  data: () => ({ binarize: "dynamic", dequantize: false }),
  training: { steps: 10_000, batchSize: 100, learningRate: 1e-3, learningRateEnd: 1e-4 },
  build({ hidden, meanField, gibbs, chains }, event) {
    const [first, second] = hidden as [number, number] // the schema holds it to two
    const visible = sizeOf(event)
    const params = {
      w1: weight([visible, first], normalInit(0.01)),
      w2: weight([first, second], normalInit(0.01)),
      b: weight([visible], zeros),
      c: weight([first], zeros),
      d: weight([second], zeros),
      chains: buffer([chains, first], coinFlips),
    }
    type P = Live<typeof params>
    const flat = (x: Tensor) => reshape(x, [x.shape[0]!, visible])
    const dot = (states: Tensor, biases: Tensor) => sum(mul(states, biases), -1)
    const visibleLogits = (p: P, h1: Tensor) => add(matmul(h1, p.w1, { transB: true }), p.b)
    const topLogits = (p: P, h1: Tensor) => add(matmul(h1, p.w2), p.d)
    const downward = (p: P, h2: Tensor) => matmul(h2, p.w2, { transB: true }) // [n, first]

    // q(h¹, h²) = Π q: μ¹ = σ(vW¹ + μ²W²ᵀ + c) and μ² = σ(μ¹W² + d) in turn, from a bottom-up pass that
    // doubles W¹ in place of the missing input from above
    const posterior = (p: P, v: Tensor) => {
      const upward = add(matmul(v, p.w1), p.c)
      let mu = sigmoid(add(upward, matmul(v, p.w1)))
      let logits = upward
      for (let i = 0; i < meanField; i++) {
        logits = add(upward, downward(p, sigmoid(topLogits(p, mu))))
        mu = sigmoid(logits)
      }
      return { mu, logits }
    }
    // Given μ¹ the best μ² makes E_q log p*(v, h¹, h²) + H(q) equal to this:
    // b·v + (vW¹ + c)·μ¹ + H(μ¹) + Σ_k log(1 + exp(d_k + μ¹W²_k)), a lower bound on log p*(v)
    const boundScore = (p: P, v: Tensor, mu: Tensor) =>
      add(add(dot(v, p.b), dot(mu, add(matmul(v, p.w1), p.c))), sum(softplus(topLogits(p, mu)), -1))
    const freeEnergy = (p: P, x: Tensor) => {
      const v = flat(x)
      const { mu, logits } = posterior(p, v)
      const entropy = sum(sub(softplus(logits), mul(logits, mu)), -1) // H of Bernoulli units by their logits
      return neg(add(boundScore(p, v, mu), entropy))
    }

    // p_β(v, h¹, h²) ∝ exp((1 − β)·a·h¹) · exp(β·(…)) with v and h² summed out; the model is at β = 1
    const scoreAt = (p: P, h1: Tensor, beta: Tensor | number, base: Tensor | number) =>
      add(
        dot(h1, add(mul(p.c, beta), mul(sub(1, beta), base))),
        add(sum(softplus(mul(visibleLogits(p, h1), beta)), -1), sum(softplus(mul(topLogits(p, h1), beta)), -1)),
      )
    // (v, h²) ~ p(v|h¹) p(h²|h¹), then h¹ ~ p(h¹|v, h²)
    const stepAt = (p: P, h1: Tensor, beta: Tensor | number, base: Tensor | number, { rng }: Pick<Env, "rng">) => {
      const v = bernoulli(mul(visibleLogits(p, h1), beta)).sample(rng.fork("visible"))
      const h2 = bernoulli(mul(topLogits(p, h1), beta)).sample(rng.fork("top"))
      const inputs = add(add(matmul(v, p.w1), downward(p, h2)), p.c)
      return bernoulli(add(mul(inputs, beta), mul(sub(1, beta), base))).sample(rng.fork("middle"))
    }
    const score = (p: P, h1: Tensor) => scoreAt(p, h1, 1, 0)
    const transition = (p: P, h1: Tensor, env: Pick<Env, "rng">) => stepAt(p, h1, 1, 0, env)

    // The posterior is held fixed, as in the paper: at its optimum it has no gradient.
    const play = (p: P, x: Tensor, { rng }: Env) => {
      const v = flat(x)
      const ofData = neg(mean(boundScore(p, v, stopGradient(posterior(p, v).mu))))
      let h1: Tensor = p.chains
      for (let k = 1; k <= gibbs; k++) h1 = transition(p, h1, { rng: rng.fork(`gibbs/${k}`) })
      const negative = stopGradient(h1)
      const ofChains = neg(mean(score(p, negative)))
      return { loss: sub(ofData, ofChains), assign: [[p.chains, negative]] as const }
    }

    return {
      density: "unnormalized" as const,
      sampling: "chain" as const,
      event,
      params,
      freeEnergy,
      freeEnergyIs: "upper bound" as const,
      ...enumerable({ units: first, logDensity: score }),
      annealing: {
        units: first,
        expected: (p: P, x: Tensor) => posterior(p, flat(x)).mu,
        logDensity: (p: P, h1: Tensor, { beta, base }: PathPoint) => scoreAt(p, h1, beta, base),
        transition: (p: P, h1: Tensor, { beta, base }: PathPoint, env: Env) => stepAt(p, h1, beta, base, env),
        // visible and top units of the base are fair coins: each adds log 2
        baseLogPartition: (_: P, base: Tensor) => add(sum(softplus(base)), (visible + second) * Math.LN2),
      },
      units: first,
      burnIn: 1000,
      start: (p: P, n: number) => firstRows(p.chains, n), // they have been running since the first step
      transition,
      emits: "expectation" as const,
      emit: (p: P, h1: Tensor) => reshape(sigmoid(visibleLogits(p, h1)), [h1.shape[0]!, ...event]),
      ports: { encoder: (p: P, x: Tensor) => ({ hidden: posterior(p, flat(x)).mu, freeEnergy: freeEnergy(p, x) }) },
      players: { likelihood: { play } },
    }
  },
})
