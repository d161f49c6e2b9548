import type { Tensor, Values } from "./tensor.ts"

/** Adds to `values`, which has those of the ports, the value of every tensor of `order` by the ops' own definitions. */
export function evaluate(order: readonly Tensor[], values: Map<Tensor, Values>): void {
  for (const node of order) {
    if (values.has(node)) continue
    const operands = node.inputs.map((operand) => values.get(operand)!)
    const shapes = node.inputs.map((operand) => operand.shape)
    values.set(node, node.op.reference(operands, shapes, node.attrs))
  }
}
