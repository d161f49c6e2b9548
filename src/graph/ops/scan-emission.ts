import { portsOf, resultsOf } from "../body.ts"
import type { Emitter } from "../tensor.ts"
import { add } from "./arithmetic.ts"
import { grouped, positions, type Scan } from "./scan-geometry.ts"
import { input } from "./source.ts"

/** The recurrence as one node with the step as its body. */
export function nested(emit: Emitter, operands: readonly string[], { body, reverse, steps }: Scan): string[] {
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
export function unrolled(emit: Emitter, operands: readonly string[], scan: Scan): string[] {
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
