import { expect, it } from "vitest"
import { withoutWaiting } from "./order.ts"
import type { ProtoNode } from "./proto.ts"

const node = (name: string, ...input: string[]): ProtoNode => ({
  name,
  opType: "Sum",
  domain: "",
  input,
  output: [name],
  attribute: [],
})
const names = (nodes: readonly ProtoNode[]) => nodes.map(({ name }) => name)

it("moves masks behind what they are masks of, and results that nobody reads behind what they are made of", () => {
  const backward = [
    node("da", "h2"),
    node("ma", "h2"),
    node("db", "da", "ma"),
    node("mb", "h1"),
    node("dc", "db", "mb"),
  ]
  const weights = [node("wa", "h1", "db"), node("wb", "x", "dc")]
  const nodes = [node("h1", "x"), node("h2", "h1"), ...backward, ...weights]
  expect(names(withoutWaiting(nodes))).toEqual(["h1", "mb", "h2", "da", "ma", "db", "wa", "dc", "wb"])
})

const around = (node: ProtoNode, ...body: ProtoNode[]): ProtoNode => ({
  ...node,
  attribute: [{ name: "body", type: 5, g: { name: "body", node: body, initializer: [], input: [], output: [] } }],
})

it("keeps every node once, behind all that it reads, also inside bodies", () => {
  const loop = around(node("loop", "early"), around(node("nested", "step"), node("inner", "late")))
  const nodes = [
    node("early", "x"),
    node("other", "early"),
    node("late", "other"),
    loop,
    node("alone"),
    node("end", "loop", "alone"),
  ]
  const order = names(withoutWaiting(nodes))
  expect([...order].sort()).toEqual([...names(nodes)].sort())
  expect(order.indexOf("late")).toBeLessThan(order.indexOf("loop"))
})
