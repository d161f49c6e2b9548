import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { exp, input, mul, relu, sum } from "../graph/ops/index.ts"
import { flatMemory, layoutOf } from "../runtime/flat.ts"
import { interpret } from "../runtime/reference.ts"
import { layoutOfRows, openRowSums, rowSumsOf, withRows } from "./row-sums.ts"

const x = input("x", [6, 5])
const rows = relu(x)
const graph = graphOf({
  plain: sum(rows, 0),
  scaled: mul(sum(exp(x), 0), -0.5),
  columns: sum(rows, 1),
  kept: sum(rows, 0, true),
  given: sum(x, 0), // of what was never computed: an output would be a copy
  large: sum(exp(input("y", [5000, 2])), 0),
})

describe("sums over rows", () => {
  it("are the outputs that sum the rows of a small matrix and scale the sums", () => {
    expect([...rowSumsOf(graph)].map(([name, { weight }]) => [name, weight])).toEqual([
      ["plain", 1],
      ["scaled", -0.5],
    ])
  })
  it("leave a program whose other outputs are as they were", () => {
    const changed = withRows(graph, rowSumsOf(graph))
    const shapes = (of: Graph) => new Map([...of.outputs].map(([name, { shape }]) => [name, shape]))
    expect(shapes(changed)).toEqual(new Map([...shapes(graph), ["plain", [6, 5]], ["scaled", [6, 5]]]))
    expect(changed.outputs.get("columns")).toBe(graph.outputs.get("columns"))
  })
  // Columns by sixteen, by four and alone; no memory but the target's is written.
  it.each([1, 2, 3, 4, 7, 16, 21, 39, 64])("are added up for %i columns", async (width) => {
    const weight = -0.25
    const matrix = input("matrix", [9, width])
    const only = graphOf({ s: mul(sum(relu(matrix), 0), weight) })
    const sums = rowSumsOf(only)
    const layout = layoutOf([
      ["before", [3]],
      ["s", [width]],
      ["after", [3]],
    ])
    const flat = flatMemory(layout, ["p", "gradient"], { beside: layoutOfRows(sums) })
    const data = fillNormal({ seed: 1, name: "x" }, new Float32Array(9 * width))
    const feeds = { matrix: ndarray([9, width], data) }
    flat
      .beside()
      .get("s")!
      .data.set(interpret(withRows(only, sums), feeds)["s"]!.data)
    const before = flat.vector("gradient").fill(7).slice()
    const addUp = await openRowSums(sums, flat, flat.arrays("gradient"))
    addUp()
    const { data: expected } = interpret(only, feeds)["s"]!
    for (const [i, value] of flat.arrays("gradient").get("s")!.data.entries())
      expect(value).toBeCloseTo(expected[i]!, 5)
    const { offset } = layout.offsets.get("s")!
    const outside = (vector: Float32Array) => [...vector].filter((_, i) => i < offset || i >= offset + width)
    expect(outside(flat.vector("gradient"))).toEqual(outside(before))
    expect(flat.vector("p").every((value) => value === 0)).toBe(true)
  })
})
