/**
 * Mixtures of independent coins or of Gaussians, fitted by expectation maximisation: what clusters alone explain, and the
 * measure of how much more a deep model has found. The fit sees a sample of the training data, as large as `points` says.
 */
import { z } from "zod"
import type { NdArray } from "../../core/array.ts"
import { EidosError } from "../../core/errors.ts"
import { type Shape, sizeOf } from "../../core/shape.ts"
import { bernoulli } from "../../dist/bernoulli.ts"
import { add, div, greater, mul, sub } from "../../graph/ops/arithmetic.ts"
import { reshape, sum } from "../../graph/ops/broadcast.ts"
import { gather } from "../../graph/ops/gather.ts"
import { concat, slice } from "../../graph/ops/layout.ts"
import { matmul } from "../../graph/ops/matmul.ts"
import { logSumExp } from "../../graph/ops/reduce.ts"
import { constant } from "../../graph/ops/source.ts"
import { exp, softplus, square } from "../../graph/ops/unary.ts"
import { buffer, type Live } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env, Rng } from "../../graph/trace.ts"
import type { FitData } from "../../model/capabilities.ts"
import { defineModel } from "../../model/define.ts"
import { dempster1977 } from "../citations.ts"
import { bernoulliFamily, diagonalFamily, fullFamily } from "./components.ts"
import { type EmOptions, type FittedMixture, fitMixture, type Rows } from "./em.ts"
import { checkPixels, dataOf, spacedRows } from "./pixels.ts"

const config = z
  .strictObject({
    components: z.int().min(1).max(500).default(20).meta({ title: "Components" }),
    likelihood: z.enum(["bernoulli", "gaussian"]).default("bernoulli").meta({ title: "What a component is made of" }),
    covariance: z
      .enum(["diagonal", "full"])
      .exactOptional()
      .meta({ title: "Of a Gaussian component; full for at most 64 dimensions; diagonal unless told" }),
    points: z.int().min(1).default(10_000).meta({ title: "Training data looked at, at most" }),
    iterations: z.int().min(1).default(100).meta({ title: "Iterations of EM, at most" }),
    varianceFloor: z
      .number()
      .positive()
      .exactOptional()
      .meta({ title: "Smallest variance of a Gaussian, as a share of the data's mean variance; 0.001 unless told" }),
  })
  .refine(({ covariance, likelihood }) => covariance === undefined || likelihood === "gaussian", {
    path: ["covariance"],
    message: "only Gaussian components have one; add --likelihood gaussian or leave it out",
  })
  .refine(({ varianceFloor, likelihood }) => varianceFloor === undefined || likelihood === "gaussian", {
    path: ["varianceFloor"],
    message: "only Gaussian components have a variance; add --likelihood gaussian or leave it out",
  })
type Config = z.output<typeof config>

const mostForFull = 64
export const tooManyForFull = (dimensions: number): string =>
  `mixture: full covariances of ${dimensions} dimensions came; they are for at most ${mostForFull}. Use --covariance diagonal.`

export const mixture = defineModel({
  name: "mixture",
  title: "Mixture model",
  cites: [dempster1977],
  config,
  density: "tractable",
  sampling: "direct",
  data: ({ likelihood }) => dataOf(likelihood === "bernoulli" ? "binary" : "grey"),
  training: { steps: 0, batchSize: 128, learningRate: 1e-3 },
  build: (settings, event) =>
    settings.likelihood === "bernoulli" ? mixtureOfCoins(settings, event) : mixtureOfGaussians(settings, event),
})

const common = { density: "tractable", sampling: "direct", players: {} } as const

// An iteration that wins less is not worth its time: a hundred of them would win a hundredth of a nat.
const tolerance = 1e-4

const emOptions = ({ components, iterations }: Config, seed: number): EmOptions => ({
  components,
  iterations,
  tolerance,
  seed,
})

/** log π_k, normalised again: 32 bits have rounded the sum of the weights. */
const normalised = (logWeights: Tensor): Tensor => sub(logWeights, logSumExp(logWeights, 0))

/** A component for each of n samples: its number, drawn by the weights. */
function drawComponents(logWeights: Tensor, n: number, rng: Rng): Tensor {
  const k = logWeights.shape[0]!
  if (k === 1) return mul(rng.uniform([n]), 0)
  const upTo = Float32Array.from({ length: k * (k - 1) }, (_, i) => (Math.floor(i / (k - 1)) <= i % (k - 1) ? 1 : 0))
  const cumulative = matmul(reshape(exp(normalised(logWeights)), [1, k]), constant({ shape: [k, k - 1], data: upTo })) // [1, k − 1]
  return sum(sub(1, greater(cumulative, reshape(rng.uniform([n]), [n, 1]))), 1)
}

const rowsOf = ({ train, dimensions }: FitData, points: number): Rows => {
  const data = spacedRows(train, dimensions, points)
  return { data, count: data.length / dimensions, dimensions }
}

/** Parameters by name from the same field of every component, stacked. */
const stacked = <C>({ components }: FittedMixture<C>, field: (one: C) => Float64Array, shape: Shape): NdArray => ({
  shape: [components.length, ...shape],
  data: Float32Array.from(components.flatMap((one) => [...field(one)])),
})
const weightsOf = ({ logWeights }: FittedMixture<unknown>): NdArray => ({
  shape: [logWeights.length],
  data: Float32Array.from(logWeights),
})

function mixtureOfCoins(settings: Config, event: Shape) {
  const dimensions = sizeOf(event)
  const { components, points } = settings
  const params = { logWeights: buffer([components]), logits: buffer([components, dimensions]) }
  type P = Live<typeof params>
  return {
    ...common,
    event,
    support: "binary" as const,
    params,
    // log Σ_k π_k Π_d p_kd^x (1 − p_kd)^(1 − x), with Σ_d x·logit_kd of all components as one product
    logProb: (p: P, x: Tensor) => {
      const on = matmul(reshape(x, [x.shape[0]!, dimensions]), p.logits, { transB: true }) // [batch, components]
      return logSumExp(add(on, sub(normalised(p.logWeights), sum(softplus(p.logits), 1))), 1)
    },
    sample: (p: P, n: number, { rng }: Env) => {
      const logits = gather(p.logits, drawComponents(p.logWeights, n, rng.fork("component")))
      return reshape(bernoulli(logits).sample(rng.fork("pixels")), [n, ...event])
    },
    fit: async (data: FitData) => {
      const rows = rowsOf(data, points)
      checkPixels("mixture", "binary", rows.data)
      // Jeffreys' estimate for a pixel that was never on among as many rows as a component has on average.
      const floor = 0.5 / (rows.count / components + 1)
      const fitted = fitMixture(bernoulliFamily(floor), rows, emOptions(settings, data.seed))
      return new Map([
        ["logWeights", weightsOf(fitted)],
        ["logits", stacked(fitted, ({ logits }) => logits, [dimensions])],
      ])
    },
  }
}

function mixtureOfGaussians(settings: Config, event: Shape) {
  const dimensions = sizeOf(event)
  const { components, covariance = "diagonal", points } = settings
  const isFull = covariance === "full"
  if (isFull && dimensions > mostForFull) throw new EidosError("config", tooManyForFull(dimensions))
  const params = {
    logWeights: buffer([components]),
    mean: buffer([components, dimensions]),
    logVar: buffer([components, dimensions]), // along the axes
    ...(isFull && { axes: buffer([components, dimensions, dimensions]) }), // unit vectors in columns
  }
  type P = Live<typeof params>
  const rowOf = (table: Tensor, k: number) => slice(table, 0, k, k + 1)

  // log N(x; μ_k, Σ_k), one component after another, for all at once would need [batch, components, dimensions].
  const ofComponent = (p: P, x: Tensor, k: number): Tensor => {
    const centred = sub(x, rowOf(p.mean, k)) // [batch, dimensions]
    const along = p.axes ? matmul(centred, reshape(rowOf(p.axes, k), [dimensions, dimensions])) : centred
    const logVar = rowOf(p.logVar, k)
    const terms = add(add(div(square(along), exp(logVar)), logVar), Math.log(2 * Math.PI))
    return mul(sum(terms, 1, true), -0.5) // [batch, 1]
  }
  const logProb = (p: P, x: Tensor) => {
    const flat = reshape(x, [x.shape[0]!, dimensions])
    const each = Array.from({ length: components }, (_, k) => ofComponent(p, flat, k))
    return logSumExp(add(concat(each, 1), normalised(p.logWeights)), 1)
  }
  const sample = (p: P, n: number, { rng }: Env) => {
    const k = drawComponents(p.logWeights, n, rng.fork("component"))
    const scaled = mul(exp(mul(gather(p.logVar, k), 0.5)), rng.fork("pixels").normal([n, dimensions]))
    const turned = p.axes ? sum(mul(gather(p.axes, k), reshape(scaled, [n, 1, dimensions])), 2) : scaled
    return reshape(add(gather(p.mean, k), turned), [n, ...event])
  }
  const fit = async (data: FitData) => {
    const rows = rowsOf(data, points)
    const family = (isFull ? fullFamily : diagonalFamily)(varianceFloorOf(rows, settings))
    const fitted = fitMixture(family, rows, emOptions(settings, data.seed))
    return new Map<string, NdArray>([
      ["logWeights", weightsOf(fitted)],
      ["mean", stacked(fitted, ({ mean }) => mean, [dimensions])],
      ["logVar", stacked(fitted, ({ variances }) => variances.map(Math.log), [dimensions])],
      ...(isFull ? [["axes", stacked(fitted, ({ axes }) => axes!, [dimensions, dimensions])] as const] : []),
    ])
  }
  return { ...common, event, support: "real" as const, params, logProb, sample, fit }
}

/** The smallest variance allowed: a share of the data's own, so that it means the same at every scale. */
function varianceFloorOf(rows: Rows, { varianceFloor = 1e-3 }: Config): number {
  const everything = diagonalFamily(0).estimate(rows, new Float64Array(rows.count).fill(1))
  return (varianceFloor * everything.variances.reduce((a, b) => a + b, 0)) / rows.dimensions
}
