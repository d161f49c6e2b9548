import { describe, expect, it } from "vitest"
import { type Graph, graphOf } from "../graph/graph.ts"
import { add, gather, input, tanh } from "../graph/ops/index.ts"
import { lower } from "../onnx/lower.ts"
import { fellBack, openWithoutFallback, withoutFallback } from "./fallback.ts"
import { openSession } from "./ort-node.ts"

const graph = graphOf({ y: tanh(add(gather(input("table", [4, 2]), input("index", [3])), 1)) })

/** ONNX Runtime on the processor, acting as a provider that lacks one op. */
const lacking = (op: string) => (part: Graph) => {
  if (!part.nodes.some((node) => node.op.name === op)) return openSession(lower(part), { threads: 1 })
  throw new Error(
    "nodes are assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled by the user.",
  )
}

describe("a provider that lacks an op", () => {
  it("refuses the program and names that op, its shapes and its operators, and no other", async () => {
    const opened = openWithoutFallback(graph, { provider: "webgpu" }, async (part) => lacking("gather")(part))
    await expect(opened).rejects.toThrow(fellBack("webgpu", ["gather [4, 2], [3] (Cast, Gather)"]))
  })
  it("says so when each op alone would run", async () => {
    const opened = openWithoutFallback(graph, { provider: "webgpu" }, async (part) =>
      part === graph ? lacking("gather")(part) : openSession(lower(part), { threads: 1 }),
    )
    await expect(opened).rejects.toThrow("although it can run each of its operations alone")
  })
  it("lets other errors through", async () => {
    const opened = openWithoutFallback(graph, { provider: "webgpu" }, () => Promise.reject(new Error("out of memory")))
    await expect(opened).rejects.toThrow("out of memory")
  })
  it("is asked for by the setting that ONNX Runtime has for it", () =>
    expect(withoutFallback.extra.session).toEqual({ disable_cpu_ep_fallback: "1" }))
})
