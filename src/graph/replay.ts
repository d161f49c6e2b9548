import { topological } from "./graph.ts"
import { type Pull, withPullbackOp } from "./ops/custom-gradient.ts"
import type { Tensor } from "./tensor.ts"

/**
 * `outputs` with every tensor that `known` names put in place of the one it stands for. What does not depend on them stays the
 * same tensor; what was rebuilt is added to `known`.
 */
export function replay(outputs: readonly Tensor[], known: Map<Tensor, Tensor>): Tensor[] {
  for (const node of topological(outputs)) {
    if (known.has(node)) continue
    const inputs = node.inputs.map((operand) => known.get(operand) ?? operand)
    if (inputs.every((operand, i) => operand === node.inputs[i])) continue
    known.set(node, { ...node, inputs, attrs: rebound(node, known) })
  }
  return outputs.map((output) => known.get(output) ?? output)
}

/** The hand-written gradient reads tensors of the first trace; what it gives is replayed as well. */
function rebound(node: Tensor, known: Map<Tensor, Tensor>): unknown {
  if (node.op !== withPullbackOp) return node.attrs
  const { pull } = node.attrs as { pull: Pull }
  const replayed: Pull = (g) => pull(g).map((part) => part && replay([part], known)[0]!)
  return { pull: replayed }
}
