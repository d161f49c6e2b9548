/** A recurrence: one step, traced once, run along sequences; its gradient is a scan in the other direction. */
import { ShapeError } from "../../core/errors.ts"
import { formatShape, type Shape, sameShape, sizeOf } from "../../core/shape.ts"
import { close, type Ports, portsOf, type Results, resultsOf } from "../body.ts"
import { evaluate } from "../evaluate.ts"
import { topological } from "../graph.ts"
import { pullbacks } from "../pullback.ts"
import { apply, type Op, type Tensor, type Values } from "../tensor.ts"
import { add, mul } from "./arithmetic.ts"
import { broadcastTo, reshape, sum } from "./broadcast.ts"
import { concat, pad, slice } from "./layout.ts"
import { nested, unrolled } from "./scan-emission.ts"
import { grouped, itemShapes, positions, rangeOf, type Scan, type Way } from "./scan-geometry.ts"
import { constant, input } from "./source.ts"
import { tanh } from "./unary.ts"

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
