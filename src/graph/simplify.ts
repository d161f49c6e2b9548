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

/** Finds equal computations, so that they become one tensor. */
function sharing() {
  const ids = new Map<unknown, number>()
  const idOf = (thing: unknown): number => {
    const known = ids.get(thing)
    if (known !== undefined) return known
    ids.set(thing, ids.size)
    return ids.size - 1
  }
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
  const written = new Map<object, number>() // attributes are written once for all passes
  const attributesOf = ({ attrs }: Tensor): number => {
    if (attrs === null) return -1
    const id = written.get(attrs) ?? idOf(textOf(attrs))
    written.set(attrs, id)
    return id
  }
  const known = new Map<number, Tensor>()
  return (node: Tensor): Tensor => {
    const attributes = attributesOf(node)
    const isSame = (other: Tensor) =>
      other.op === node.op &&
      other.inputs.length === node.inputs.length &&
      other.inputs.every((operand, i) => operand === node.inputs[i]) &&
      attributesOf(other) === attributes
    let hash = Math.imul(idOf(node.op), 31) + attributes
    for (const operand of node.inputs) hash = (Math.imul(hash, 31) + idOf(operand)) | 0
    for (let first = known.get(hash); first; first = known.get(hash)) {
      if (isSame(first)) return first
      hash = (hash + 1) | 0
    }
    known.set(hash, node)
    return node
  }
}

/** A graph by the places of its nodes: each one's operands, and how often it is used. */
interface Numbered {
  readonly at: ReadonlyMap<Tensor, number>
  readonly operands: readonly (readonly number[])[]
  readonly uses: Uint32Array
}
function numbered({ nodes, outputs }: Graph): Numbered {
  const at = new Map<Tensor, number>()
  for (const node of nodes) at.set(node, at.size)
  const operands = nodes.map(({ inputs }) => inputs.map((operand) => at.get(operand)!))
  const uses = new Uint32Array(nodes.length)
  for (const each of operands) for (const operand of each) uses[operand]!++
  for (const tensor of outputs.values()) uses[at.get(tensor)!]!++
  return { at, operands, uses }
}

/** What a pass leaves behind: the graph, its nodes before the pass by number, and which of them it left as they were. */
interface Passed {
  readonly graph: Graph
  readonly before: Numbered
  readonly kept: Uint8Array
}

/**
 * One pass from the inputs to the outputs: share, fold, rewrite. A tensor that the last pass left as it was stays without asking the
 * rules again, unless an operand, or an operand's, now has a single user: no rule looks further.
 */
function pass(graph: Graph, share: (node: Tensor) => Tensor, last: Passed | undefined): Passed {
  const before = numbered(graph)
  const { operands, uses } = before
  const places = graph.nodes.map((node) => last?.before.at.get(node))
  const wasKept = (i: number) => places[i] !== undefined && last!.kept[places[i]!] === 1
  const isReleased = (i: number) => uses[i] === 1 && (places[i] === undefined || last!.before.uses[places[i]!] !== 1)
  const isSettled = (i: number) =>
    wasKept(i) && !operands[i]!.some((operand) => isReleased(operand) || operands[operand]!.some(isReleased))
  const replaced: Tensor[] = []
  const merged = new Map<Tensor, number>()
  const once = (x: Tensor) => merged.get(x) === 1
  const kept = new Uint8Array(graph.nodes.length)
  for (const [i, node] of graph.nodes.entries()) {
    const inputs = operands[i]!.map((operand) => replaced[operand]!)
    const same = inputs.every((operand, at) => operand === node.inputs[at])
    const next =
      same && isSettled(i)
        ? node
        : share(simpler(same ? node : { op: node.op, inputs, attrs: node.attrs, shape: node.shape }, once))
    if (next === node) kept[i] = 1
    merged.set(next, (merged.get(next) ?? 0) + uses[i]!)
    replaced.push(next)
  }
  const outputs = Object.fromEntries(
    [...graph.outputs].map(([name, tensor]) => [name, replaced[before.at.get(tensor)!]!]),
  )
  return { graph: graphOf(outputs), before, kept }
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
    if (last.kept.every((kept) => kept === 1)) break
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
