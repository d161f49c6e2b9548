import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { graphOf } from "../graph/graph.ts"
import { gradients, input, slice, sum, type Tensor } from "../graph/index.ts"
import { initialize, live } from "../graph/parameter.ts"
import { interpret } from "../runtime/reference.ts"
import { dotProductAttention, multiHeadAttention, noSequence, unevenHeads } from "./attention.ts"

const noise = (shape: Shape, name: string): NdArray =>
  ndarray(shape, fillNormal({ seed: 6, name }, new Float32Array(sizeOf(shape))))
const shapes = { q: [2, 3, 4], k: [2, 5, 4], v: [2, 5, 6] } as const
const feeds = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, noise(shape, name)]))
const [q, k, v] = Object.entries(shapes).map(([name, shape]) => input(name, shape)) as [Tensor, Tensor, Tensor]

/** The definition, place by place. */
function attended(query: number, datum: number, readable: number): number[] {
  const row = (name: "q" | "k" | "v", i: number) => {
    const [, places, width] = shapes[name]
    return Array.from(feeds[name]!.data.subarray((datum * places + i) * width, (datum * places + i + 1) * width))
  }
  const weights = Array.from({ length: readable }, (_, j) =>
    Math.exp(row("q", query).reduce((total, value, c) => total + value * row("k", j)[c]!, 0) / 2),
  )
  const total = weights.reduce((a, b) => a + b, 0)
  return Array.from({ length: 6 }, (_, c) =>
    weights.reduce((sum, weight, j) => sum + (weight / total) * row("v", j)[c]!, 0),
  )
}

describe("dot-product attention", () => {
  it.each([false, true])("is the weighted mean of the values; causal: %s", (causal) => {
    const y = interpret(graphOf({ y: dotProductAttention(q, k, v, { causal }) }), feeds)["y"]!
    expect(y.shape).toEqual([2, 3, 6])
    for (let datum = 0; datum < 2; datum++)
      for (let i = 0; i < 3; i++)
        for (const [c, value] of attended(i, datum, causal ? i + 3 : 5).entries())
          expect(y.data[(datum * 3 + i) * 6 + c]).toBeCloseTo(value, 6)
  })
})

describe("multi-head attention", () => {
  const layer = multiHeadAttention(4, 2, { causal: true })
  const x = input("x", [1, 5, 4])
  const y = layer.apply(live(layer.params), x)
  const parameters = Object.fromEntries(initialize(layer.params, 1))
  it("keeps the shape, and no place learns from one after it", () => {
    expect(y.shape).toEqual([1, 5, 4])
    for (let place = 0; place < 5; place++) {
      const [g] = gradients(sum(slice(y, 1, place, place + 1)), [x])
      const found = interpret(graphOf({ g: g! }), { ...parameters, x: noise([1, 5, 4], "x") })["g"]!.data
      for (const [i, value] of found.entries()) expect(Math.abs(value) > 1e-12).toBe(Math.floor(i / 4) <= place)
    }
  })
  it("says what does not fit", () => {
    expect(() => multiHeadAttention(5, 2)).toThrow(unevenHeads(5, 2))
    expect(() => layer.apply(live(layer.params), input("x", [5, 4]))).toThrow(noSequence([5, 4], 4))
  })
})
