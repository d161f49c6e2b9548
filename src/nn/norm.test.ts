import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { graphOf } from "../graph/graph.ts"
import { gradients, input, mul, simplify, sum, type Tensor } from "../graph/index.ts"
import { initialize, live } from "../graph/parameter.ts"
import { interpret } from "../runtime/reference.ts"
import {
  batchNorm,
  batchOfOne,
  groupNorm,
  instanceNorm,
  layerNorm,
  unevenGroups,
  weightNorm,
  wrongChannels,
  wrongEvent,
} from "./norm.ts"

const noise = (shape: Shape, name = "x"): NdArray =>
  ndarray(
    shape,
    fillNormal({ seed: 4, name }, new Float32Array(sizeOf(shape))).map((z) => 3 * z + 2),
  )
/** Mean and variance (divided by the count) of the numbers at these places. */
function momentsOf(values: ArrayLike<number>, where: (i: number) => boolean) {
  const chosen = Array.from(values).filter((_, i) => where(i))
  const mean = chosen.reduce((a, b) => a + b, 0) / chosen.length
  return { mean, variance: chosen.reduce((total, x) => total + (x - mean) ** 2, 0) / chosen.length }
}
const shape = [4, 6, 3, 2]
const image = noise(shape)
const channelOf = (i: number) => Math.floor(i / 6) % 6
const datumOf = (i: number) => Math.floor(i / 36)
const run = (outputs: Record<string, Tensor>, params: unknown, feeds: Record<string, NdArray>) =>
  interpret(graphOf(outputs), { ...Object.fromEntries(initialize(params, 1)), ...feeds })

const groups: readonly (readonly [name: string, layer: ReturnType<typeof groupNorm>, group: (i: number) => number])[] =
  [
    ["group normalisation", groupNorm(6, 2), (i) => datumOf(i) * 2 + Math.floor(channelOf(i) / 3)],
    ["instance normalisation", instanceNorm(6), (i) => datumOf(i) * 6 + channelOf(i)],
    ["layer normalisation", layerNorm([6, 3, 2]), datumOf],
  ]
describe.each(groups)("%s", (_, layer, group) => {
  it("gives each of its groups mean 0 and variance 1 before scale and shift", () => {
    const { y } = run({ y: layer.apply(live(layer.params), input("x", shape)) }, layer.params, { x: image })
    for (let g = 0; g <= group(143); g++) {
      const { mean, variance } = momentsOf(y!.data, (i) => group(i) === g)
      expect(mean).toBeCloseTo(0, 10)
      expect(variance).toBeCloseTo(1, 3)
    }
  })
})

describe("group normalisation", () => {
  it("scales and shifts channel by channel", () => {
    const layer = groupNorm(6, 3)
    const scale = ndarray([6], [1, 2, 3, 4, 5, 6])
    const y = layer.apply(live(layer.params), input("x", shape))
    const [plain, scaled] = [{}, { scale, shift: scale }].map((p) => run({ y }, layer.params, { x: image, ...p })["y"]!)
    for (const [i, value] of scaled!.data.entries()) {
      const factor = channelOf(i) + 1
      expect(value).toBeCloseTo(plain!.data[i]! * factor + factor, 9)
    }
  })
  it("says what does not fit", () => {
    expect(() => groupNorm(6, 4)).toThrow(unevenGroups(6, 4))
    const layer = groupNorm(4, 2)
    expect(() => layer.apply(live(layer.params), input("x", shape))).toThrow(wrongChannels("groupNorm", shape, 4))
    const rows = layerNorm([5])
    expect(() => rows.apply(live(rows.params), input("x", [2, 6]))).toThrow(wrongEvent([2, 6], [5]))
  })
})

describe("batch normalisation", () => {
  const layer = batchNorm(6)
  const p = live(layer.params)
  it.each([shape, [8, 6]])("normalises each channel over the batch, shape %s %s", (...of) => {
    const x = noise(of)
    const { y } = run({ y: layer.apply(p, input("x", of), { training: true }).y }, layer.params, { x })
    const inner = sizeOf(of.slice(2))
    for (let c = 0; c < 6; c++) {
      const { mean, variance } = momentsOf(y!.data, (i) => Math.floor(i / inner) % 6 === c)
      expect(mean).toBeCloseTo(0, 10)
      expect(variance).toBeCloseTo(1, 3)
    }
  })
  it("moves its statistics a tenth of the way, with the unbiased variance", () => {
    const { assign } = layer.apply(p, input("x", shape), { training: true })
    expect(assign.map(([buffer]) => buffer)).toEqual([p.mean, p.variance])
    const found = run({ mean: assign[0]![1], variance: assign[1]![1] }, layer.params, { x: image })
    for (let c = 0; c < 6; c++) {
      const { mean, variance } = momentsOf(image.data, (i) => channelOf(i) === c)
      expect(found["mean"]!.data[c]).toBeCloseTo(0.1 * mean, 10)
      expect(found["variance"]!.data[c]).toBeCloseTo(0.9 + (0.1 * variance * 24) / 23, 10)
    }
  })
  it("evaluates with the running statistics, and assigns nothing", () => {
    const { y, assign } = layer.apply(p, input("x", shape), { training: false })
    expect(assign).toEqual([])
    const running = { mean: noise([6], "mean"), variance: ndarray([6], [1, 2, 3, 4, 5, 6]) }
    const affine = { scale: noise([6], "scale"), shift: noise([6], "shift") }
    const found = run({ y }, layer.params, { x: image, ...running, ...affine })["y"]!.data
    for (const [i, value] of found.entries()) {
      const c = channelOf(i)
      const unit = (image.data[i]! - running.mean.data[c]!) / Math.sqrt(running.variance.data[c]! + 1e-5)
      expect(value).toBeCloseTo(unit * affine.scale.data[c]! + affine.shift.data[c]!, 8)
    }
  })
  it("has no gradient along constants or along the normalised numbers", () => {
    const x = input("x", shape)
    const { y } = layer.apply(p, x, { training: true })
    const [g] = gradients(sum(mul(y, input("weights", shape))), [x])
    const found = run({ ones: sum(g!), along: sum(mul(g!, y)) }, layer.params, {
      x: image,
      weights: noise(shape, "weights"),
    })
    expect(found["ones"]!.data[0]).toBeCloseTo(0, 9)
    expect(Math.abs(found["along"]!.data[0]!)).toBeLessThan(1e-3) // ε alone
  })
  it("refuses a batch of one number a channel", () =>
    expect(() => layer.apply(p, input("x", [1, 6]), { training: true })).toThrow(batchOfOne))
})

/** Image-sized results of a training step through the layer: each is a pass over memory. */
function passes(y: Tensor, x: Tensor, p: Record<string, Tensor>): number {
  const loss = sum(mul(y, input("weights", x.shape)))
  const grads = gradients(loss, [x, p["scale"]!, p["shift"]!])
  const graph = simplify(graphOf({ x: grads[0]!, scale: grads[1]!, shift: grads[2]! }))
  return graph.nodes.filter(
    (node) => sizeOf(node.shape) === sizeOf(x.shape) && node.inputs.length > 0 && node.op.name !== "reshape",
  ).length
}
describe("a training step", () => {
  const x = input("x", shape)
  it.each([
    ["batch", 6, batchNorm(6)],
    ["group", 6, groupNorm(6, 2)],
    ["layer", 9, layerNorm([6, 3, 2])], // its scale is as large as an image, so it cannot be folded
  ] as const)("of %s normalisation makes %i results as large as the images", (_, count, layer) => {
    const p = live(layer.params)
    const result = layer.apply(p as never, x, { training: true })
    expect(passes("y" in result ? result.y : result, x, p)).toBe(count)
  })
})

describe("weight normalisation", () => {
  const v = input("v", [5, 3])
  const w = weightNorm(v, input("g", [3]), 0)
  const feeds = { v: noise([5, 3], "v"), g: ndarray([3], [1, 2, 3]) }
  it("has columns of length g", () => {
    const { lengths } = interpret(graphOf({ lengths: sum(mul(w, w), 0) }), feeds)
    for (const [i, value] of lengths!.data.entries()) expect(value).toBeCloseTo((i + 1) ** 2, 10)
  })
  it("has gradients at right angles to v (section 2.1)", () => {
    const [g] = gradients(sum(mul(w, input("c", [5, 3]))), [v])
    const { angles } = interpret(graphOf({ angles: sum(mul(g!, v), 0) }), { ...feeds, c: noise([5, 3], "c") })
    for (const value of angles!.data) expect(value).toBeCloseTo(0, 10)
  })
})
