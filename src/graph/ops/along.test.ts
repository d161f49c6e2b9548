import { describe, expect, it } from "vitest"
import { ndarray } from "../../core/array.ts"
import { interpret } from "../../runtime/reference.ts"
import { graphOf } from "../graph.ts"
import { gradients } from "../pullback.ts"
import type { Tensor } from "../tensor.ts"
import { argmax, gatherAlong, indicesDoNotFit, oneHot, scatterAlong, tooFew, topK } from "./along.ts"
import { mul } from "./arithmetic.ts"
import { sum } from "./broadcast.ts"
import { cumsum } from "./cumsum.ts"
import { constant, input } from "./source.ts"

const x = input("x", [2, 4])
const feeds = { x: ndarray([2, 4], [1, 4, 2, 4, -3, -1, -2, -5]), index: ndarray([2, 2], [3, 3, 0, 1]) }
const valuesOf = (y: Tensor) => Array.from(interpret(graphOf({ y }), feeds)["y"]!.data)

describe("the k largest", () => {
  const { values, index } = topK(x, 2)
  it("come largest first, of equals the first, with their places", () => {
    expect(valuesOf(values)).toEqual([4, 4, -1, -2])
    expect(valuesOf(index)).toEqual([1, 3, 1, 2])
  })
  it("get the gradient, all others none", () => {
    const weights = constant(ndarray([2, 2], [1, 2, 3, 4]))
    expect(valuesOf(gradients(sum(mul(values, weights)), [x])[0]!)).toEqual([0, 1, 0, 2, 0, 3, 4, 0])
  })
  it("are no more than there are", () => expect(() => topK(x, 5)).toThrow(tooFew(5, 1, [2, 4])))
})

describe("the place of the largest", () => {
  it("is the first of equals, along any axis", () => {
    expect(valuesOf(argmax(x))).toEqual([1, 1])
    expect(valuesOf(argmax(x, 0))).toEqual([0, 0, 0, 0])
  })
  it("is one-hot at itself", () => expect(valuesOf(oneHot(argmax(x), 4))).toEqual([0, 1, 0, 0, 0, 1, 0, 0]))
})

describe("reading and adding along an axis", () => {
  const index = input("index", [2, 2])
  it("reads where it is told, and adds up what has one place", () => {
    expect(valuesOf(gatherAlong(x, index, 1))).toEqual([4, 4, -3, -1])
    expect(valuesOf(scatterAlong(gatherAlong(x, index, 1), index, 1, 4))).toEqual([0, 0, 0, 8, -3, -1, 0, 0])
  })
  it("says which indices do not fit", () =>
    expect(() => gatherAlong(x, index, 0)).toThrow(indicesDoNotFit("gatherAlong", [2, 4], [2, 2], 0)))
})

describe("running sums", () => {
  it("go forwards or backwards, with or without each place's own element", () => {
    expect(valuesOf(cumsum(x, 1)).slice(0, 4)).toEqual([1, 5, 7, 11])
    expect(valuesOf(cumsum(x, -1, { exclusive: true })).slice(0, 4)).toEqual([0, 1, 5, 7])
    expect(valuesOf(cumsum(x, 1, { reverse: true })).slice(0, 4)).toEqual([11, 10, 6, 4])
  })
})
