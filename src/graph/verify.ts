import { EidosError } from "../core/errors.ts"
import { formatShape, sameShape } from "../core/shape.ts"
import type { Graph } from "./graph.ts"
import { constantOp } from "./ops/source.ts"
import { stepsOf } from "./scans.ts"
import type { Tensor } from "./tensor.ts"

const fault = (node: Tensor, what: string): EidosError => new EidosError("trace", `verify: ${node.op.name} ${what}`)

function verifyNode(node: Tensor, known: ReadonlySet<Tensor>): void {
  if (node.inputs.some((operand) => !known.has(operand))) throw fault(node, "comes before one of its operands.")
  const inferred = node.op.shape(
    node.inputs.map((operand) => operand.shape),
    node.attrs,
  )
  if (!sameShape(inferred, node.shape))
    throw fault(node, `says ${formatShape(node.shape)}, but its rule gives ${formatShape(inferred)}.`)
  if (node.op === constantOp && typeof node.attrs.value === "number" && !Number.isFinite(node.attrs.value))
    throw fault(node, `is ${node.attrs.value}; constants must be finite.`)
}

/** Checks order, shapes and constants of every node and returns the graph. Throws EidosError("trace") or ShapeError. */
export function verify(graph: Graph): Graph {
  const known = new Set<Tensor>()
  for (const node of graph.nodes) {
    verifyNode(node, known)
    const scan = stepsOf(node)
    if (scan) verify(scan.step)
    known.add(node)
  }
  for (const [name, tensor] of graph.outputs)
    if (!known.has(tensor)) throw new EidosError("trace", `verify: output "${name}" is not in the graph.`)
  return graph
}
