import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { graphOf } from "../graph/graph.ts"
import { input, logSumExp } from "../graph/ops/index.ts"
import { compile } from "../runtime/ort-node.ts"
import { interpret } from "../runtime/reference.ts"
import { logAddExp, logMeanExp, meanOf, notNumbers, withoutNaN } from "./statistics.ts"

describe("meanOf", () => {
  it("does not drift over ten million terms", () => {
    const n = 1e7
    const values = new Float32Array(n).fill(0.1)
    const { value, standardError } = meanOf(values)
    expect(Math.abs(value - Math.fround(0.1))).toBeLessThan(1e-9)
    expect(standardError).toBeLessThan(1e-10)
    let drifting = 0 // the same sum in 32 bits is off in the second digit
    for (let i = 0; i < n; i++) drifting = Math.fround(drifting + values[i]!)
    expect(Math.abs(drifting / n - 0.1)).toBeGreaterThan(1e-3)
  })
  it("has the standard error of the mean, not of a value", () => {
    expect(meanOf([1, 2, 3, 4])).toEqual({ value: 2.5, standardError: Math.sqrt(5 / 3 / 4) })
    expect(meanOf([7])).toEqual({ value: 7, standardError: 0 })
  })
})

describe("a value that is no number", () => {
  it("fails the mean, with the count and the place of the first", () => {
    expect(() => meanOf([1, Number.NaN, 2, Number.NaN])).toThrow(notNumbers(2, 4, 1))
    expect(withoutNaN([1, Number.POSITIVE_INFINITY])).toEqual([1, Number.POSITIVE_INFINITY])
  })
})

describe("log-sum-exp", () => {
  it("survives ±10,000, where exp does not", () => {
    expect(logAddExp(1e4, 1e4)).toBeCloseTo(1e4 + Math.LN2, 10)
    expect(logAddExp(-1e4, -1e4)).toBeCloseTo(-1e4 + Math.LN2, 10)
    expect(logAddExp(Number.NEGATIVE_INFINITY, 3)).toBe(3)
    expect(logAddExp(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY)
    expect(logMeanExp([1e4, -1e4])).toBeCloseTo(1e4 - Math.LN2, 10)
    expect(logMeanExp([-1e4, -1e4, -1e4])).toBeCloseTo(-1e4, 10)
  })
  it("is the logarithm of the mean, which is at least the mean of the logarithms", () => {
    expect(logMeanExp([Math.log(1), Math.log(3)])).toBeCloseTo(Math.log(2), 12)
    expect(logMeanExp([0, 5, -2])).toBeGreaterThan((0 + 5 - 2) / 3)
  })
  it("does as much inside a program, in both runtimes", async () => {
    const x = ndarray([4, 2], [1e4, 1e4, -1e4, -1e4, 1e4, -1e4, 0, Math.log(3)])
    const expected = [1e4 + Math.LN2, -1e4 + Math.LN2, 1e4, Math.log(4)]
    const graph = graphOf({ y: logSumExp(input("x", [4, 2]), 1) })
    const program = await compile(graph)
    const { y } = await program.run({ x })
    await program.dispose()
    for (const [i, value] of expected.entries()) {
      expect(interpret(graph, { x })["y"]!.data[i]).toBeCloseTo(value, 6)
      expect(Math.abs(y!.data[i]! - value)).toBeLessThan(1e-3) // 32 bits hold 10,000 to 0.0005
    }
  })
})
