import { describe, expect, it } from "vitest"
import { ndarray } from "../../core/array.ts"
import { interpret } from "../../runtime/reference.ts"
import { graphOf } from "../graph.ts"
import type { Tensor } from "../tensor.ts"
import {
  channelsDoNotSplit,
  notImages,
  pixelShuffle,
  pixelUnshuffle,
  resizeBilinear,
  sidesDoNotSplit,
} from "./pixels.ts"
import { input } from "./source.ts"

const valuesOf = (y: Tensor, shape: readonly number[], data: readonly number[]) =>
  Array.from(interpret(graphOf({ y }), { x: ndarray(shape, data) })["y"]!.data)
const counting = (n: number) => Array.from({ length: n }, (_, i) => i)

describe("trading pixels for channels", () => {
  it("reads blocks row by row, channel by channel", () => {
    const y = pixelUnshuffle(input("x", [1, 1, 2, 4]), 2)
    expect(y.shape).toEqual([1, 4, 1, 2])
    expect(valuesOf(y, [1, 1, 2, 4], counting(8))).toEqual([0, 2, 1, 3, 4, 6, 5, 7])
    expect(valuesOf(pixelShuffle(input("x", [1, 4, 1, 1]), 2), [1, 4, 1, 1], counting(4))).toEqual([0, 1, 2, 3])
  })
  it.each([2, 3])("is undone, in blocks of %i", (by) => {
    const shape = [2, 2 * by * by, 2, 3]
    const y = pixelUnshuffle(pixelShuffle(input("x", shape), by), by)
    expect(valuesOf(y, shape, counting(24 * by * by))).toEqual(counting(24 * by * by))
  })
  it("says what does not split", () => {
    expect(() => pixelShuffle(input("x", [1, 3, 2, 2]), 2)).toThrow(channelsDoNotSplit([1, 3, 2, 2], 2))
    expect(() => pixelUnshuffle(input("x", [1, 3, 2, 3]), 2)).toThrow(sidesDoNotSplit([1, 3, 2, 3], 2))
    expect(() => pixelShuffle(input("x", [3]), 2)).toThrow(notImages("pixelShuffle", [3]))
  })
})

describe("bilinear resizing", () => {
  it("up by two takes quarters between centres, and ends at the ends (PyTorch's align_corners=False)", () => {
    const y = resizeBilinear(input("x", [1, 1, 1, 3]), [1, 6])
    expect(valuesOf(y, [1, 1, 1, 3], [0, 4, 8])).toEqual([0, 1, 3, 5, 7, 8])
  })
  it("down by two is the mean of neighbours", () => {
    const y = resizeBilinear(input("x", [1, 1, 2, 4]), [1, 2])
    expect(valuesOf(y, [1, 1, 2, 4], counting(8))).toEqual([2.5, 4.5])
  })
  it("keeps constants", () => {
    const y = resizeBilinear(input("x", [1, 2, 3, 5]), [7, 4])
    for (const value of valuesOf(y, [1, 2, 3, 5], new Array(30).fill(3))) expect(value).toBeCloseTo(3, 5)
  })
})
