import { EidosError } from "../core/errors.ts"
import { drawOp, inputOp } from "./ops/source.ts"
import type { Tensor } from "./tensor.ts"

/** A traced program: what it computes, and in which order. Everything else follows from reachability. */
export interface Graph {
  readonly outputs: ReadonlyMap<string, Tensor>
  /** Every reachable tensor, operands before their users. */
  readonly nodes: readonly Tensor[]
  /** Named inputs that are reached, in order of first use. */
  readonly inputs: ReadonlyMap<string, Tensor>
  /** Noise that the runtime fills, by name. */
  readonly draws: ReadonlyMap<string, Tensor>
}

/** Tensors that `roots` depend on, operands first; iterative, so that deep graphs do not exhaust the stack. */
export function topological(roots: Iterable<Tensor>): Tensor[] {
  const order: Tensor[] = []
  const seen = new Set<Tensor>()
  const stack: { tensor: Tensor; next: number }[] = []
  const enter = (tensor: Tensor) => {
    if (seen.has(tensor)) return
    seen.add(tensor)
    stack.push({ tensor, next: 0 })
  }
  for (const root of roots) {
    enter(root)
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!
      const operand = top.tensor.inputs[top.next++]
      if (operand) enter(operand)
      else order.push(stack.pop()!.tensor)
    }
  }
  return order
}

export const nameTaken = (name: string): string =>
  `trace: two different inputs or draws are called "${name}". Give each its own name; noise is named with rng.fork("purpose").`

function portsOf(nodes: readonly Tensor[], op: Tensor["op"]): Map<string, Tensor> {
  const ports = new Map<string, Tensor>()
  for (const node of nodes.filter((tensor) => tensor.op === op)) {
    if (ports.has(node.attrs.name)) throw new EidosError("trace", nameTaken(node.attrs.name))
    ports.set(node.attrs.name, node)
  }
  return ports
}

/** The graph of these named outputs. Throws EidosError("trace") when two ports share a name. */
export function graphOf(outputs: Readonly<Record<string, Tensor>>): Graph {
  const nodes = topological(Object.values(outputs))
  const [inputs, draws] = [portsOf(nodes, inputOp), portsOf(nodes, drawOp)]
  for (const name of draws.keys()) if (inputs.has(name)) throw new EidosError("trace", nameTaken(name))
  return { outputs: new Map(Object.entries(outputs)), nodes, inputs, draws }
}
