import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { graphOf } from "../graph/graph.ts"
import { add, input } from "../graph/index.ts"
import { interpret } from "../runtime/reference.ts"
import { channelMask, checkerboard, squeeze, unsqueeze } from "./squeeze.ts"

const x = input("x", [1, 1, 4, 4])
const counting = ndarray(
  [1, 1, 4, 4],
  Array.from({ length: 16 }, (_, i) => i),
)

describe("the squeeze", () => {
  it("puts each block's pixels into channels, row by row (figure 3)", () => {
    const { y } = interpret(graphOf({ y: squeeze(x) }), { x: counting })
    expect([...y!.data.subarray(0, 8)]).toEqual([0, 2, 8, 10, 1, 3, 9, 11])
  })
  it("is undone", () =>
    expect([...interpret(graphOf({ y: unsqueeze(squeeze(x)) }), { x: counting })["y"]!.data]).toEqual([
      ...counting.data,
    ]))
  it("turns a checkerboard into channels: the outer ones are 0, the inner ones 1", () =>
    expect([...interpret(graphOf({ y: squeeze(checkerboard(4, 4)) }), {})["y"]!.data]).toEqual([
      ...new Array(4).fill(0),
      ...new Array(8).fill(1),
      ...new Array(4).fill(0),
    ]))
})

describe("masks", () => {
  it.each([
    ["checkerboards", (inverted: boolean) => checkerboard(3, 5, inverted)],
    ["channels", (inverted: boolean) => channelMask(6, inverted)],
  ])("of %s and their inverses are everything", (_, mask) => {
    const { y } = interpret(graphOf({ y: add(mask(false), mask(true)) }), {})
    expect(new Set(y!.data)).toEqual(new Set([1]))
  })
})
