/** A recurrence: one step, traced once, run along sequences; its gradient is a scan in the other direction. */
import { ShapeError } from "../../core/errors.ts"
import { formatShape, type Shape, sameShape, sizeOf } from "../../core/shape.ts"
import { type Body, close, type Ports, portsOf, type Results, resultsOf } from "../body.ts"
import { evaluate } from "../evaluate.ts"
import { topological } from "../graph.ts"
import { pullbacks } from "../pullback.ts"
import { apply, type Emitter, type Op, type Tensor, type Values } from "../tensor.ts"
import { add, mul } from "./arithmetic.ts"
import { broadcastTo, reshape, sum } from "./broadcast.ts"
import { concat, pad, slice } from "./layout.ts"
import { constant, input } from "./source.ts"
import { tanh } from "./unary.ts"

interface Way {
  readonly steps: number
  /** From the last part of the sequences to the first. */
  readonly reverse: boolean
}

interface Scan extends Way {
  readonly body: Body
  /** Which result alone; absent where all of them come, flat, one after the other. */
  readonly item?: number
}

/** Shapes of the results: one row a step for what is kept, then the sums. */
const itemShapes = ({ body, steps }: Scan): Shape[] => [
  ...body.each.map(({ shape }) => [steps, ...shape]),
  ...body.terms.map(({ shape }) => shape),
]

/** Where a result lies among all of them, flat. */
function rangeOf(scan: Scan, item: number): { start: number; end: number; total: number } {
  const sizes = itemShapes(scan).map(sizeOf)
  const upTo = (count: number) => sizes.slice(0, count).reduce((sum, size) => sum + size, 0)
  return { start: upTo(item), end: upTo(item + 1), total: upTo(sizes.length) }
}

/** Positions in the order in which they are visited. */
const positions = ({ steps, reverse }: Way): number[] =>
  Array.from({ length: steps }, (_, i) => (reverse ? steps - 1 - i : i))

const grouped = <T>(operands: readonly T[], { states, parts }: Ports) => ({
  starts: operands.slice(0, states.length),
  sequences: operands.slice(states.length, states.length + parts.length),
  shared: operands.slice(states.length + parts.length),
})

function checkOperands(shapes: readonly Shape[], { body, steps }: Scan): void {
  const needed = [
    ...body.states.map(({ shape }) => shape),
    ...body.parts.map(({ shape }) => [steps, ...shape]),
    ...body.shared.map(({ shape }) => shape),
  ]
  const wrong = needed.findIndex((shape, i) => !shapes[i] || !sameShape(shape, shapes[i]))
  if (wrong >= 0)
    throw new ShapeError(
      `scan: operand ${wrong} is ${formatShape(shapes[wrong] ?? [])}, not ${formatShape(needed[wrong] ?? [])}.`,
    )
}

/** Every result by taking the steps one after the other. */
function run(operands: readonly Values[], scan: Scan): Values[] {
  const { body } = scan
  const { starts, sequences, shared } = grouped(operands, body)
  const order = topological(resultsOf(body))
  const found = itemShapes(scan).map((shape) => new Float64Array(sizeOf(shape)))
  let states = starts
  for (const t of positions(scan)) {
    const parts = sequences.map((sequence, i) => {
      const size = sizeOf(body.parts[i]!.shape)
      return sequence.subarray(t * size, (t + 1) * size)
    })
    const bound = [...states, ...parts, ...shared]
    const values = new Map(portsOf(body).map((port, i) => [port, bound[i]!]))
    evaluate(order, values)
    for (const [i, y] of body.each.entries()) found[i]!.set(values.get(y)!, t * sizeOf(y.shape))
    for (const [i, y] of body.terms.entries())
      for (const [j, term] of values.get(y)!.entries()) found[body.each.length + i]![j]! += term
    states = body.next.map((y) => values.get(y)!)
  }
  return found
}

/**
 * All results of a recurrence, flat, or one of them. Operands: first states, sequences [steps, …], what the steps share. One
 * result may have all of them as a further operand: then its gradient goes there, where it meets that of the others.
 */
export const scanOp: Op<Scan> = {
  name: "scan",
  shape: (shapes, scan) => {
    checkOperands(shapes, scan)
    return scan.item === undefined ? [rangeOf(scan, 0).total] : itemShapes(scan)[scan.item]!
  },
  reference: (operands, _, scan) => {
    const all = operands[portsOf(scan.body).length]
    if (scan.item === undefined) return Float64Array.from(run(operands, scan).flatMap((values) => [...values]))
    const { start, end } = rangeOf(scan, scan.item)
    return all ? all.slice(start, end) : run(operands, scan)[scan.item]!
  },
  vjp: (g, y, inputs, scan) => {
    const operands = inputs.slice(0, portsOf(scan.body).length)
    if (scan.item === undefined) return backward(g, y, operands, scan)
    const flat = amongAll(g, scan, scan.item)
    if (inputs.length > operands.length) return [...operands.map(() => null), flat]
    return backward(flat, allOf(operands, scan), operands, scan)
  },
  onnx: (emit, inputs, scan) => {
    const operands = inputs.slice(0, portsOf(scan.body).length)
    const found = emit.once(scan.body, operands, () =>
      emit.target.provider === "webgpu" ? unrolled(emit, operands, scan) : nested(emit, operands, scan),
    )
    if (scan.item !== undefined) return found[scan.item]!
    const flat = found.map((value) => emit.node("Reshape", [value, emit.ints([-1])]))
    return flat.length === 1 ? flat[0]! : emit.node("Concat", flat, { axis: 0 })
  },
  examples: examples(),
}

/** The cotangent of one result among those of all, which get zeros. */
function amongAll(g: Tensor, scan: Scan, item: number): Tensor {
  const { start, end, total } = rangeOf(scan, item)
  return pad(reshape(g, [end - start]), 0, start, total - end)
}

/** All results, flat. */
const allOf = (operands: readonly Tensor[], { body, steps, reverse }: Scan): Tensor =>
  apply(scanOp, operands, { body, steps, reverse })

/**
 * Cotangents of the operands: a scan in the other direction that carries the cotangents of the states, reads the states before
 * each step, keeps the cotangents of the parts and sums those of what is shared.
 */
function backward(g: Tensor, all: Tensor, operands: readonly Tensor[], scan: Scan): Tensor[] {
  const { body, steps, reverse } = scan
  const { starts, sequences, shared } = grouped(operands, body)
  const cotangents = itemShapes(scan).map((shape, item) => {
    const { start, end } = rangeOf(scan, item)
    return reshape(slice(g, 0, start, end), shape)
  })
  const port = (name: string) => (like: Tensor, i: number) => input(`${name}${i}`, like.shape)
  const [later, here, sums] = [body.next.map(port("later")), body.each.map(port("here")), body.terms.map(port("sum"))]
  const seeds = [...later, ...here, ...sums]
  const found = grouped(
    pullbacks(
      resultsOf(body).map((y, i) => [y, seeds[i]!]),
      portsOf(body),
    ),
    body,
  )
  // The results begin with the states after each step.
  const before = starts.map((start, i) => {
    const after = apply(scanOp, [...operands, all], { body, steps, reverse, item: i })
    const first = reshape(start, [1, ...start.shape])
    if (steps === 1) return first
    return reverse ? concat([slice(after, 0, 1, steps), first]) : concat([first, slice(after, 0, 0, steps - 1)])
  })
  const back = taken(
    { states: later, parts: [...body.states, ...body.parts, ...here], shared: [...body.shared, ...sums] },
    { next: found.starts, each: found.sequences, terms: found.shared },
    [
      ...body.next.map(({ shape }) => broadcastTo(constant(0), shape)),
      ...[...before, ...sequences, ...cotangents.slice(0, body.each.length)],
      ...[...shared, ...cotangents.slice(body.each.length)],
    ],
    { steps, reverse: !reverse },
  )
  return [...back.next.map((kept) => lastOf(kept, { steps, reverse: !reverse })), ...back.each, ...back.terms]
}

/** The row of the step that was taken last. */
function lastOf(kept: Tensor, { steps, reverse }: Way): Tensor {
  const at = reverse ? 0 : steps - 1
  return reshape(slice(kept, 0, at, at + 1), kept.shape.slice(1))
}

/** Results of a scan over a step with these ports and results; every state is kept, first among the results. */
function taken(ports: Ports, { next, each, terms }: Results, operands: readonly Tensor[], way: Way): Results {
  const { body, captured } = close(ports, { next, each: [...next, ...each], terms })
  const scan: Scan = { body, ...way }
  const all = allOf([...operands, ...captured], scan)
  const found = resultsOf({ ...body, next: [] }).map((_, item) =>
    apply(scanOp, [...all.inputs, all], { ...scan, item }),
  )
  const kept = next.length + each.length
  return { next: found.slice(0, next.length), each: found.slice(next.length, kept), terms: found.slice(kept) }
}

/** The recurrence as one node with the step as its body. */
function nested(emit: Emitter, operands: readonly string[], { body, reverse, steps }: Scan): string[] {
  const { starts, sequences, shared } = grouped(operands, body)
  // The operator wants a sequence; where the step reads none, it counts.
  const counted = sequences.length === 0
  const read = counted ? [emit.array({ shape: [steps], data: new Float32Array(steps) })] : sequences
  const parts = counted ? [input("step", [])] : body.parts
  const sums = body.terms.map(({ shape }, i) => ({ soFar: input(`sum${i}`, shape), term: body.terms[i]! }))
  const zeros = sums.map(({ soFar }) => emit.node("Expand", [emit.scalar(0), emit.ints(soFar.shape)]))
  const direction = reverse ? 1 : 0
  const found = emit.nested(
    body.next.length + sums.length + body.each.length,
    "Scan",
    [...starts, ...zeros, ...read],
    {
      num_scan_inputs: read.length,
      scan_input_directions: read.map(() => direction),
      scan_output_directions: body.each.map(() => direction),
    },
    {
      ports: [...body.states, ...sums.map(({ soFar }) => soFar), ...parts],
      outputs: [...body.next, ...sums.map(({ soFar, term }) => add(soFar, term)), ...body.each],
      around: new Map(body.shared.map((port, i) => [port, shared[i]!])),
    },
  )
  const carried = body.next.length + sums.length
  return [...found.slice(carried), ...found.slice(body.next.length, carried)]
}

/** The steps one after the other, for providers without the operator. */
function unrolled(emit: Emitter, operands: readonly string[], scan: Scan): string[] {
  const { body, steps } = scan
  const { starts, sequences, shared } = grouped(operands, body)
  const kept: string[][] = body.each.map(() => new Array<string>(steps))
  let [states, sums] = [starts, [] as readonly string[]]
  for (const t of positions(scan)) {
    const parts = sequences.map((sequence, i) => {
      const row = emit.node("Slice", [sequence, emit.ints([t]), emit.ints([t + 1]), emit.ints([0])])
      return emit.node("Reshape", [row, emit.shape(body.parts[i]!.shape)])
    })
    const bound = [...states, ...parts, ...shared]
    const made = emit.inline(resultsOf(body), new Map(portsOf(body).map((port, i) => [port, bound[i]!])))
    const ends = body.next.length + body.each.length
    for (const [i, value] of made.slice(body.next.length, ends).entries())
      kept[i]![t] = emit.node("Reshape", [value, emit.shape([1, ...body.each[i]!.shape])])
    sums = made.slice(ends).map((term, i) => (sums[i] === undefined ? term : emit.node("Add", [sums[i]!, term])))
    states = made.slice(0, body.next.length)
  }
  return [...kept.map((rows) => (rows.length === 1 ? rows[0]! : emit.node("Concat", rows, { axis: 0 }))), ...sums]
}

/** What a step gives: the next states, shaped like those it had, and what is kept of the step. */
export interface StepResults {
  readonly next: readonly Tensor[]
  readonly each?: readonly Tensor[]
}

/** What a scan gives: for each state its values after every step [steps, …] and after the last one, and what was kept [steps, …]. */
export interface Scanned {
  readonly states: readonly Tensor[]
  readonly last: readonly Tensor[]
  readonly each: readonly Tensor[]
}

export const noSequences = "scan: no sequence came. Say how many steps to take by a sequence, such as the times."
export const unequalSequences = (shapes: readonly Shape[]): string =>
  `scan: the sequences ${shapes.map(formatShape).join(", ")} have no common length of at least one step.`
export const changedState = (i: number, from: Shape, to: Shape): string =>
  `scan: state ${i} is ${formatShape(from)} before the step and ${formatShape(to)} after it.`

/**
 * A recurrence along the first axis of the sequences [steps, …]: `step` is traced once, given the states and a part of each
 * sequence. What it reads from around it is shared by all steps, noise too: what is drawn for each step comes as a sequence.
 * Differentiable to every order. Throws ShapeError.
 */
export function scan(
  step: (states: readonly Tensor[], parts: readonly Tensor[]) => StepResults,
  starts: readonly Tensor[],
  sequences: readonly Tensor[],
  { reverse = false }: { readonly reverse?: boolean } = {},
): Scanned {
  if (sequences.length === 0) throw new ShapeError(noSequences)
  const steps = sequences[0]!.shape[0] ?? 0
  if (steps < 1 || sequences.some(({ shape }) => shape[0] !== steps))
    throw new ShapeError(unequalSequences(sequences.map(({ shape }) => shape)))
  const states = starts.map(({ shape }, i) => input(`state${i}`, shape))
  const parts = sequences.map(({ shape }, i) => input(`part${i}`, shape.slice(1)))
  const { next, each = [] } = step(states, parts)
  const changed = starts.findIndex(({ shape }, i) => !next[i] || !sameShape(shape, next[i].shape))
  if (changed >= 0 || next.length !== starts.length)
    throw new ShapeError(changedState(changed, starts[changed]?.shape ?? [], next[changed]?.shape ?? []))
  const way = { steps, reverse }
  const found = taken({ states, parts, shared: [] }, { next, each, terms: [] }, [...starts, ...sequences], way)
  return { states: found.next, last: found.next.map((kept) => lastOf(kept, way)), each: found.each }
}

/** Steps that carry two states with shared weights, that keep something or only sum, forward and backward. */
function examples() {
  const [h, c, x, w] = [input("h", [2]), input("c", []), input("x", [2]), input("w", [2, 2])]
  const mixed = sum(mul(w, reshape(h, [2, 1])), 0)
  const next = [tanh(add(mixed, x)), add(mul(c, 0.5), sum(mul(h, x)))]
  const recurrence = close(
    { states: [h, c], parts: [x], shared: [w] },
    { next, each: [...next, mul(next[0]!, x)], terms: [] },
  )
  const total = close(
    { states: [h], parts: [x], shared: [w] },
    { next: [next[0]!], each: [next[0]!], terms: [mul(w, h)] },
  )
  const shapes = [[2], [], [3, 2], [2, 2]]
  return [
    { shapes, attrs: { body: recurrence.body, steps: 3, reverse: false } },
    { shapes, attrs: { body: recurrence.body, steps: 3, reverse: true, item: 1 } },
    { shapes: [[2], [3, 2], [2, 2]], attrs: { body: total.body, steps: 3, reverse: true } },
  ]
}
