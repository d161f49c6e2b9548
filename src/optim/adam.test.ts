import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { graphOf } from "../graph/graph.ts"
import { input } from "../graph/ops/index.ts"
import { flatMemory, layoutOf, loadKernel } from "../runtime/flat.ts"
import { compile } from "../runtime/ort-node.ts"
import { openPasses } from "../runtime/passes.ts"
import { interpret } from "../runtime/reference.ts"
import { type AdamOptions, adam } from "./adam.ts"

const shape = [3]
const port = (name: string) => input(name, shape)
const updateGraph = (options: AdamOptions = {}) => {
  const next = adam(options).update(port("p"), port("g"), [port("m"), port("v")], [input("a", []), input("e", [])])
  return graphOf({ "next.p": next.p, "next.m": next.slots[0]!, "next.v": next.slots[1]! })
}

/** Parameters after each step of constant-shape gradients, in 64 bits, by the graph form. */
function byGraph(gradients: readonly number[][], rate: number, options: AdamOptions = {}, start = 1): number[][] {
  const graph = updateGraph(options)
  const filled = (value: number) => ({ shape, data: new Float64Array(3).fill(value) })
  let state: Record<"p" | "m" | "v", { shape: readonly number[]; data: Float64Array }> = {
    p: filled(start),
    m: filled(0),
    v: filled(0),
  }
  return gradients.map((g, i) => {
    const [a, e] = adam(options).scalars(rate, i + 1)
    const scalars = { a: { shape: [], data: [a!] }, e: { shape: [], data: [e!] } }
    const next = interpret(graph, { ...state, ...scalars, g: { shape, data: g } })
    state = { p: next["next.p"]!, m: next["next.m"]!, v: next["next.v"]! }
    return Array.from(state.p.data)
  })
}

/** The paper's algorithm 1, letter by letter. */
function byPaper(
  gradients: readonly number[][],
  rate: number,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = {},
  start = 1,
): number[][] {
  const p = [start, start, start]
  const [m, v] = [
    [0, 0, 0],
    [0, 0, 0],
  ]
  return gradients.map((g, i) => {
    for (const j of [0, 1, 2]) {
      m[j] = beta1 * m[j]! + (1 - beta1) * g[j]!
      v[j] = beta2 * v[j]! + (1 - beta2) * g[j]! ** 2
      p[j]! -= (rate * (m[j]! / (1 - beta1 ** (i + 1)))) / (Math.sqrt(v[j]! / (1 - beta2 ** (i + 1))) + epsilon)
    }
    return [...p]
  })
}

const golden = [0.9990000001, 0.998034818135, 0.998101417148]
const goldenGradients = [0.1, 0.2, -0.3].map((g) => [g, g, g])
const randomGradients = Array.from({ length: 100 }, (_, t) => [
  ...fillNormal({ seed: 1, name: "gradients", step: t }, new Float32Array(3)),
])

/** Parameters after each step by the fused kernel, and its slots. */
async function byKernel(gradients: readonly number[][], rate: number): Promise<number[][]> {
  const optimizer = adam()
  const flat = flatMemory(layoutOf([["w", shape]]), ["p", ...optimizer.slots, "gradient"])
  const update = await openPasses(optimizer, flat)
  const array = (name: string) => flat.arrays(name).get("w")!.data
  array("p").fill(1)
  return gradients.map((g, i) => {
    array("gradient").set(g)
    update(rate, i + 1)
    return Array.from(array("p"))
  })
}

const farthest = (a: readonly number[][], b: readonly number[][]) =>
  Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i]![j]!))))

describe("Adam", () => {
  it("takes the golden steps, as a graph", () => {
    for (const [i, row] of byGraph(goldenGradients, 1e-3).entries())
      for (const value of row) expect(value).toBeCloseTo(golden[i]!, 12)
  })
  it("takes the golden steps, as a fused kernel", async () => {
    for (const [i, row] of (await byKernel(goldenGradients, 1e-3)).entries())
      for (const value of row) expect(Math.abs(value - golden[i]!)).toBeLessThan(1e-7)
  })
  it("is the paper's algorithm term by term, whatever its constants", () => {
    for (const options of [{}, { epsilon: 0.1 }, { beta1: 0, beta2: 0.9 }, { beta1: 0.5, beta2: 0.99, epsilon: 1e-3 }])
      expect(farthest(byGraph(randomGradients, 0.01, options), byPaper(randomGradients, 0.01, options))).toBeLessThan(
        1e-12,
      )
    expect(farthest(byGraph(randomGradients, 0.01, { epsilon: 0.1 }), byPaper(randomGradients, 0.01))).toBeGreaterThan(
      1e-3,
    )
  })
  it("moves the same 100 steps as graph in ONNX Runtime and as kernel", async () => {
    const kernel = await byKernel(randomGradients, 1e-3)
    const program = await compile(updateGraph())
    let state = { p: ndarray(shape, [1, 1, 1]), m: ndarray(shape), v: ndarray(shape) }
    const graph: number[][] = []
    for (const [i, g] of randomGradients.entries()) {
      const [a, e] = adam().scalars(1e-3, i + 1)
      const scalars = { a: ndarray([], [a!]), e: ndarray([], [e!]) }
      const next = await program.run({ ...state, ...scalars, g: ndarray(shape, g) })
      state = { p: next["next.p"]!, m: next["next.m"]!, v: next["next.v"]! }
      graph.push(Array.from(state.p.data))
    }
    await program.dispose()
    expect(farthest(kernel, graph)).toBeLessThan(1e-6)
    expect(farthest(kernel, byPaper(randomGradients, 1e-3))).toBeLessThan(2e-6)
  })
  it("leaves a weight without gradients where it is", async () => {
    const none = Array.from({ length: 5 }, () => [0, 0, 0])
    expect(byGraph(none, 1e-3).at(-1)).toEqual([1, 1, 1])
    expect((await byKernel(none, 1e-3)).at(-1)).toEqual([1, 1, 1])
  })
})

describe("the fused kernel", () => {
  it("touches its own vectors only: the gaps between arrays and the gradient stay as they were", async () => {
    const flat = flatMemory(
      layoutOf([
        ["a", [3]],
        ["b", [2, 2]],
      ]),
      ["p", "m", "v", "gradient"],
    )
    const kernel = await loadKernel("adam", flat.memory)
    flat.vector("gradient").fill(0)
    for (const { data } of flat.arrays("gradient").values()) data.fill(2)
    const before = flat.vector("gradient").slice()
    kernel(...["p", "m", "v", "gradient"].map(flat.offset), flat.layout.length, 0.9, 0.999, 1e-3, 1e-8)
    expect(flat.vector("gradient")).toEqual(before)
    expect(flat.vector("p").filter((value) => value !== 0).length).toBe(7)
  })
})
