/**
 * The masked autoencoder for distribution estimation of Germain et al. 2015: an autoencoder whose connections are cut so that
 * each output sees only the pixels before its own. Peculiar here: masks are made from degrees as the step runs, so that a step
 * of training can draw one of many mask sets by drawing one row of degrees.
 */
import { z } from "zod"
import { randomOf } from "../../core/random.ts"
import { sizeOf } from "../../core/shape.ts"
import { add, greater, mul, sub } from "../../graph/ops/arithmetic.ts"
import { reshape } from "../../graph/ops/broadcast.ts"
import { slice } from "../../graph/ops/layout.ts"
import { matmul } from "../../graph/ops/matmul.ts"
import { constant } from "../../graph/ops/source.ts"
import { relu } from "../../graph/ops/unary.ts"
import { glorotUniform, type Live, weight, zeros } from "../../graph/parameter.ts"
import type { Tensor } from "../../graph/tensor.ts"
import type { Env } from "../../graph/trace.ts"
import { defineModel } from "../../model/define.ts"
import { degrees, fixedBelow, fixedUpTo, maskedDense, maskedWeight, seesBelow, seesUpTo } from "../../nn/masked.ts"
import { type OrderName, visitingOrder, visitsOf } from "../../nn/order.ts"
import { germain2015 } from "../citations.ts"
import { pixelwise } from "./pixelwise.ts"

const config = z.strictObject({
  hidden: z.array(z.int().positive()).min(1).default([500]).meta({ title: "Widths of the hidden layers" }),
  masks: z.int().min(1).max(256).default(1).meta({
    title: "Mask sets; a training step draws one of them, and p(x) is the mean over all",
  }),
  order: z.enum(["raster", "random"]).default("raster").meta({
    title: "Order in which the first mask set visits pixels; the others visit them in random orders",
  }),
  maskSeed: z.int().min(0).default(0).meta({ title: "Seed of degrees and random orders" }),
  direct: z.boolean().default(true).meta({ title: "Connect pixels to the outputs after them directly as well" }),
  classes: z.int().min(2).exactOptional().meta({ title: "Classes that every layer is told; none unless given" }),
})

/** One way to cut the connections. */
export interface MaskSet {
  /** Positions in the flat event in the order they are visited. */
  readonly order: readonly number[]
  /** Degrees of the pixels, then of each hidden layer: a unit of degree m may see the first m pixels. */
  readonly degrees: readonly (readonly number[])[]
}

interface MaskOptions {
  readonly hidden: readonly number[]
  readonly masks: number
  readonly order: OrderName
  readonly maskSeed: number
}

/**
 * The mask sets that a seed draws (alg. 1): hidden degrees are uniform from the smallest of the layer before, so that every
 * unit sees something, to one less than the number of pixels, since the last pixel is seen by no output.
 */
export const maskSets = (pixels: number, { hidden, masks, order: first, maskSeed }: MaskOptions): MaskSet[] =>
  Array.from({ length: masks }, (_, k) => {
    const order = visitingOrder(k === 0 ? first : "random", pixels, { seed: maskSeed, step: k })
    const { integer } = randomOf({ seed: maskSeed, name: "degrees", step: k })
    const drawn = [visitsOf(order)]
    for (const width of hidden) {
      const smallest = Math.min(pixels - 1, ...drawn.at(-1)!)
      drawn.push(Array.from({ length: width }, () => smallest + integer(pixels - smallest)))
    }
    return { order, degrees: drawn }
  })

/** 1 at the place where `u` in [0, 1) falls among `count` equal parts, else 0: [1, count]. */
function oneOf(u: Tensor, count: number): Tensor {
  const starts = Array.from({ length: count }, (_, k) => k)
  const at = mul(u, count) // [1]
  return reshape(sub(greater(degrees(starts.map((k) => k + 1)), at), greater(degrees(starts), at)), [1, count])
}

/** What each layer lets pass, and the direct connections. */
interface Masks<M> {
  readonly layers: readonly M[]
  readonly direct: M
}

/** Masks from the degrees of the pixels and of each hidden layer: hidden units see up to their degree, outputs only below theirs (eq. 8–9). */
function masksOf<D, M>(
  degrees: readonly D[],
  upTo: (inputs: D, outputs: D) => M,
  below: (inputs: D, outputs: D) => M,
): Masks<M> {
  const [pixels, ...hidden] = degrees as readonly [D, ...D[]]
  return {
    layers: [...hidden.map((units, l) => upTo(degrees[l]!, units)), below(degrees.at(-1)!, pixels)],
    direct: below(pixels, pixels),
  }
}

export const made = defineModel({
  name: "made",
  title: "Masked autoencoder for distribution estimation",
  cites: [germain2015],
  config,
  density: "tractable",
  sampling: "ancestral",
  data: () => ({ binarize: "dynamic", dequantize: false }),
  training: { steps: 5000, batchSize: 100, learningRate: 1e-3 },
  build({ direct, classes, ...options }, event) {
    const pixels = sizeOf(event)
    const sets = maskSets(pixels, options)
    const widths = [pixels, ...options.hidden]
    const told = (outputs: number) => (classes === undefined ? [] : [weight([classes, outputs], glorotUniform)])
    const last = widths.length - 1
    const only = sets.length === 1 ? masksOf(sets[0]!.degrees, fixedUpTo, fixedBelow) : undefined
    const layers = widths.map((width, l) => maskedDense(width, widths[l + 1] ?? pixels, glorotUniform, only?.layers[l]))
    const straight = maskedWeight([pixels, pixels], zeros, only?.direct)
    const params = {
      layers: layers.map((layer, l) => ({ ...layer.params, label: told(widths[l + 1] ?? pixels) })),
      direct: direct ? [straight.leaf] : [],
    }
    type P = Live<typeof params>

    const network = (p: P, x: Tensor, env: Env, masks?: Masks<Tensor>): Tensor => {
      const affine = (l: number, h: Tensor) => {
        const { label: ofClasses, ...own } = p.layers[l]!
        return ofClasses.reduce(
          (y, u) => add(y, matmul(env.label!, u)),
          layers[l]!.apply(own, h, env, masks?.layers[l]),
        )
      }
      let h = x
      for (let l = 0; l < last; l++) h = relu(affine(l, h))
      const y = affine(last, h) // [batch, pixels]
      return p.direct.reduce((sum, a) => add(sum, matmul(x, straight.passing(a, env, masks?.direct))), y)
    }

    const table = widths.map((width, l) =>
      constant({ shape: [sets.length, width], data: Float32Array.from(sets.flatMap((set) => set.degrees[l]!)) }),
    )
    const several = (units: readonly Tensor[]) => masksOf(units, seesUpTo, seesBelow)
    const inSet = (k: number) => several(table.map((each, l) => reshape(slice(each, 0, k, k + 1), [widths[l]!])))
    const inDrawnSet = ({ rng }: Env) => {
      const chosen = oneOf(rng.fork("mask").uniform([1]), sets.length)
      return several(table.map((each, l) => reshape(matmul(chosen, each), [widths[l]!])))
    }
    return pixelwise({
      event,
      ...(classes !== undefined && { classes }),
      params,
      orders: sets.map(({ order }) => order),
      logits: (p: P, x, k, env) => network(p, x, env, only ? undefined : inSet(k)),
      ...(!only && { drawnLogits: (p: P, x: Tensor, env: Env) => network(p, x, env, inDrawnSet(env)) }),
    })
  },
})
