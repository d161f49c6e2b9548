import { describe, expect, it } from "vitest"
import { fillUniform } from "../../core/random.ts"
import { type Shape, sizeOf } from "../../core/shape.ts"
import { lowerGraph } from "../../onnx/lower.ts"
import { compile } from "../../runtime/ort-node.ts"
import { interpret } from "../../runtime/reference.ts"
import { graphOf } from "../graph.ts"
import type { Target } from "../tensor.ts"
import { matmul, type Product } from "./matmul.ts"
import { input } from "./source.ts"

interface Case {
  readonly says: string
  readonly shapes: readonly [Shape, Shape]
  readonly attrs: Partial<Product>
  /** Operators on the processor. */
  readonly operators: readonly string[]
}

const ofWeights = { transA: true }
const ofData = { transB: true }
const cases: readonly Case[] = [
  {
    says: "large, of the left transposed: turned beforehand",
    shapes: [
      [3, 400],
      [3, 400],
    ],
    attrs: ofWeights,
    operators: ["Transpose", "MatMul"],
  },
  {
    says: "large and scaled, of the left transposed: turned beforehand",
    shapes: [
      [3, 400],
      [3, 400],
    ],
    attrs: { ...ofWeights, alpha: 0.5 },
    operators: ["Transpose", "Mul", "MatMul"],
  },
  {
    says: "of few columns, of the left transposed: one product",
    shapes: [
      [3, 400],
      [3, 40],
    ],
    attrs: ofWeights,
    operators: ["Gemm"],
  },
  {
    says: "of few rows with large weights transposed: sides exchanged",
    shapes: [
      [2, 500],
      [510, 500],
    ],
    attrs: { ...ofData, alpha: -2 },
    operators: ["Gemm", "Transpose"],
  },
  {
    says: "of few rows with small weights transposed: one product",
    shapes: [
      [2, 50],
      [51, 50],
    ],
    attrs: ofData,
    operators: ["Gemm"],
  },
  {
    says: "of many rows with large weights transposed: one product",
    shapes: [
      [100, 500],
      [510, 500],
    ],
    attrs: ofData,
    operators: ["Gemm"],
  },
]

describe.each(cases)("a product $says", ({ shapes: [left, right], attrs, operators }) => {
  const graph = graphOf({ y: matmul(input("a", left), input("b", right), attrs) })
  const numbers = (name: string, shape: Shape) => ({
    shape,
    data: fillUniform({ seed: 1, name }, new Float32Array(sizeOf(shape))).map((u) => u - 0.5),
  })
  const feeds = { a: numbers("a", left), b: numbers("b", right) }
  const operatorsFor = (target: Target) => lowerGraph(graph, target).node.map(({ opType }) => opType)

  it("is the reference's", async () => {
    const program = await compile(graph)
    const { y } = await program.run(feeds)
    await program.dispose()
    const expected = interpret(graph, feeds)["y"]!
    expect(y!.shape).toEqual(expected.shape)
    const worst = expected.data.reduce((most, value, i) => Math.max(most, Math.abs(y!.data[i]! - value)), 0)
    expect(worst).toBeLessThan(1e-5)
  })
  it("is written so on the processor, and as one product elsewhere", () => {
    expect(operatorsFor({ provider: "cpu" })).toEqual(operators)
    expect(operatorsFor({ provider: "webgpu" })).toEqual(["Gemm"])
  })
})

it("a product over very many data is left as it is, of the left transposed too", () => {
  const [a, b] = ["a", "b"].map((name) => input(name, [1025, 400]))
  const { node } = lowerGraph(graphOf({ y: matmul(a!, b!, ofWeights) }), { provider: "cpu" })
  expect(node.map(({ opType }) => opType)).toEqual(["Gemm"])
})
