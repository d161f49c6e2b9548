/** Convolutions in the processor's own layout are the plain ones, and it is used where channels allow. */
import { describe, expect, it } from "vitest"
import { fillUniform } from "../../src/core/random.ts"
import { sizeOf } from "../../src/core/shape.ts"
import { type Graph, graphOf } from "../../src/graph/graph.ts"
import * as ops from "../../src/graph/ops/index.ts"
import { pullback } from "../../src/graph/pullback.ts"
import { simplify } from "../../src/graph/simplify.ts"
import type { Target, Tensor } from "../../src/graph/tensor.ts"
import { lower, lowerGraph, portsOf } from "../../src/onnx/lower.ts"
import { cpuTarget } from "../../src/runtime/cpu-target.ts"
import { openSession, toTensor } from "../../src/runtime/ort-node.ts"

const cases = {
  "3 × 3": { x: [2, 16, 6, 5], w: [32, 16, 3, 3], options: { padding: 1 } },
  "causal 2 × 3": { x: [2, 32, 6, 6], w: [16, 32, 2, 3], options: { padding: [1, 1, 0, 1] } },
  "4 × 4 in steps of 2": { x: [16, 16, 8, 8], w: [32, 16, 4, 4], options: { stride: 2, padding: 1 } },
  "3 × 3 in steps of 3, sides not covered": { x: [1, 16, 9, 9], w: [16, 16, 3, 3], options: { stride: 3 } },
  "3 × 3 in steps of 2, an odd side": { x: [1, 16, 7, 7], w: [16, 16, 3, 3], options: { stride: 2, padding: 1 } },
  "5 × 4 in steps of 2, uneven padding": {
    x: [1, 16, 8, 8],
    w: [16, 16, 5, 4],
    options: { stride: 2, padding: [2, 1, 1, 1] },
  },
} as const

async function valuesOf(graph: Graph, target: Target): Promise<Float32Array> {
  const feeds = portsOf(graph).map(({ attrs: { name }, shape }) => {
    const data = fillUniform({ seed: 3, name }, new Float32Array(sizeOf(shape))).map((u) => u - 0.5)
    return [name, toTensor({ shape, data })] as const
  })
  const session = await openSession(lower(graph, { target }), { threads: 1 })
  const values = (await session.run(Object.fromEntries(feeds)))["y"]!.data as Float32Array
  await session.release()
  return values
}

const target = await cpuTarget()
/** The program in blocks gives what the plain one gives. */
async function expectSame(graph: Graph): Promise<void> {
  const [blocked, plain] = [await valuesOf(graph, target), await valuesOf(graph, { provider: "cpu" })]
  const size = plain.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const error = plain.reduce((most, value, i) => Math.max(most, Math.abs(value - blocked[i]!)), 0)
  expect(error / size).toBeLessThan(2e-6)
}
const isBlocked = (graph: Graph): boolean =>
  new TextDecoder("latin1").decode(lower(graph, { target })).includes("ReorderInput")

describe.skipIf(target.block === undefined)(`blocks of ${target.block} channels`, () => {
  describe.each(Object.entries(cases))("%s", (name, { x, w, options }) => {
    const [images, kernels] = [ops.input("x", x), ops.input("w", w)]
    const y = ops.conv(images, kernels, ops.geometryOf(options), ops.input("b", [w[0]]))
    const g = ops.input("g", y.shape)
    const [dx, dw] = pullback(y, [images, kernels], g)
    const transposed = ops.convTranspose(
      g,
      kernels,
      { ...ops.geometryOf(options), size: [x[2], x[3]] },
      ops.input("c", [x[1]]),
    )
    it.each(Object.entries({ y, dx: dx!, dw: dw!, transposed }))("computes %s", async (_, tensor) => {
      await expectSame(graphOf({ y: tensor }))
    })
    it("is used for the images", () => expect(isBlocked(graphOf({ y }))).toBe(true))
    it.runIf(name.includes("4 × 4"))("is used for all three", () => {
      for (const tensor of [y, dx!, dw!]) expect(isBlocked(graphOf({ y: tensor }))).toBe(true)
    })
  })

  describe("layers one after the other, with relu between them", () => {
    const geometry = ops.geometryOf({ padding: 1 })
    const [x, first, second] = [
      [2, 16, 6, 5],
      [32, 16, 3, 3],
      [16, 32, 3, 3],
    ].map((shape, i) => ops.input(`${i}`, shape)) as [Tensor, Tensor, Tensor]
    const h = ops.relu(ops.conv(x, first, geometry))
    const y = ops.relu(ops.convTranspose(ops.conv(h, second, geometry), second, { ...geometry, size: [6, 5] }))
    const gradient = (of: Tensor) => pullback(y, [of], ops.input("g", y.shape))[0]!
    it.each(Object.entries({ y, dx: gradient(x), dw: gradient(second) }))("compute %s", async (_, tensor) => {
      await expectSame(simplify(graphOf({ y: tensor })))
    })
    it("stay in blocks between them, with relu inside", () => {
      const operators = lowerGraph(simplify(graphOf({ y })), target).node.map(({ opType }) => opType)
      const count = (operator: string) => operators.filter((each) => each === operator).length
      expect(count("Conv")).toBe(3)
      expect(count("ReorderInput")).toBe(3 + 1) // the kernels, and the images once
      expect(count("Relu")).toBe(0)
    })
  })
})
