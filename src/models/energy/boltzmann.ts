/**
 * The Boltzmann machine of Ackley, Hinton and Sejnowski 1985: p(s) ∝ exp(θ·s + Σ_{i<j} w_ij s_i s_j) over binary units, all
 * connected, the first of which are the pixels. Peculiar here: it is so small that both sums, over the hidden states of a
 * datum and over all states, are taken term by term inside the graph. log p(x) and its gradient are therefore exact, which
 * makes the model tractable, not unnormalized: nothing about it is estimated. Its samples still come from Gibbs sweeps.
 */
import { z } from "zod"
import { ndarray } from "../../core/array.ts"
import { EidosError } from "../../core/errors.ts"
import { sizeOf } from "../../core/shape.ts"
import { add, greater, mul, neg, sub } from "../../graph/ops/arithmetic.ts"
import { reshape, sum } from "../../graph/ops/broadcast.ts"
import { concat, slice, transpose } from "../../graph/ops/layout.ts"
import { matmul } from "../../graph/ops/matmul.ts"
import { logSumExp, mean } from "../../graph/ops/reduce.ts"
import { constant } from "../../graph/ops/source.ts"
import { sigmoid } from "../../graph/ops/unary.ts"
import { type Live, normalInit, weight, zeros } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import { defineModel } from "../../model/define.ts"
import { ackley1985 } from "../citations.ts"
import { allStates } from "./binary-units.ts"

const mostUnits = 16 // 2^16 states a step

const config = z.strictObject({
  hidden: z
    .int()
    .min(0)
    .max(mostUnits - 1)
    .default(4)
    .meta({ title: `Hidden units; pixels and hidden units are at most ${mostUnits} together` }),
})

export const tooManyUnits = (visible: number, hidden: number): string =>
  `boltzmann: ${visible} pixels and ${hidden} hidden units have 2^${visible + hidden} states, which are summed at every step; at most ${mostUnits} units can be.`

const states = (units: number): Tensor => constant(ndarray([2 ** units, units], allStates(units)))

/** Where the coupling of each pair i < j stands in a matrix [units, units]: [pairs, units²] of zeros and ones. */
function upperTriangle(units: number): Tensor {
  const places = Array.from({ length: units ** 2 }, (_, at) => at).filter((at) => at % units > Math.floor(at / units))
  const data = new Float32Array(places.length * units ** 2)
  for (const [pair, at] of places.entries()) data[pair * units ** 2 + at] = 1
  return constant(ndarray([places.length, units ** 2], data))
}

export const boltzmann = defineModel({
  name: "boltzmann",
  title: "Boltzmann machine",
  cites: [ackley1985],
  config,
  density: "tractable",
  sampling: "chain",
  data: () => ({ binarize: "dynamic", dequantize: false }),
  training: { steps: 3000, batchSize: 100, learningRate: 1e-2, learningRateEnd: 1e-3 },
  build({ hidden }, event) {
    const visible = sizeOf(event)
    const units = visible + hidden
    if (units > mostUnits)
      throw new EidosError("config", tooManyUnits(visible, hidden), { hint: "An rbm has no such limit." })
    const pairs = (units * (units - 1)) / 2
    const params = { biases: weight([units], zeros), couplings: weight([pairs], normalInit(0.1)) }
    type P = Live<typeof params>
    const flat = (x: Tensor) => reshape(x, [x.shape[0]!, visible])

    /** w_ij above the diagonal, zeros elsewhere: [units, units]. */
    const upper = (p: P) => reshape(matmul(reshape(p.couplings, [1, pairs]), upperTriangle(units)), [units, units])
    /** θ·s + Σ_{i<j} w_ij s_i s_j of rows s of the units `from … to − 1`: [n]. */
    const score = (p: P, s: Tensor, from: number, to: number) => {
      const w = slice(slice(upper(p), 0, from, to), 1, from, to)
      return sum(mul(s, add(matmul(s, w), slice(p.biases, 0, from, to))), -1)
    }
    const logPartition = (p: P) => logSumExp(score(p, states(units), 0, units), 0)

    // log p(v) = log Σ_h exp(score(v, h)) − log Z, the states of h in a second axis
    const unnormalized = (p: P, v: Tensor) => {
      const own = score(p, v, 0, visible)
      if (hidden === 0) return own
      const h = states(hidden) // [2^hidden, hidden]
      const across = slice(slice(upper(p), 0, 0, visible), 1, visible, units)
      const joint = matmul(matmul(v, across), h, { transB: true }) // [batch, 2^hidden]
      return add(own, logSumExp(add(joint, score(p, h, visible, units)), 1))
    }
    const logProb = (p: P, x: Tensor) => sub(unnormalized(p, flat(x)), logPartition(p))

    // One sweep: each unit in turn from its conditional σ(θ_i + Σ_j w_ij s_j)
    const transition = (p: P, s: Tensor, { rng }: Env) => {
      const w = add(upper(p), transpose(upper(p)))
      const noise = rng.uniform([s.shape[0]!, units])
      const column = (x: Tensor, i: number) => slice(x, -1, i, i + 1)
      return Array.from({ length: units }).reduce<Tensor>((now, _, i) => {
        const logits = add(matmul(now, column(w, i)), column(p.biases, i))
        const drawn = greater(sigmoid(logits), column(noise, i)) // [n, 1]
        const [before, after] = [i > 0 && slice(now, 1, 0, i), i < units - 1 && slice(now, 1, i + 1, units)]
        return concat(
          [before, drawn, after].filter((part) => part !== false),
          1,
        )
      }, s)
    }
    const play = (p: P, x: Tensor) => {
      const loss = neg(mean(logProb(p, x)))
      return { loss, metrics: { negativeLogLikelihood: loss } }
    }

    return {
      density: "tractable" as const,
      sampling: "chain" as const,
      event,
      params,
      logProb,
      units,
      burnIn: 500,
      start: (_: P, n: number, { rng }: Env) => greater(rng.uniform([n, units]), 0.5),
      transition,
      emits: "sample" as const,
      emit: (_: P, s: Tensor) => reshape(slice(s, 1, 0, visible), [s.shape[0]!, ...event]),
      ports: { encoder: (p: P, x: Tensor) => ({ logProb: logProb(p, x) }) },
      players: { likelihood: { play } },
    }
  },
})
