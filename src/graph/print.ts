import { isNdArray } from "../core/array.ts"
import { formatShape } from "../core/shape.ts"
import type { Graph } from "./graph.ts"
import { constantOp, drawOp, inputOp } from "./ops/source.ts"
import type { Tensor } from "./tensor.ts"

function attribute(value: unknown): string {
  if (isNdArray(value)) return `array${formatShape(value.shape)}`
  return typeof value === "number" ? `${value}` : JSON.stringify(value)
}

const attributes = (attrs: object | null): string =>
  Object.entries(attrs ?? {})
    .map(([name, value]) => ` ${name}=${attribute(value)}`)
    .join("")

/** The graph as text, one tensor a line: stable, so that a golden file shows what a change does to a program. */
export function print(graph: Graph): string {
  const names = new Map<Tensor, string>()
  const lines: string[] = []
  for (const node of graph.nodes) {
    if (node.op === constantOp && typeof node.attrs.value === "number") {
      names.set(node, String(node.attrs.value))
      continue
    }
    const port = node.op === inputOp || node.op === drawOp
    names.set(node, port ? node.attrs.name : `%${names.size}`)
    const operands = node.inputs.map((operand) => names.get(operand)).join(", ")
    const text = port ? node.op.name : `${node.op.name}(${operands})${attributes(node.attrs)}`
    lines.push(`${names.get(node)} = ${text} ${formatShape(node.shape)}`)
  }
  const outputs = [...graph.outputs].map(([name, tensor]) => `→ ${name} = ${names.get(tensor)}`)
  return [...lines, ...outputs, ""].join("\n")
}
