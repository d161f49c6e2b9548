/** The body of a scan: one step, traced once, closed over nothing. */
import { graphOf, topological } from "./graph.ts"
import { constantOp, input } from "./ops/source.ts"
import { print } from "./print.ts"
import { dependents } from "./pullback.ts"
import { replay } from "./replay.ts"
import type { Tensor } from "./tensor.ts"

/** What a step reads: what it carries, its part of each sequence, what all steps share. */
export interface Ports {
  readonly states: readonly Tensor[]
  readonly parts: readonly Tensor[]
  readonly shared: readonly Tensor[]
}

/** What a step makes: the next states, what is kept of each step, what is summed over the steps. */
export interface Results {
  readonly next: readonly Tensor[]
  readonly each: readonly Tensor[]
  readonly terms: readonly Tensor[]
}

export interface Body extends Ports, Results {
  /** The text of the step, which stands for the body wherever attributes are written. */
  toJSON(): string[]
}

export const portsOf = ({ states, parts, shared }: Ports): Tensor[] => [...states, ...parts, ...shared]
export const resultsOf = ({ next, each, terms }: Results): Tensor[] => [...next, ...each, ...terms]

/** `outputs` in the groups that `like` has. */
function grouped({ next, each }: Results, outputs: readonly Tensor[]): Results {
  const kept = next.length + each.length
  return { next: outputs.slice(0, next.length), each: outputs.slice(next.length, kept), terms: outputs.slice(kept) }
}

const namedResults = (results: Results): Record<string, Tensor> =>
  Object.fromEntries(
    (["next", "each", "terms"] as const).flatMap((group) => results[group].map((y, i) => [`${group}${i}`, y])),
  )

/** The graph of one step. */
export const stepOf = (results: Results) => graphOf(namedResults(results))

const bodyFrom = (ports: Ports, results: Results): Body => ({
  ...ports,
  ...results,
  toJSON: () => print(stepOf(results)).trim().split("\n"),
})

export const isBody = (value: unknown): value is Body =>
  typeof value === "object" && value !== null && "toJSON" in value && "states" in value

/** Tensors made of constants alone: they stay in the body. */
function knownWhileTracing(order: readonly Tensor[]): Set<Tensor> {
  const known = new Set<Tensor>()
  for (const node of order) {
    const isKnown = node.op === constantOp || (node.inputs.length > 0 && node.inputs.every((x) => known.has(x)))
    if (isKnown) known.add(node)
  }
  return known
}

const portNamed = (group: string) => (like: Tensor, i: number) => input(`${group}${i}`, like.shape)

/**
 * The body of a step, and the tensors around it that it reads: whatever depends on no port becomes one more shared operand, so
 * a step computes nothing that all steps have in common.
 */
export function close(ports: Ports, results: Results): { body: Body; captured: Tensor[] } {
  const outputs = resultsOf(results)
  const order = topological(outputs)
  const inside = dependents(order, portsOf(ports))
  const constants = knownWhileTracing(order)
  const isOutside = (x: Tensor) => !inside.has(x) && !constants.has(x)
  const readers = order.filter((node) => inside.has(node))
  const captured = [...new Set([...readers.flatMap(({ inputs }) => inputs), ...outputs].filter(isOutside))]
  const own: Ports = {
    states: ports.states.map(portNamed("state")),
    parts: ports.parts.map(portNamed("part")),
    shared: [...ports.shared, ...captured].map(portNamed("shared")),
  }
  const replaced = [...portsOf(ports), ...captured].map((tensor, i) => [tensor, portsOf(own)[i]!] as const)
  return { body: bodyFrom(own, grouped(results, replay(outputs, new Map(replaced)))), captured }
}

/** The body with its results rewritten, all at once. */
export const rewritten = (body: Body, rewrite: (outputs: Record<string, Tensor>) => readonly Tensor[]): Body =>
  bodyFrom(body, grouped(body, rewrite(namedResults(body))))

/** What a body with fewer results still is: which of the old states, parts and shared operands it reads. */
export interface Pruned {
  readonly body: Body
  readonly states: readonly number[]
  readonly parts: readonly number[]
  readonly shared: readonly number[]
}

const indicesOf = <T>(list: readonly T[], keep: (item: T) => boolean): number[] =>
  [...list.keys()].filter((i) => keep(list[i]!))

/** The body that makes the chosen results only, counted over what is kept of each step and then the sums. */
export function pruned(body: Body, wanted: readonly number[]): Pruned {
  const each = [...body.each.keys()].filter((i) => wanted.includes(i))
  const terms = [...body.terms.keys()].filter((i) => wanted.includes(body.each.length + i))
  const results = [...each.map((i) => body.each[i]!), ...terms.map((i) => body.terms[i]!)]
  let states: number[] = []
  for (;;) {
    const read = new Set(topological([...results, ...states.map((i) => body.next[i]!)]))
    const needed = indicesOf(body.states, (port) => read.has(port))
    const [parts, shared] = [body.parts, body.shared].map((ports) => indicesOf(ports, (port) => read.has(port)))
    if (needed.length > states.length) {
      states = needed
      continue
    }
    const pick = <T>(list: readonly T[], indices: readonly number[] = []): T[] => indices.map((i) => list[i]!)
    const ports = {
      states: pick(body.states, states),
      parts: pick(body.parts, parts),
      shared: pick(body.shared, shared),
    }
    const kept = { next: pick(body.next, states), each: pick(body.each, each), terms: pick(body.terms, terms) }
    return { body: bodyFrom(ports, kept), states, parts: parts!, shared: shared! }
  }
}

/** The body in which ports that always have the same numbers are replaced by these. */
export const settled = (body: Body, numbers: ReadonlyMap<Tensor, Tensor>): Body =>
  bodyFrom(body, grouped(body, replay(resultsOf(body), new Map(numbers))))
