import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { graphOf } from "../graph/graph.ts"
import { add, input, matmul, tanh } from "../graph/ops/index.ts"
import { compile, noWebGpu, otherThreads } from "./ort-web.ts"
import { disposedOf } from "./program.ts"
import { missingFeed, wrongFeed } from "./reference.ts"

const [a, b] = [input("a", [2, 3]), input("b", [3, 2])]
const graph = graphOf({ y: add(matmul(a, b), 1), z: tanh(a) })
const feeds = { a: ndarray([2, 3], [1, 2, 3, 4, 5, 6]), b: ndarray([3, 2], [1, 0, 0, 1, 1, 1]) }

describe("a program on WebAssembly", () => {
  it("gives results that later runs leave alone", async () => {
    const program = await compile(graph)
    const first = await program.run(feeds)
    await program.run({ ...feeds, a: ndarray([2, 3]) })
    expect(first["y"]).toMatchObject({ shape: [2, 2] })
    expect([...first["y"]!.data]).toEqual([5, 6, 11, 12])
    expect(first["z"]!.data[0]).toBeCloseTo(Math.tanh(1), 6)
    await program.dispose()
  })
  it("says which feed is missing or does not fit", async () => {
    const program = await compile(graph)
    await expect(program.run({ a: feeds.a })).rejects.toThrow(missingFeed("b", [3, 2]))
    await expect(program.run({ ...feeds, b: feeds.a })).rejects.toThrow(wrongFeed("b", [2, 3], [3, 2]))
    await program.dispose()
  })
  it("refuses to run once it was disposed of, which may happen twice", async () => {
    const program = await compile(graph)
    await program.dispose()
    await program.dispose()
    await expect(program.run(feeds)).rejects.toThrow(disposedOf)
  })
  it("keeps the number of threads of the first, and says so", async () => {
    await expect(compile(graph, { provider: "wasm", threads: 2 })).rejects.toThrow(otherThreads(1, 2))
  })
  it("has no WebGPU where there is no adapter", async () => {
    await expect(compile(graph, { provider: "webgpu" })).rejects.toThrow(noWebGpu)
  })
})
