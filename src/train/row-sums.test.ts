import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { exp, input, mul, relu, sum } from "../graph/ops/index.ts"
import { flatMemory, layoutOf } from "../runtime/flat.ts"
import { interpret } from "../runtime/reference.ts"
import { gradientOf } from "./program.ts"
import { layoutOfRows, openRowSums, rowSumsOf, withRows } from "./row-sums.ts"

const x = input("x", [6, 5])
const rows = relu(x)
const graph = graphOf({
  "gradient/plain": sum(rows, 0),
  "gradient/scaled": mul(sum(exp(x), 0), -0.5),
  "gradient/columns": sum(rows, 1),
  "gradient/kept": sum(rows, 0, true),
  "gradient/given": sum(x, 0), // of what was never computed: an output would be a copy
  "gradient/large": sum(exp(input("y", [5000, 2])), 0),
  "assign/buffer": sum(rows, 0), // no gradient: nobody adds it up
})

describe("sums over rows", () => {
  it("are the gradients that sum the rows of a small matrix and scale the sums", () => {
    expect([...rowSumsOf(graph)].map(([name, { weight }]) => [name, weight])).toEqual([
      ["gradient/plain", 1],
      ["gradient/scaled", -0.5],
    ])
  })
  it("leave a program whose other outputs are as they were", () => {
    const changed = withRows(graph, rowSumsOf(graph))
    const shapes = (of: Graph) => new Map([...of.outputs].map(([name, { shape }]) => [name, shape]))
    const asRows = ["plain", "scaled"].map((name) => [`gradient/${name}`, [6, 5]] as const)
    expect(shapes(changed)).toEqual(new Map([...shapes(graph), ...asRows]))
    for (const name of ["gradient/columns", "assign/buffer"])
      expect(changed.outputs.get(name)).toBe(graph.outputs.get(name))
  })
  // Columns by sixteen, by four and alone; no memory but the target's is written.
  it.each([1, 2, 3, 4, 7, 16, 21, 39, 64])("are added up for %i columns", async (width) => {
    const name = gradientOf("b")
    const matrix = input("matrix", [9, width])
    const only = graphOf({ [name]: mul(sum(relu(matrix), 0), -0.25) })
    const sums = rowSumsOf(only)
    const layout = layoutOf([
      ["before", [3]],
      [name, [width]],
      ["after", [3]],
    ])
    const flat = flatMemory(layout, ["p", "gradient"], { beside: layoutOfRows(sums) })
    const data = fillNormal({ seed: 1, name: "x" }, new Float32Array(9 * width))
    const feeds = { matrix: ndarray([9, width], data) }
    const made = interpret(withRows(only, sums), feeds)[name]!
    flat.beside().get(name)!.data.set(made.data)
    const before = flat.vector("gradient").fill(7).slice()
    const targets = flat.arrays("gradient")
    const addUp = await openRowSums(sums, flat, targets)
    addUp()
    const expected = interpret(only, feeds)[name]!
    for (const [i, value] of targets.get(name)!.data.entries()) expect(value).toBeCloseTo(expected.data[i]!, 5)
    const { offset } = layout.offsets.get(name)!
    const outside = (vector: Float32Array) => [...vector].filter((_, i) => i < offset || i >= offset + width)
    expect(outside(flat.vector("gradient"))).toEqual(outside(before))
    expect(flat.vector("p").every((value) => value === 0)).toBe(true)
  })
})
