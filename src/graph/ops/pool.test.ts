import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../../core/array.ts"
import { fillNormal } from "../../core/random.ts"
import { interpret } from "../../runtime/reference.ts"
import { graphOf } from "../graph.ts"
import { gradients } from "../pullback.ts"
import type { Tensor } from "../tensor.ts"
import { mul } from "./arithmetic.ts"
import { sum } from "./broadcast.ts"
import { averagePool, maxPool, upsample } from "./pool.ts"
import { windowsDoNotFit, windowsOf } from "./pool-geometry.ts"
import { input } from "./source.ts"
import { relu } from "./unary.ts"

const noise = (shape: readonly number[], name: string): NdArray =>
  ndarray(shape, fillNormal({ seed: 1, name }, new Float32Array(shape.reduce((a, b) => a * b, 1))))
const run = (y: Tensor, feeds: Record<string, NdArray>) => interpret(graphOf({ y }), feeds)["y"]!
const x = input("x", [1, 1, 2, 4])
const image = ndarray([1, 1, 2, 4], [1, 2, 5, 3, 0, 1, 4, 8])

describe("pooling", () => {
  it("takes the mean or the largest of each window", () => {
    expect([...run(averagePool(x, { kernel: 2 }), { x: image }).data]).toEqual([1, 5])
    expect([...run(maxPool(x, { kernel: 2, stride: 1 }), { x: image }).data]).toEqual([2, 5, 8])
  })
  it("counts padding as zeros in means, and not at all in maxima", () => {
    const options = { kernel: 3, stride: 2, padding: 1 }
    expect([...run(averagePool(x, options), { x: image }).data]).toEqual([4 / 9, (2 + 5 + 3 + 1 + 4 + 8) / 9])
    const below = {
      x: ndarray(
        [1, 1, 2, 4],
        Array.from(image.data, (value) => value - 10),
      ),
    }
    expect([...run(maxPool(x, options), below).data]).toEqual([-8, -2])
  })
  it("of rectified images sends the whole gradient to the first of equals", () => {
    const g = gradients(sum(maxPool(relu(x), { kernel: 2 })), [x])[0]!
    const dark = run(g, { x: ndarray([1, 1, 2, 4], [3, 3, -1, -1, 3, 3, -1, -1]) })
    expect([...dark.data]).toEqual([1, 0, 0, 0, 0, 0, 0, 0])
  })
  it.each([{ kernel: 2 }, { kernel: 3, stride: 2, padding: 1 }, { kernel: [2, 1] as const, stride: [1, 2] as const }])(
    "of means has the adjoint ⟨A x, y⟩ = ⟨x, Aᵀ y⟩: %o",
    (options) => {
      const images = input("images", [2, 3, 4, 6])
      const pooled = averagePool(images, options)
      const y = input("y", pooled.shape)
      const [adjoint] = gradients(sum(mul(pooled, y)), [images])
      const feeds = { images: noise(images.shape, "images"), y: noise(pooled.shape, "y") }
      const [left, right] = [sum(mul(pooled, y)), sum(mul(images, adjoint!))].map(
        (scalar) => run(scalar, feeds).data[0]!,
      )
      expect(left).toBeCloseTo(right!, 10)
    },
  )
  it("says which windows do not fit", () => {
    const windows = windowsOf({ kernel: 3 })
    expect(() => maxPool(x, { kernel: 3 })).toThrow(windowsDoNotFit(x.shape, windows))
    expect(() => averagePool(input("row", [4]), { kernel: 3 })).toThrow(windowsDoNotFit([4], windows))
  })
})

describe("repeating pixels", () => {
  it("is undone by the mean over the blocks", () =>
    expect([...run(averagePool(upsample(x, [2, 3]), { kernel: [2, 3] }), { x: image }).data]).toEqual(
      Array.from(image.data, (value) => expect.closeTo(value, 12)),
    ))
})
