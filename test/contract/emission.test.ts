/** What ops emit for providers that lack an operator computes the same where every operator exists: on the processor. */
import { describe, expect, it } from "vitest"
import { graphOf } from "../../src/graph/graph.ts"
import { apply } from "../../src/graph/tensor.ts"
import { lower } from "../../src/onnx/lower.ts"
import { openSession, toTensor } from "../../src/runtime/ort-node.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { examples, feedsFor, named } from "../providers/cases.ts"

const emitted = examples
  .map(({ name, op, example }) => {
    const graph = graphOf({ y: apply(op, named(example.shapes), example.attrs) })
    return { name, graph, feeds: feedsFor(example), model: lower(graph, { target: { provider: "webgpu" } }) }
  })
  .filter(({ graph, model }) => !Buffer.from(lower(graph)).equals(Buffer.from(model)))

describe("what is emitted for WebGPU alone", () => {
  it.each(emitted)("computes the reference: $name", async ({ graph, feeds, model }) => {
    const session = await openSession(model, { threads: 1 })
    const found = await session.run(Object.fromEntries(Object.entries(feeds).map(([k, x]) => [k, toTensor(x)])))
    await session.release()
    for (const [i, value] of interpret(graph, feeds)["y"]!.data.entries())
      expect(Math.abs((found["y"]!.data as Float32Array)[i]! - value)).toBeLessThan(2e-6 * (1 + Math.abs(value)))
  })
  it("is something", () => expect(emitted.length).toBeGreaterThan(5))
})
