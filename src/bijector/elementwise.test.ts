import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { graphOf } from "../graph/graph.ts"
import { input } from "../graph/ops/index.ts"
import { live } from "../graph/parameter.ts"
import { tracing } from "../graph/trace.ts"
import { compile } from "../runtime/ort-node.ts"
import { interpret } from "../runtime/reference.ts"
import { diagonal, logit } from "./elementwise.ts"

const env = tracing(false)
const mapped = (alpha: number, pixels: readonly number[]) => {
  const layer = logit(alpha)
  const { z, logDet } = layer.forward({}, input("x", [pixels.length, 1]), env)
  const graph = graphOf({ z, logDet: logDet as typeof z, back: layer.inverse({}, z, env) })
  return { graph, feeds: { x: ndarray([pixels.length, 1], Float32Array.from(pixels)) } }
}

describe("the logit transform", () => {
  it("has the log-determinant log(1 − 2α) − log s − log(1 − s)", () => {
    const pixels = [0, 0.1, 0.5, 0.999]
    const { graph, feeds } = mapped(0.05, pixels)
    const { logDet } = interpret(graph, feeds)
    for (const [i, golden] of [2.94167, 2.01158, 1.28093, 2.92477].entries())
      expect(Math.abs(logDet!.data[i]! - golden)).toBeLessThan(1e-5)
  })
  it("has the log-determinant that central differences give", () => {
    const step = 2 ** -12
    for (const x of [0.125, 0.5, 0.75]) {
      const { graph, feeds } = mapped(0.01, [x, x - step, x + step])
      const { z, logDet } = interpret(graph, feeds)
      expect(logDet!.data[0]).toBeCloseTo(Math.log((z!.data[2]! - z!.data[1]!) / (2 * step)), 4)
    }
  })
  it.each([1e-6, 0.05])("with α = %f keeps black and white finite in 32 bits, and is undone", async (alpha) => {
    const pixels = [0, 2 ** -24, 0.5, 1 - 2 ** -24, 1]
    const { graph, feeds } = mapped(alpha, pixels)
    const program = await compile(graph, { threads: 1 })
    const fast = await program.run(feeds)
    await program.dispose()
    const slow = interpret(graph, feeds)
    for (const name of ["z", "logDet"])
      for (const [i, value] of slow[name]!.data.entries())
        expect(Math.abs(fast[name]!.data[i]! - value)).toBeLessThan(1e-5 * (1 + Math.abs(value)))
    for (const [i, pixel] of pixels.entries()) expect(Math.abs(fast["back"]!.data[i]! - pixel)).toBeLessThan(2e-7)
  })
  it("loses the white pixels' digits where 1 − s is taken from s: why it is not", () => {
    const [x, alpha] = [1 - 2 ** -24, 1e-6]
    const exact = alpha + (1 - 2 * alpha) * (1 - x)
    const lossy = Math.fround(1 - Math.fround(alpha + Math.fround((1 - 2 * alpha) * x)))
    expect(Math.abs(Math.log(lossy) - Math.log(exact))).toBeGreaterThan(0.005)
  })
})

describe("diagonal scaling", () => {
  it("has the sum of its log scales as log-determinant, whatever x", () => {
    const layer = diagonal(3)
    const p = live(layer.params)
    const { z, logDet } = layer.forward(p, input("x", [2, 3]))
    expect(logDet.shape).toEqual([])
    const feeds = { x: ndarray([2, 3], [1, 2, 3, -4, 5, 6]), logScale: ndarray([3], [0.5, -1, 2]) }
    const found = interpret(graphOf({ z, logDet, back: layer.inverse(p, z) }), feeds)
    expect(found["logDet"]!.data[0]).toBeCloseTo(1.5, 12)
    expect(found["z"]!.data[3]).toBeCloseTo(-4 * Math.exp(0.5), 6)
    expect([...found["back"]!.data].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 2, 3, -4, 5, 6])
  })
})
