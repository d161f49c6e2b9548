/** What is written in operator set 12, as programs for the processor are, computes the bits that it computes in today's. */
import { describe, expect, it } from "vitest"
import type { NdArray } from "../../src/core/array.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input, tanh } from "../../src/graph/ops/index.ts"
import { lower, lowerGraph } from "../../src/onnx/lower.ts"
import { graphInOpset12 } from "../../src/onnx/opset12.ts"
import { encodeModel } from "../../src/onnx/proto.ts"
import { openSession, toTensor } from "../../src/runtime/ort-node.ts"
import { allCases } from "../providers/cases.ts"

const cases = (await allCases()).map((each) => {
  const today = lowerGraph(each.graph, { provider: "cpu" })
  return { ...each, today, older: graphInOpset12(today) }
})
const said = cases.flatMap(({ older, ...each }) => (older ? [{ ...each, older }] : []))
const unsaid = cases.filter(({ older, kind }) => older === undefined && kind === "example")

async function bitsOf(model: Uint8Array, feeds: Readonly<Record<string, NdArray>>) {
  const session = await openSession(model, { threads: 1, optimize: false })
  const fed = Object.fromEntries(session.inputNames.map((name) => [name, toTensor(feeds[name]!)]))
  const found = await session.run(fed)
  await session.release()
  return Object.entries(found).map(([name, { data }]) => [
    name,
    Array.from(new Int32Array((data as Float32Array).slice().buffer)),
  ])
}

describe("in operator set 12", () => {
  it.each(said)("has the same bits: $name", async ({ today, older, feeds }) => {
    expect(await bitsOf(encodeModel(older, {}, 12), feeds)).toEqual(await bitsOf(encodeModel(today), feeds))
  })
  it("has no word for few of them", () =>
    expect([...new Set(unsaid.map(({ subject }) => subject))].sort()).toEqual([
      "averagePool",
      "gelu",
      "logSoftmax", // along another axis than the last
      "scan",
      "scatterAlong",
      "softmax", // likewise
      "upsample",
    ]))
})

describe("a program", () => {
  const graph = graphOf({ y: tanh(input("x", [2])) })
  it.each(["cpu", "wasm"] as const)("is written in operator set 12 for %s", (provider) =>
    expect(lower(graph, { target: { provider } })).toEqual(encodeModel(lowerGraph(graph), {}, 12)),
  )
  it.each(["any", "webgpu", "cuda"] as const)("is not for %s", (provider) =>
    expect(lower(graph, { target: { provider } })).toEqual(encodeModel(lowerGraph(graph), {}, 21)),
  )
})
