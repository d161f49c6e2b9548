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

/** All that `roots` depend on, operands first; iterative, so that deep graphs do not exhaust the stack. `enter` is false the second time. */
export function operandsFirst<T>(
  roots: Iterable<T>,
  operandsOf: (node: T) => readonly T[],
  enter: (node: T) => boolean,
): T[] {
  const order: T[] = []
  const stack: T[] = []
  const next: number[] = [] // operand of each on the stack
  const push = (node: T) => {
    if (!enter(node)) return
    stack.push(node)
    next.push(0)
  }
  for (const root of roots) {
    push(root)
    while (stack.length > 0) {
      const top = stack.length - 1
      const operand = operandsOf(stack[top]!)[next[top]!++]
      if (operand !== undefined) push(operand)
      else {
        order.push(stack.pop()!)
        next.pop()
      }
    }
  }
  return order
}

/** Tensors that `roots` depend on, operands first. */
export function topological(roots: Iterable<Tensor>): Tensor[] {
  const seen = new Set<Tensor>()
  const enter = (tensor: Tensor): boolean => seen.size < seen.add(tensor).size
  return operandsFirst(roots, ({ inputs }) => inputs, enter)
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
