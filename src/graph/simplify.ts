import { isNdArray, type NdArray } from "../core/array.ts"
import { sameShape } from "../core/shape.ts"
import { isBody } from "./body.ts"
import { type Graph, graphOf, operandsFirst } from "./graph.ts"
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

/** Tensors by number: maps from tensors are most of what a large graph costs, so that passes work with numbers alone. */
class Registry {
  readonly tensors: Tensor[] = []
  /** Numbers of each tensor's operands, by its own number. */
  readonly operands: (readonly number[])[] = []
  readonly #numbers = new Map<Tensor, number>()
  readonly #shared = new Map<number, number>()
  readonly #written = new Map<object, number>() // attributes are written once for all passes
  readonly #ids = new Map<unknown, number>()

  /** The number of a tensor, which is new where it was never seen before. All but a few of those it depends on have theirs. */
  numberOf(tensor: Tensor): number {
    return this.#numbers.get(tensor) ?? this.#add(tensor, this.#numbersOf(tensor.inputs))
  }

  /** The number of the first tensor asked for that computes the same. */
  sharedOf(tensor: Tensor): number {
    const own = this.#numbers.get(tensor)
    const inputs = own === undefined ? this.#numbersOf(tensor.inputs) : this.operands[own]!
    const attributes = this.#attributesOf(tensor)
    let hash = Math.imul(this.#idOf(tensor.op), 31) + attributes
    for (const operand of inputs) hash = (Math.imul(hash, 31) + operand) | 0
    for (let first = this.#shared.get(hash); first !== undefined; first = this.#shared.get(hash)) {
      const other = this.tensors[first]!
      const isSame = other.op === tensor.op && this.#attributesOf(other) === attributes
      if (isSame && sameShape(this.operands[first]!, inputs)) return first
      hash = (hash + 1) | 0
    }
    const number = own ?? this.#add(tensor, inputs)
    this.#shared.set(hash, number)
    return number
  }

  #add(tensor: Tensor, inputs: readonly number[]): number {
    const number = this.tensors.length
    this.tensors.push(tensor)
    this.operands.push(inputs)
    this.#numbers.set(tensor, number)
    return number
  }

  #numbersOf(tensors: readonly Tensor[]): number[] {
    return tensors.map((tensor) => this.numberOf(tensor))
  }

  #attributesOf({ attrs }: Tensor): number {
    if (attrs === null) return -1
    const id = this.#written.get(attrs) ?? this.#idOf(this.#textOf(attrs))
    this.#written.set(attrs, id)
    return id
  }

  #idOf(thing: unknown): number {
    const known = this.#ids.get(thing)
    if (known !== undefined) return known
    this.#ids.set(thing, this.#ids.size)
    return this.#ids.size - 1
  }

  // Not as JSON, which has one word for NaN and both infinities. Arrays and the bodies of scans are known by identity.
  #textOf(value: unknown): string {
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`
    if (Array.isArray(value)) return `[${value.map((each) => this.#textOf(each)).join()}]`
    if (isNdArray(value) || isBody(value) || typeof value === "function") return `@${this.#idOf(value)}`
    if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? ""
    return Object.entries(value)
      .map(([name, part]) => `${name}:${this.#textOf(part)}`)
      .join()
  }
}

/** Numbers of all that `roots` depend on, in the order of `topological`. */
function orderOf({ tensors, operands }: Registry, roots: readonly number[]): number[] {
  const seen = new Uint8Array(tensors.length)
  const enter = (i: number): boolean => {
    const isNew = seen[i] === 0
    seen[i] = 1
    return isNew
  }
  return operandsFirst(roots, (i) => operands[i]!, enter)
}

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
  const order = orderOf(known, outputs)
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
  const found =
    placesByOp.get(op) ?? [...rules.keys()].filter((i) => rules[i]!.ops === "all" || rules[i]!.ops.includes(op))
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
