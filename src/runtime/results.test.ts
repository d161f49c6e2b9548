import { expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { graphOf } from "../graph/graph.ts"
import { exp, input, matmul, mul, relu, reshape, sum } from "../graph/ops/index.ts"
import { lower } from "../onnx/lower.ts"
import { bind } from "./ort-bound.ts"
import { keepResults } from "./results.ts"

const program = (rows: number) => {
  const [x, w] = [input("x", [rows, 6]), input("w", [6, 4])]
  const y = relu(matmul(x, w))
  return graphOf({ total: sum(mul(exp(reshape(y, [4, rows])), 2)), again: mul(y, y) })
}

it("hands out every result that a node writes and that is not handed out yet, but no views", () => {
  const graph = program(5)
  const kept = keepResults(graph)
  expect([...kept.results].map(([, { shape }]) => shape)).toEqual([
    [5, 4], // the product
    [5, 4], // its relu
    [4, 5], // exp, behind the view
    [4, 5], // times 2
  ])
  expect([...kept.graph.outputs.keys()]).toEqual(["total", "again", ...kept.results.keys()])
})

it("leaves a program alone whose results do not fit in a cache together", () => {
  const graph = program(20_000)
  expect(keepResults(graph)).toEqual({ graph, results: new Map() })
})

it("changes no bit, in the first run and in later ones", async () => {
  const graph = program(5)
  const kept = keepResults(graph)
  const values = (name: string, shape: readonly [number, number]) =>
    ndarray(shape, fillNormal({ seed: 1, name }, new Float32Array(shape[0] * shape[1])))
  const runs = async (form: typeof graph, more: typeof kept.results) => {
    const inputs = new Map([
      ["x", values("x", [5, 6])],
      ["w", values("w", [6, 4])],
    ])
    const outputs = new Map([
      ["total", ndarray([])],
      ["again", ndarray([5, 4])],
    ])
    const bound = await bind(lower(form), inputs, new Map([...outputs, ...more]), { kind: "direct", threads: 1 })
    const seen: number[][] = []
    for (let run = 0; run < 3; run++) {
      await bound.run()
      seen.push([...outputs.values()].flatMap(({ data }) => [...data]))
      for (const [i, value] of inputs.get("x")!.data.entries()) inputs.get("x")!.data[i] = -value
    }
    await bound.dispose()
    return seen
  }
  expect(await runs(kept.graph, kept.results)).toEqual(await runs(graph, new Map()))
})
