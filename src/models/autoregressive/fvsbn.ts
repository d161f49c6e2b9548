/**
 * The fully visible sigmoid belief network (Frey, Hinton and Dayan 1996): each pixel is a logistic regression on those before
 * it. All of them are one product with a matrix whose entries from later pixels are masked.
 */
import { z } from "zod"
import { sizeOf } from "../../core/shape.ts"
import { type Live, normalInit } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import { defineModel } from "../../model/define.ts"
import { fixedBelow, maskedDense } from "../../nn/masked.ts"
import { visitingOrder, visitsOf } from "../../nn/order.ts"
import { frey1996, gan2015, larochelle2011 } from "../citations.ts"
import { pixelwise } from "./pixelwise.ts"

const config = z
  .strictObject({
    order: z.enum(["raster", "random"]).default("raster").meta({ title: "Order in which pixels are visited" }),
    orderSeed: z.int().min(0).exactOptional().meta({ title: "Seed of a random order; 0 unless told" }),
  })
  .refine(({ order, orderSeed }) => order === "random" || orderSeed === undefined, {
    path: ["orderSeed"],
    message: "the raster order has no seed; add --order random or leave it out",
  })

// A pixel that training never lights moves no weight; from wider ones its first weights would stay, as noise on new images.
const initStd = 1e-3

export const fvsbn = defineModel({
  name: "fvsbn",
  title: "Fully visible sigmoid belief network",
  cites: [frey1996, larochelle2011, gan2015],
  config,
  density: "tractable",
  sampling: "ancestral",
  data: () => ({ binarize: "dynamic", dequantize: false }),
  training: { steps: 5000, batchSize: 100, learningRate: 1e-3 },
  build({ order: name, orderSeed = 0 }, event) {
    const pixels = sizeOf(event)
    const order = visitingOrder(name, pixels, { seed: orderSeed })
    const visits = visitsOf(order)
    const regression = maskedDense(pixels, pixels, normalInit(initStd), fixedBelow(visits, visits))
    // p(x_i = 1 | x_<i) = σ(b_i + Σ_{j<i} w_ji x_j)
    const logits = (p: Live<typeof regression.params>, x: Tensor, _: number, env: Env) => regression.apply(p, x, env)
    return pixelwise({ event, params: regression.params, orders: [order], logits })
  },
})
