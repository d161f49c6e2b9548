import { isNdArray, type NdArray } from "../core/array.ts"
import { sameShape } from "../core/shape.ts"
import { isBody } from "./body.ts"
import { type Graph, graphOf } from "./graph.ts"
import { withPullbackOp } from "./ops/custom-gradient.ts"
import { constant, constantOp, drawOp, inputOp, stopGradientOp } from "./ops/source.ts"
import { rules } from "./rules.ts"
import { hasScans, reduceScans } from "./scans.ts"
import type { Tensor } from "./tensor.ts"

const sources = new Set<Tensor["op"]>([inputOp, drawOp, constantOp])
/** Ops that only say how gradients flow; those are taken by now, and the first operand is the value. */
const forGradients = new Set<Tensor["op"]>([stopGradientOp, withPullbackOp])
const isConstant = (x: Tensor): boolean => x.op === constantOp
const foldable = (node: Tensor): boolean =>
  !sources.has(node.op) && node.inputs.length > 0 && node.inputs.every(isConstant) && node.shape.length === 0

const valuesOf = (x: Tensor): Float64Array =>
  typeof x.attrs.value === "number"
    ? Float64Array.of(x.attrs.value)
    : Float64Array.from((x.attrs.value as NdArray).data)

const folded = (node: Tensor): Tensor =>
  constant(
    node.op.reference(
      node.inputs.map(valuesOf),
      node.inputs.map((x) => x.shape),
      node.attrs,
    )[0]!,
  )

/** Names tensors by what they compute, so that equal computations become one tensor. */
function sharing() {
  const ids = new Map<unknown, number>()
  const idOf = (thing: unknown): number => {
    const known = ids.get(thing)
    if (known !== undefined) return known
    ids.set(thing, ids.size)
    return ids.size - 1
  }
  const known = new Map<string, Tensor>()
  // Not as JSON, which has one word for NaN and both infinities. Arrays and the bodies of scans are known by identity.
  const textOf = (value: unknown): string => {
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`
    if (Array.isArray(value)) return `[${value.map(textOf).join()}]`
    if (isNdArray(value) || isBody(value) || typeof value === "function") return `@${idOf(value)}`
    if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? ""
    return Object.entries(value)
      .map(([name, part]) => `${name}:${textOf(part)}`)
      .join()
  }
  const written = new Map<object, string>() // attributes are written once for all passes
  const attributes = (attrs: object | null): string => {
    if (attrs === null) return ""
    const text = written.get(attrs) ?? textOf(attrs)
    written.set(attrs, text)
    return text
  }
  return (node: Tensor): Tensor => {
    let key = `${idOf(node.op)}`
    for (const operand of node.inputs) key += `,${idOf(operand)}`
    key += `;${attributes(node.attrs)}`
    const first = known.get(key)
    if (!first) known.set(key, node)
    return first ?? node
  }
}

function countUses(graph: Graph): Map<Tensor, number> {
  const uses = new Map<Tensor, number>()
  const use = (x: Tensor) => uses.set(x, (uses.get(x) ?? 0) + 1)
  for (const node of graph.nodes) node.inputs.forEach(use)
  for (const tensor of graph.outputs.values()) use(tensor)
  return uses
}

/** What a pass leaves behind: the graph, how often each tensor was used before it, and the tensors it left as they were. */
interface Passed {
  readonly graph: Graph
  readonly uses: ReadonlyMap<Tensor, number>
  readonly kept: ReadonlySet<Tensor>
}

/**
 * One pass from the inputs to the outputs: share, fold, rewrite. A tensor that the last pass left as it was stays without asking the
 * rules again, unless an operand, or an operand's, now has a single user: no rule looks further.
 */
function pass(graph: Graph, share: (node: Tensor) => Tensor, last: Passed | undefined): Passed {
  const uses = countUses(graph)
  const replaced = new Map<Tensor, Tensor>()
  const merged = new Map<Tensor, number>()
  const once = (x: Tensor) => merged.get(x) === 1
  const isReleased = (x: Tensor) => uses.get(x) === 1 && last!.uses.get(x) !== 1
  const isSettled = (node: Tensor) =>
    last?.kept.has(node) && !node.inputs.some((x) => isReleased(x) || x.inputs.some(isReleased))
  const kept = new Set<Tensor>()
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((operand) => replaced.get(operand)!)
    const same = inputs.every((operand, i) => operand === node.inputs[i])
    const next =
      same && isSettled(node)
        ? node
        : share(simpler(same ? node : { op: node.op, inputs, attrs: node.attrs, shape: node.shape }, once))
    if (next === node) kept.add(node)
    merged.set(next, (merged.get(next) ?? 0) + (uses.get(node) ?? 0))
    replaced.set(node, next)
  }
  const outputs = Object.fromEntries([...graph.outputs].map(([name, tensor]) => [name, replaced.get(tensor)!]))
  return { graph: graphOf(outputs), uses, kept }
}

/** What the rules make of a tensor. */
function simpler(node: Tensor, once: (x: Tensor) => boolean): Tensor {
  if (forGradients.has(node.op)) return node.inputs[0]!
  if (foldable(node)) return folded(node)
  return rules.reduce((tensor, rule) => rule(tensor, once) ?? tensor, node)
}

const mostPasses = 8

function passes(graph: Graph, share: (node: Tensor) => Tensor): Graph {
  let last: Passed | undefined
  for (let i = 0; i < mostPasses; i++) {
    const before = last?.graph ?? graph
    last = pass(before, share, last)
    if (before.nodes.every((node) => last!.kept.has(node))) break
  }
  return last!.graph
}

/** The graph of the outputs whose names are among `names`, or are not. */
const partOf = ({ outputs }: Graph, names: readonly string[], among: boolean): Record<string, Tensor> =>
  Object.fromEntries([...outputs].filter(([name]) => names.includes(name) === among))

/**
 * The same program with equal computations shared, constants folded, scalars and transposes absorbed, dead code gone. The outputs
 * named `aside` share what they can with the others, but leave them as they would be alone: the same bits with or without them.
 */
export function simplify(graph: Graph, aside: readonly string[] = []): Graph {
  const share = sharing()
  const settled = (outputs: Record<string, Tensor>): Graph => {
    const passed = passes(graphOf(outputs), share)
    if (!hasScans(passed)) return passed
    const reduced = reduceScans(passed, (step) => simplify(step))
    return passes(reduced, share)
  }
  const [main, other] = [false, true].map((among) => settled(partOf(graph, aside, among)).outputs)
  const outputs = [...graph.outputs.keys()].map((name) => [name, (main!.get(name) ?? other!.get(name))!] as const)
  for (const [name, tensor] of outputs)
    if (!sameShape(tensor.shape, graph.outputs.get(name)!.shape))
      throw new Error(`simplify: a rule changed the shape of "${name}".`)
  return graphOf(Object.fromEntries(outputs))
}
