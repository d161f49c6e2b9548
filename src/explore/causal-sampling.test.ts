import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { graphOf } from "../graph/graph.ts"
import { add, concat, constant, input, mul, relu, sigmoid, slice, tanh } from "../graph/ops/index.ts"
import type { Tensor } from "../graph/tensor.ts"
import { causalConv, type MaskType } from "../nn/conv.ts"
import { interpret } from "../runtime/reference.ts"
import { type CausalKernel, type CausalNetwork, seesItself } from "./causal-network.ts"
import { type Draw, drawBits, openCausalSampler } from "./causal-sampling.ts"

const images = 2
const random = (name: string, shape: Shape): NdArray =>
  ndarray(
    shape,
    fillNormal({ seed: 1, name }, new Float32Array(sizeOf(shape))).map((x) => 0.5 * x),
  )
// Numbers stand under the mask too: they must not matter.
const kernel = (name: string, inputs: number, outputs: number, size: number, type: MaskType): CausalKernel => ({
  type,
  w: random(`${name}.w`, [outputs, inputs, (size + 1) / 2, size]),
  b: random(`${name}.b`, [outputs]),
})

interface Named extends CausalNetwork {
  readonly name: string
}
const networks: Named[] = [
  {
    name: "a stack of kernels of 5, 3 and 1",
    event: [1, 6, 6],
    kernels: [kernel("0", 1, 8, 5, "A"), kernel("1", 8, 7, 3, "B"), kernel("2", 7, 1, 1, "B")],
    logits: (x, conv) => conv(2, relu(conv(1, relu(conv(0, x))))),
  },
  {
    name: "wide kernels above narrow ones",
    event: [1, 4, 7],
    kernels: [kernel("3", 1, 4, 3, "A"), kernel("4", 4, 6, 5, "B"), kernel("5", 6, 1, 7, "A")],
    logits: (x, conv) => conv(2, tanh(conv(1, relu(conv(0, x))))),
  },
  {
    name: "two channels, gates, a residual and joined branches",
    event: [2, 5, 4],
    kernels: [
      kernel("6", 2, 4, 5, "A"),
      kernel("7", 4, 8, 3, "B"),
      kernel("8", 2, 3, 3, "A"),
      kernel("9", 7, 2, 1, "B"),
    ],
    logits(x, conv) {
      const h = conv(0, x)
      const gates = conv(1, h)
      const gated = mul(tanh(slice(gates, 1, 0, 4)), sigmoid(slice(gates, 1, 4, 8)))
      return conv(3, concat([add(h, gated), relu(conv(2, x))], 1))
    },
  },
]

/** Logits of whole images [images, channels, height, width], by the layers that training uses, in 64 bits. */
function wholeLogits({ event, kernels, logits }: CausalNetwork, data: Float32Array): Float64Array {
  const conv = (i: number, h: Tensor) => {
    const { w, b, type } = kernels[i]!
    const [outputs, inputs, , size] = w.shape as [number, number, number, number]
    return causalConv(inputs, outputs, size, type).apply({ w: constant(w), b: constant(b) }, h)
  }
  const shape = [images, ...event]
  return interpret(graphOf({ y: logits(input("x", shape), conv) }), { x: { shape, data } })["y"]!.data
}

/** Images drawn by sending them whole through the network for each pixel. */
function drawnNaively(network: CausalNetwork, draw: Draw): Float32Array {
  const [channels, height, width] = network.event as [number, number, number]
  const pixels = height * width
  const x = new Float32Array(images * channels * pixels)
  const values = new Float32Array(images * channels)
  for (let pixel = 0; pixel < pixels; pixel++) {
    draw(pixel, atPixel(wholeLogits(network, x), pixel, pixels), values)
    for (const [i, value] of values.entries()) x[i * pixels + pixel] = value
  }
  return x
}

const atPixel = (whole: ArrayLike<number>, pixel: number, pixels: number): Float32Array =>
  Float32Array.from({ length: whole.length / pixels }, (_, i) => whole[i * pixels + pixel]!)

describe.each(networks)("sampling pixel by pixel: $name", (network) => {
  const pixels = network.event[1]! * network.event[2]!
  it("sees at every pixel the logits of the network over whole images", async () => {
    const seen: number[][] = []
    const bits = drawBits(3)
    const sampler = await openCausalSampler(network, images, { threads: 1 })
    const x = await sampler.sample((pixel, logits, values) => {
      seen.push(Array.from(logits))
      bits(pixel, logits, values)
    })
    await sampler.dispose()
    const whole = wholeLogits(network, x.data)
    for (let pixel = 0; pixel < pixels; pixel++)
      for (const [i, logit] of atPixel(whole, pixel, pixels).entries())
        expect(Math.abs(seen[pixel]![i]! - logit)).toBeLessThan(1e-5)
  })
  it("draws what whole images draw from the same noise, and does so again", async () => {
    const sampler = await openCausalSampler(network, images, { threads: 1 })
    for (const seed of [4, 5, 4]) {
      const drawn = await sampler.sample(drawBits(seed))
      expect(drawn.shape).toEqual([images, ...network.event])
      expect(Array.from(drawn.data)).toEqual(Array.from(drawnNaively(network, drawBits(seed))))
      expect(new Set(drawn.data).size).toBe(2)
    }
    await sampler.dispose()
  })
})

it("draws the same bits by direct calls as by the Node binding", async () => {
  const drawn = (["direct", "binding"] as const).map(async (kind) => {
    const sampler = await openCausalSampler(networks[2]!, images, { threads: 1, kind })
    const { data } = await sampler.sample(drawBits(6))
    await sampler.dispose()
    return Array.from(data)
  })
  expect(await drawn[0]).toEqual(await drawn[1])
})

describe("a network whose pixels see themselves", () => {
  const { event, kernels } = networks[0]!
  it.each<[string, Pick<CausalNetwork, "kernels" | "logits">]>([
    ["by mask B at the images", { kernels: [kernel("10", 1, 1, 3, "B")], logits: (x, conv) => conv(0, x) }],
    ["beside the convolutions", { kernels, logits: (x, conv) => add(x, conv(2, relu(conv(1, conv(0, x))))) }],
    [
      "by a convolution of what is made of them",
      { kernels, logits: (x, conv) => conv(2, conv(1, conv(0, mul(x, 2)))) },
    ],
  ])("is refused: %s", async (_, network) => {
    await expect(openCausalSampler({ event, ...network }, images)).rejects.toThrow(seesItself)
  })
})
