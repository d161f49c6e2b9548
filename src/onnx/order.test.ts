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

it("keeps every node once, behind all that it reads, also inside a body", () => {
  const body = { name: "body", node: [node("inner", "late")], initializer: [], input: [], output: [] }
  const loop: ProtoNode = { ...node("loop", "early"), attribute: [{ name: "body", type: 5, g: body }] }
  const nodes = [node("early", "x"), node("late", "early"), loop, node("end", "loop"), node("alone")]
  const order = names(withoutWaiting(nodes))
  expect([...order].sort()).toEqual([...names(nodes)].sort())
  expect(order.indexOf("late")).toBeLessThan(order.indexOf("loop"))
})
