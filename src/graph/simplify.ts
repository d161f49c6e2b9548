import type { NdArray } from "../core/array.ts"
import { sameShape } from "../core/shape.ts"
import { type Graph, graphOf } from "./graph.ts"
import { withPullbackOp } from "./ops/custom-gradient.ts"
import { constant, constantOp, drawOp, inputOp, stopGradientOp } from "./ops/source.ts"
import { Registry } from "./registry.ts"
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

/** What a pass leaves behind: what its outputs became; by number, how often each tensor was used before, and whether it stays. */
interface Passed {
  readonly outputs: readonly number[]
  readonly uses: Uint32Array
  readonly kept: Uint8Array
  readonly changed: boolean
}

/**
 * One pass from the inputs to the outputs: share, fold, rewrite. A tensor that the last pass left as it was stays without asking the
 * rules again, unless an operand, or an operand's, now has a single user: no rule looks further.
 */
function pass(known: Registry, outputs: readonly number[], last: Passed | undefined): Passed {
  const { tensors, operands } = known
  const order = known.orderOf(outputs)
  const count = tensors.length
  const uses = new Uint32Array(count)
  for (const i of order) for (const operand of operands[i]!) uses[operand]!++
  for (const i of outputs) uses[i]!++
  const isReleased = (i: number) => uses[i] === 1 && last!.uses[i] !== 1
  const isSettled = (i: number) =>
    last?.kept[i] === 1 && !operands[i]!.some((operand) => isReleased(operand) || operands[operand]!.some(isReleased))
  const replaced = new Int32Array(count)
  const isAsBefore = (i: number) => replaced[i] === i
  const merged: number[] = new Array(count).fill(0)
  const once = (x: Tensor) => merged[known.numberOf(x)] === 1
  const kept = new Uint8Array(count)
  /** What becomes of a tensor whose operands are done. */
  const next = (i: number): number => {
    const node = tensors[i]!
    if (operands[i]!.every(isAsBefore)) return isSettled(i) ? i : known.sharedOf(simpler(node, once))
    const inputs = operands[i]!.map((operand) => tensors[replaced[operand]!]!)
    return known.sharedOf(simpler({ op: node.op, inputs, attrs: node.attrs, shape: node.shape }, once))
  }
  let changed = false
  for (const i of order) {
    const now = next(i)
    if (now === i) kept[i] = 1
    else changed = true
    merged[now] = (merged[now] ?? 0) + uses[i]!
    replaced[i] = now
  }
  return { outputs: outputs.map((i) => replaced[i]!), uses, kept, changed }
}

/** What the rules make of a tensor. */
function simpler(node: Tensor, once: (x: Tensor) => boolean): Tensor {
  if (forGradients.has(node.op)) return node.inputs[0]!
  if (foldable(node)) return folded(node)
  let tensor = node
  let places = placesOf(node.op)
  for (let i = 0; i < places.length; i++) {
    const place = places[i]!
    const next = rules[place]!.rewrite(tensor, once)
    if (next === undefined) continue
    if (next.op !== tensor.op) {
      places = placesOf(next.op).filter((later) => later > place)
      i = -1
    }
    tensor = next
  }
  return tensor
}

const placesByOp = new Map<Tensor["op"], readonly number[]>()
/** Places among the rules of those for an op. */
function placesOf(op: Tensor["op"]): readonly number[] {
  const known = placesByOp.get(op)
  if (known) return known
  const found = [...rules.keys()].filter((i) => rules[i]!.ops === "all" || rules[i]!.ops.includes(op))
  placesByOp.set(op, found)
  return found
}

const mostPasses = 8

function passes(graph: Graph, known: Registry): Graph {
  for (const node of graph.nodes) known.numberOf(node) // operands first
  let outputs: readonly number[] = Array.from(graph.outputs.values(), (tensor) => known.numberOf(tensor))
  let last: Passed | undefined
  for (let i = 0; i < mostPasses && last?.changed !== false; i++) {
    last = pass(known, outputs, last)
    outputs = last.outputs
  }
  return graphOf(Object.fromEntries([...graph.outputs.keys()].map((name, i) => [name, known.tensors[outputs[i]!]!])))
}

/** The graph of the outputs whose names are among `names`, or are not. */
const partOf = ({ outputs }: Graph, names: readonly string[], among: boolean): Record<string, Tensor> =>
  Object.fromEntries([...outputs].filter(([name]) => names.includes(name) === among))

/**
 * The same program with equal computations shared, constants folded, scalars and transposes absorbed, dead code gone. The outputs
 * named `aside` share what they can with the others, but leave them as they would be alone: the same bits with or without them.
 */
export function simplify(graph: Graph, aside: readonly string[] = []): Graph {
  const known = new Registry()
  const settled = (outputs: Record<string, Tensor>): Graph => {
    const passed = passes(graphOf(outputs), known)
    if (!hasScans(passed)) return passed
    const reduced = reduceScans(passed, (step) => simplify(step))
    return passes(reduced, known)
  }
  const [main, other] = [false, true].map((among) => settled(partOf(graph, aside, among)).outputs)
  const outputs = [...graph.outputs.keys()].map((name) => [name, (main!.get(name) ?? other!.get(name))!] as const)
  for (const [name, tensor] of outputs)
    if (!sameShape(tensor.shape, graph.outputs.get(name)!.shape))
      throw new Error(`simplify: a rule changed the shape of "${name}".`)
  return graphOf(Object.fromEntries(outputs))
}
