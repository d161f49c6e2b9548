/**
 * Independent pixels, each with its own distribution: all that single pixels say, and nothing about how they go together.
 * Bits follow coins with Jeffreys' prior, (Σ x + ½)/(n + 1); grey levels follow histograms with one count added to each
 * level. Without these a pixel that never varied in training would make an image impossible.
 */
import { z } from "zod"
import type { NdArray } from "../../core/array.ts"
import { type Shape, sizeOf } from "../../core/shape.ts"
import { bernoulli } from "../../dist/bernoulli.ts"
import { add, greater, mul, sub } from "../../graph/ops/arithmetic.ts"
import { reshape, sum } from "../../graph/ops/broadcast.ts"
import { gather } from "../../graph/ops/gather.ts"
import { constant } from "../../graph/ops/source.ts"
import { log } from "../../graph/ops/unary.ts"
import { buffer, type Live } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import type { FitData } from "../../model/capabilities.ts"
import { defineModel } from "../../model/define.ts"
import { theis2016 } from "../citations.ts"
import { checkPixels, chunksOf, dataOf, inUnit, pixelKinds } from "./pixels.ts"

const config = z.strictObject({
  pixels: pixelKinds.default("binary").meta({ title: "What a pixel is: 0 or 1, or one of 256 grey levels" }),
})

export const marginal = defineModel({
  name: "marginal",
  title: "Independent pixels",
  cites: [theis2016],
  config,
  density: "tractable",
  sampling: "direct",
  data: ({ pixels }) => dataOf(pixels),
  training: { steps: 0, batchSize: 128, learningRate: 1e-3 },
  build: ({ pixels }, event) => (pixels === "binary" ? coins(event) : histograms(event)),
})

const common = { density: "tractable", sampling: "direct", players: {} } as const

function coins(event: Shape) {
  const dimensions = sizeOf(event)
  const params = { logits: buffer([dimensions]) }
  type P = Live<typeof params>
  return {
    ...common,
    event,
    support: "binary" as const,
    params,
    logProb: (p: P, x: Tensor) => bernoulli(p.logits).logProb(reshape(x, [x.shape[0]!, dimensions])),
    sample: (p: P, n: number, { rng }: Env) =>
      reshape(greater(bernoulli(p.logits).mean, rng.uniform([n, dimensions])), [n, ...event]),
    fit: async ({ train, dimensions }: FitData) => {
      const ones = new Float64Array(dimensions)
      for (const rows of chunksOf(train)) {
        checkPixels("marginal", "binary", rows)
        for (let i = 0; i < rows.length; i++) ones[i % dimensions]! += rows[i]!
      }
      const logits = Float32Array.from(ones, (sum) => Math.log((sum + 0.5) / (train.count - sum + 0.5)))
      return new Map<string, NdArray>([["logits", { shape: [dimensions], data: logits }]])
    },
  }
}

const levels = 256

function histograms(event: Shape) {
  const dimensions = sizeOf(event)
  const params = {
    logMass: buffer([dimensions, levels]), // log P(x_d = k)
    cumulative: buffer([dimensions, levels]), // P(x_d ≤ k)
  }
  type P = Live<typeof params>
  const firstCells = constant({
    shape: [dimensions],
    data: Float32Array.from({ length: dimensions }, (_, d) => levels * d),
  })
  const wholeNumbers = constant({ shape: [levels], data: Float32Array.from({ length: levels }, (_, k) => k) })
  const read = (table: Tensor, level: Tensor) => gather(reshape(table, [dimensions * levels]), add(level, firstCells))

  // The density of (k + u)/256 is 256 · P(k) in its cell; outside [0, 1) there is none.
  const logProb = (p: P, x: Tensor) => {
    const flat = reshape(x, [x.shape[0]!, dimensions])
    const inside = inUnit(flat)
    const level = gather(wholeNumbers, mul(mul(flat, inside), levels)) // ⌊256 x⌋
    return sum(add(add(read(p.logMass, level), log(inside)), Math.log(levels)), -1)
  }
  // The level of u is the number of levels with P(≤ k) ≤ u, found by halving 256 eight times.
  const sample = (p: P, n: number, { rng }: Env) => {
    const u = rng.fork("level").uniform([n, dimensions])
    const halve = (low: Tensor, step: number): Tensor =>
      add(low, mul(sub(1, greater(read(p.cumulative, add(low, step - 1)), u)), step))
    const level = [128, 64, 32, 16, 8, 4, 2, 1].reduce(halve, mul(u, 0))
    const within = mul(rng.fork("within").uniform([n, dimensions]), 1 - 2 ** -16) // so that level + within stays below 256
    return reshape(mul(add(level, within), 1 / levels), [n, ...event])
  }
  return { ...common, event, support: "levels" as const, params, logProb, sample, fit: count }
}

async function count({ train, dimensions }: FitData): Promise<Map<string, NdArray>> {
  const counts = new Float64Array(dimensions * levels)
  for (const rows of chunksOf(train)) {
    checkPixels("marginal", "grey", rows)
    for (let i = 0; i < rows.length; i++) counts[levels * (i % dimensions) + Math.floor(rows[i]! * levels)]!++
  }
  const mass = counts.map((n) => (n + 1) / (train.count + levels))
  let total = 0
  const cumulative = mass.map((share, i) => {
    total = i % levels === 0 ? share : total + share
    return total
  })
  const shape = [dimensions, levels]
  return new Map<string, NdArray>([
    ["logMass", { shape, data: Float32Array.from(mass, Math.log) }],
    ["cumulative", { shape, data: Float32Array.from(cumulative) }],
  ])
}
