/**
 * The model that knows nothing: every image is equally likely. It is the zero of every scale: D · ln 2 nats for D bits, and
 * 8 bits/dim exactly for grey levels, which is how a forgotten dequantization shows (Theis et al. 2016, section 3.1).
 */
import { z } from "zod"
import { sizeOf } from "../../core/shape.ts"
import { bernoulli } from "../../dist/bernoulli.ts"
import { greater } from "../../graph/ops/arithmetic.ts"
import { broadcastTo, reshape, sum } from "../../graph/ops/broadcast.ts"
import { constant } from "../../graph/ops/source.ts"
import { log } from "../../graph/ops/unary.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import type { FitData } from "../../model/capabilities.ts"
import { defineModel } from "../../model/define.ts"
import { theis2016 } from "../citations.ts"
import { checkPixels, chunksOf, dataOf, inUnit, pixelKinds } from "./pixels.ts"

const config = z.strictObject({
  pixels: pixelKinds.default("binary").meta({ title: "What a pixel is: 0 or 1, or one of 256 grey levels" }),
})

export const uniform = defineModel({
  name: "uniform",
  title: "Uniform distribution",
  cites: [theis2016],
  config,
  density: "tractable",
  sampling: "direct",
  data: ({ pixels }) => dataOf(pixels),
  training: { steps: 0, batchSize: 128, learningRate: 1e-3 },
  build({ pixels }, event) {
    const dimensions = sizeOf(event)
    const isBinary = pixels === "binary"
    const flat = (x: Tensor) => reshape(x, [x.shape[0]!, dimensions])
    const fairCoins = bernoulli(broadcastTo(constant(0), [dimensions]))
    const logProb = (_: unknown, x: Tensor) => (isBinary ? fairCoins.logProb(flat(x)) : sum(log(inUnit(flat(x))), -1))
    const sample = (_: unknown, n: number, { rng }: Env) => {
      const u = rng.uniform([n, ...event])
      return isBinary ? greater(u, 0.5) : u
    }
    return {
      density: "tractable" as const,
      sampling: "direct" as const,
      event,
      support: isBinary ? ("binary" as const) : ("levels" as const),
      params: {},
      logProb,
      sample,
      fit: async ({ train }: FitData) => {
        for (const rows of chunksOf(train)) checkPixels("uniform", pixels, rows)
        return new Map()
      },
      players: {},
    }
  },
})
