import { describe, expect, it } from "vitest"
import type { NdArray } from "../core/array.ts"
import { ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { sizeOf } from "../core/shape.ts"
import { graphOf } from "../graph/graph.ts"
import { input, matmul, mul, sum } from "../graph/ops/index.ts"
import { lower } from "../onnx/lower.ts"
import type { BoundProgram } from "./bound.ts"
import { bind, openRunThreads } from "./ort-bound.ts"
import { interpret } from "./reference.ts"

const [a, b] = [input("a", [7, 5]), input("b", [5, 3])]
const graph = graphOf({ product: matmul(a, b), total: sum(mul(a, a)) })
const random = (name: string, shape: readonly number[]): NdArray =>
  ndarray(shape, fillNormal({ seed: 1, name }, new Float32Array(sizeOf(shape))))
const inputs = () =>
  new Map([
    ["a", random("a", [7, 5])],
    ["b", random("b", [5, 3])],
  ])
const outputs = () =>
  new Map([
    ["product", ndarray([7, 3])],
    ["total", ndarray([])], // one number: too small for memory of its own unless asked for
  ])

describe.each(["direct", "binding"] as const)("a bound program, %s", (kind) => {
  it("writes what the reference interpreter computes into the arrays it was given", async () => {
    const [feeds, results] = [inputs(), outputs()]
    const program = await bind(lower(graph), feeds, results, { kind, threads: 1 })
    expect(program.kind).toBe(kind)
    await program.run()
    const expected = interpret(graph, Object.fromEntries(feeds))
    for (const [name, { data }] of results)
      for (const [i, value] of data.entries()) expect(value).toBeCloseTo(expected[name]!.data[i]!, 4)
    await program.dispose()
    await program.dispose() // a second call does nothing
  })
  it("reads its inputs anew in each run", async () => {
    const [feeds, results] = [inputs(), outputs()]
    const program = await bind(lower(graph), feeds, results, { kind, threads: 1 })
    await program.run()
    const before = results.get("total")!.data[0]!
    for (const i of feeds.get("a")!.data.keys()) feeds.get("a")!.data[i]! *= 2
    await program.run()
    expect(results.get("total")!.data[0]!).toBeCloseTo(4 * before, 3)
    await program.dispose()
  })
  it("says why ONNX Runtime refuses a model", async () => {
    const broken = bind(Uint8Array.of(1, 2, 3), inputs(), outputs(), { kind })
    await expect(broken).rejects.toThrow(/^runtime: ONNX Runtime refused the program: ./)
  })
})

it("gives the same bits directly as by the binding", async () => {
  const results = await Promise.all(
    (["direct", "binding"] as const).map(async (kind) => {
      const out = outputs()
      const program: BoundProgram = await bind(lower(graph), inputs(), out, { kind, threads: 1 })
      await program.run()
      await program.dispose()
      return [...out].map(([name, { data }]) => [name, Array.from(data)])
    }),
  )
  expect(results[0]).toEqual(results[1])
})

it("gives the same bits on a thread beside this one", async () => {
  const [thread] = await openRunThreads(1)
  const [here, there] = [outputs(), outputs()]
  const near = await bind(lower(graph), inputs(), here, { kind: "direct", threads: 1 })
  const far = await bind(lower(graph), inputs(), there, { kind: "direct", threads: 1 })
  const finish = far.startOn!(thread!)
  near.run()
  finish()
  for (const each of [near, far, thread!]) await each.dispose()
  for (const [name, { data }] of here) expect(Array.from(there.get(name)!.data)).toEqual(Array.from(data))
})
