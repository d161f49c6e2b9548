/**
 * The neural autoregressive distribution estimator of Larochelle and Murray 2011: for each pixel a hidden layer of those before
 * it, all sharing one matrix, so that the activations of one follow from those of the last by adding a row. Peculiar here:
 * the recurrence runs over blocks of pixels. Rows of w, v and b are in the order of visits.
 */
import { z } from "zod"
import { sizeOf } from "../../core/shape.ts"
import { add, equal, greater, mul } from "../../graph/ops/arithmetic.ts"
import { broadcastTo, reshape, sum } from "../../graph/ops/broadcast.ts"
import { gather } from "../../graph/ops/gather.ts"
import { concat, slice } from "../../graph/ops/layout.ts"
import { matmul } from "../../graph/ops/matmul.ts"
import { sigmoid } from "../../graph/ops/unary.ts"
import { glorotUniform, type Live, weight, zeros } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import { defineModel } from "../../model/define.ts"
import { degrees } from "../../nn/masked.ts"
import { visitingOrder } from "../../nn/order.ts"
import { larochelle2011, uria2014, uria2016 } from "../citations.ts"
import { pixelwise } from "./pixelwise.ts"

const config = z
  .strictObject({
    hidden: z.int().min(1).max(10_000).default(500).meta({ title: "Hidden units" }),
    order: z.enum(["raster", "random"]).default("raster").meta({ title: "Order in which pixels are visited" }),
    orderSeed: z.int().min(0).exactOptional().meta({ title: "Seed of a random order; 0 unless told" }),
  })
  .refine(({ order, orderSeed }) => order === "random" || orderSeed === undefined, {
    path: ["orderSeed"],
    message: "the raster order has no seed; add --order random or leave it out",
  })

// 16: shorter blocks cost more nodes, longer ones more multiplications by zero and more cache. At 784 pixels, 500 hidden units
// and 100 images on two cores, a step took 135 to 150 ms with 8 or 16, and 160 ms with 28.
const blockLength = 16

const counted = (length: number): Tensor => degrees(Array.from({ length }, (_, i) => i))

/** Each row's pixels before the d-th, those from there on set to zero: [batch, n] → [batch · n, n]. */
function pixelsBefore(x: Tensor): Tensor {
  const [batch, n] = x.shape as [number, number]
  const comesBefore = greater(reshape(counted(n), [n, 1]), counted(n)) // [d, i]: 1 where i < d
  return reshape(mul(reshape(x, [batch, 1, n]), comesBefore), [batch * n, n])
}

export const nade = defineModel({
  name: "nade",
  title: "Neural autoregressive distribution estimator",
  cites: [larochelle2011, uria2014, uria2016],
  config,
  density: "tractable",
  sampling: "ancestral",
  data: () => ({ binarize: "dynamic", dequantize: false }),
  training: { steps: 5000, batchSize: 100, learningRate: 1e-3 },
  build({ hidden, order: name, orderSeed = 0 }, event) {
    const pixels = sizeOf(event)
    const order = visitingOrder(name, pixels, { seed: orderSeed })
    const params = {
      w: weight([pixels, hidden], glorotUniform),
      c: weight([hidden], zeros),
      v: weight([pixels, hidden], glorotUniform),
      b: weight([pixels], zeros),
    }
    type P = Live<typeof params>

    // a₁ = c, a_{d+1} = a_d + x_d W_d, h_d = σ(a_d), logit_d = b_d + V_d · h_d: alg. 1. Here a is that of the block's first pixel.
    const block = (p: P, x: Tensor, a: Tensor, start: number) => {
      const end = Math.min(pixels, start + blockLength)
      const [batch, n] = [x.shape[0]!, end - start]
      const [within, w, v] = [slice(x, 1, start, end), slice(p.w, 0, start, end), slice(p.v, 0, start, end)]
      const added = reshape(matmul(pixelsBefore(within), w), [batch, n, hidden])
      const h = sigmoid(add(added, a)) // [batch, n, hidden]
      const next = add(reshape(matmul(within, w), [batch, 1, hidden]), a) // [batch, 1, hidden]
      return { logits: sum(mul(h, v), -1), next }
    }
    const inTurn = (p: P, x: Tensor): Tensor => {
      const parts: Tensor[] = []
      let a = reshape(p.c, [1, 1, hidden])
      for (let start = 0; start < pixels; start += blockLength) {
        const { logits, next } = block(p, x, a, start)
        parts.push(logits)
        a = next
      }
      return add(concat(parts, 1), p.b)
    }
    // A product with a permutation matrix puts pixels in the order of visits, and its transpose puts logits back, exactly.
    const permutation = equal(reshape(counted(pixels), [pixels, 1]), degrees(order))
    const logits = (p: P, x: Tensor): Tensor =>
      name === "raster" ? inTurn(p, x) : matmul(inTurn(p, matmul(x, permutation)), permutation, { transB: true })
    // The same recurrence for one pixel, as sampling needs it: only a is carried.
    const recurrence = {
      start: (p: P, n: number) => broadcastTo(reshape(p.c, [1, hidden]), [n, hidden]),
      logits: (p: P, a: Tensor, at: Tensor) =>
        add(reshape(sum(mul(sigmoid(a), gather(p.v, at)), -1), [a.shape[0]!, 1]), gather(p.b, at)),
      after: (p: P, a: Tensor, at: Tensor, value: Tensor) => add(a, mul(value, gather(p.w, at))),
    }
    return { ...pixelwise({ event, params, orders: [order], logits }), recurrence }
  },
})
