/**
 * FFJORD (Grathwohl et al. 2019): a continuous normalizing flow (Chen et al. 2018) whose trace is estimated without bias while
 * it trains. Peculiar here: training differentiates through a Runge–Kutta solver of fixed steps instead of solving an adjoint
 * equation, and the exact trace, one pullback a dimension, is taken outside training, so events are small. Time enters each
 * layer as a gate and a shift.
 */
import { z } from "zod"
import { flow } from "../../bijector/flow.ts"
import { continuous } from "../../bijector/ode.ts"
import { EidosError } from "../../core/errors.ts"
import { sizeOf } from "../../core/shape.ts"
import { bases } from "../../dist/base.ts"
import { constant, type Operand } from "../../graph/ops/source.ts"
import { softplus, tanh } from "../../graph/ops/unary.ts"
import type { Live } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import { defineModel } from "../../model/define.ts"
import { timedMlp } from "../../nn/timed.ts"
import { chen2018, grathwohl2019 } from "../citations.ts"

const config = z.strictObject({
  hidden: z.array(z.int().positive()).min(1).default([64, 64]).meta({ title: "Hidden widths of the velocity field" }),
  activation: z.enum(["tanh", "softplus"]).default("tanh").meta({ title: "Function between layers" }),
  solverSteps: z
    .int()
    .min(1)
    .max(200)
    .default(12)
    .meta({ title: "Runge–Kutta steps of a solve, four evaluations each" }),
  noise: z.enum(["rademacher", "gaussian"]).default("rademacher").meta({ title: "Noise of the trace estimate" }),
})

// Each evaluation takes one pullback a dimension. An estimate of the trace in their place would be no density.
const mostDimensions = 32

export const tooManyDimensions = (dims: number): string =>
  `ffjord: the event has ${dims} dimensions; the exact trace is taken up to ${mostDimensions}. Use nice or realnvp.`

export const ffjord = defineModel({
  name: "ffjord",
  title: "FFJORD",
  cites: [grathwohl2019, chen2018],
  config,
  density: "tractable",
  sampling: "direct",
  data: () => ({ binarize: "none", dequantize: true }),
  training: { steps: 4000, batchSize: 128, learningRate: 5e-3, learningRateEnd: 5e-4 },
  build({ hidden, activation, solverSteps: steps, noise }, event) {
    const dims = sizeOf(event)
    if (dims > mostDimensions) throw new EidosError("config", tooManyDimensions(dims))
    const field = timedMlp([dims, ...hidden, dims], { tanh, softplus }[activation])
    type P = Live<typeof field.params>
    const velocity = (p: P, y: Tensor, t: Operand) => field.apply(p, y, t)
    const bijector = continuous({ params: field.params, velocity, steps, noise })
    const base = bases.gaussian
    const density = flow({ event, bijector, base })
    const play = (p: P, x: Tensor, env: Env) => {
      const { loss, metrics } = density.players.likelihood.play(p, x, env)
      return { loss, metrics: { ...metrics, functionEvaluations: constant(4 * steps) } }
    }
    return {
      density: "tractable" as const,
      sampling: "direct" as const,
      ...density,
      support: "real" as const,
      caution: `up to the error of ${steps} Runge–Kutta steps`,
      velocity,
      base,
      players: { likelihood: { perDatum: true, play } },
    }
  },
})
