import { describe, expect, it } from "vitest"
import { fillUniform } from "../../core/random.ts"
import { type Shape, sizeOf } from "../../core/shape.ts"
import { lowerGraph } from "../../onnx/lower.ts"
import { compile } from "../../runtime/ort-node.ts"
import { compile as compileForWeb } from "../../runtime/ort-web.ts"
import { interpret } from "../../runtime/reference.ts"
import { graphOf } from "../graph.ts"
import type { Target } from "../tensor.ts"
import { sum } from "./broadcast.ts"
import { meanSquare } from "./moment.ts"
import { input } from "./source.ts"

const cases: readonly { readonly shape: Shape; readonly axes: readonly number[] }[] = [
  { shape: [64, 8, 8, 8], axes: [0, 2, 3] },
  { shape: [64, 8, 64], axes: [0, 1] },
  { shape: [9, 8, 512], axes: [0] },
  { shape: [64, 512], axes: [0] },
  { shape: [256, 512], axes: [0] },
]

describe.each(cases)("sums of $shape over axes $axes", ({ shape, axes }) => {
  const x = input("x", shape)
  const graph = graphOf({ sum: sum(x, axes), kept: sum(x, axes, true), square: meanSquare(x, axes) })
  const feeds = { x: { shape, data: fillUniform({ seed: 1, name: "x" }, new Float32Array(sizeOf(shape))) } }
  const operators = (target: Target) => lowerGraph(graph, target).node.map(({ opType }) => opType)

  it.each(["CPU", "WebAssembly"])("are the reference's on %s", async (place) => {
    const program = await (place === "CPU" ? compile(graph) : compileForWeb(graph))
    const found = await program.run(feeds)
    await program.dispose()
    for (const [name, { shape, data }] of Object.entries(interpret(graph, feeds))) {
      expect(found[name]!.shape).toEqual(shape)
      const errors = Array.from(data, (value, i) => Math.abs(found[name]!.data[i]! / value - 1))
      expect(Math.max(...errors)).toBeLessThan(2e-6)
    }
  })
  it("begin with a product over data on the processor, not elsewhere", () => {
    const products = (target: Target) => operators(target).filter((operator) => operator === "MatMul").length
    expect(products({ provider: "cpu" })).toBe(3)
    expect(products({ provider: "webgpu" })).toBeLessThan(2) // that of a small matrix
  })
})
