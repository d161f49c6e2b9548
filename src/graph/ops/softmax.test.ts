import { describe, expect, it } from "vitest"
import { ndarray } from "../../core/array.ts"
import { compile } from "../../runtime/ort-node.ts"
import { interpret } from "../../runtime/reference.ts"
import { graphOf } from "../graph.ts"
import { gradients, pullback } from "../pullback.ts"
import { simplify } from "../simplify.ts"
import { oneHot } from "./along.ts"
import { neg } from "./arithmetic.ts"
import { sum } from "./broadcast.ts"
import { crossEntropy, logSoftmax, softmax, targetDoesNotFit } from "./softmax.ts"
import { input } from "./source.ts"

const logits = input("logits", [3, 4])
const label = input("label", [3])
const feeds = {
  logits: ndarray([3, 4], [1, -2, 0.5, 3, 1000, 999, -1000, 0, -5e3, -5e3, -5e3, -5e3]),
  label: ndarray([3], [3, 1, 0]),
}

describe("cross-entropy", () => {
  const nats = crossEntropy(logits, oneHot(label, 4))
  const gradient = gradients(sum(nats), [logits])[0]!
  it("is −log softmax of the class, also of extreme logits, on the processor as in 64 bits", async () => {
    const graph = graphOf({ nats, logShares: logSoftmax(logits), gradient })
    const slow = interpret(graph, feeds)
    const program = await compile(graph, { threads: 1 })
    const fast = await program.run(feeds)
    await program.dispose()
    for (const { nats, logShares } of [slow, fast])
      for (const [row, column] of [3, 1, 0].entries())
        expect(nats!.data[row]).toBeCloseTo(-logShares!.data[row * 4 + column]!, 3)
    for (const [i, value] of slow["gradient"]!.data.entries()) expect(fast["gradient"]!.data[i]).toBeCloseTo(value, 6)
  })
  it("has the gradient softmax − one-hot: no logarithm is differentiated", () => {
    const graph = simplify(graphOf({ gradient }))
    const names = graph.nodes.filter((node) => node.inputs.length > 0).map((node) => node.op.name)
    expect(names.sort()).toEqual(["equal", "reshape", "softmax", "sub"])
  })
  it("says which shapes do not fit", () =>
    expect(() => crossEntropy(logits, label)).toThrow(targetDoesNotFit([3, 4], [3])))
})

describe("softmax", () => {
  it("sums to 1, and its logarithm is log softmax", () => {
    const found = interpret(graphOf({ shares: softmax(logits, 0), logShares: logSoftmax(logits, 0) }), feeds)
    for (let column = 0; column < 4; column++)
      expect([0, 1, 2].reduce((total, row) => total + found["shares"]!.data[row * 4 + column]!, 0)).toBeCloseTo(1, 12)
    for (const [i, value] of found["shares"]!.data.entries())
      expect(value).toBeCloseTo(Math.exp(found["logShares"]!.data[i]!), 12)
  })
  it("does not change when all logits move alike: the gradient along ones is zero", () => {
    const [g] = pullback(neg(softmax(logits)), [logits], input("u", [3, 4]))
    const u = ndarray([3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    for (const value of interpret(graphOf({ y: sum(g!, 1) }), { ...feeds, u })["y"]!.data)
      expect(value).toBeCloseTo(0, 10)
  })
})
