/** Outcomes beside the reference in 64 bits, and beside one another. */
import { interpret } from "../../src/runtime/reference.ts"
import { worst } from "../laws/tiny.ts"
import { type Case, tolerances } from "./cases.ts"
import type { Column } from "./columns.ts"
import type { Outcome } from "./outcomes.ts"

/** A case on one provider: its largest distance from the reference (NaN where one is), or why it did not run. */
export interface Verdict extends Pick<Case, "name" | "subject" | "kind"> {
  readonly error: number | string
  readonly passes: boolean
}

const floats = (bits: readonly number[]): Float32Array => new Float32Array(Uint32Array.from(bits).buffer)

function errorOf({ kind, graph, feeds }: Case, { results, error = "was not run" }: Outcome): number | string {
  if (!results) return error
  const expected = Object.entries(interpret(graph, feeds))
  const found = expected.map(([port, { shape, data }]) => {
    const result = results[port]
    if (`${result?.shape}` !== `${shape}`) return Number.POSITIVE_INFINITY
    const values = floats(result!.bits)
    // On the ends of a range 32 bits overflow where 64 do not; only NaN is wrong there.
    return kind === "range" ? (values.some(Number.isNaN) ? Number.NaN : 0) : worst(values, data)
  })
  return Math.max(...found)
}

/** Ops of which a provider's own standard promises less, and how much: WGSL computes sine and cosine to 2⁻¹¹. */
export const looser = (provider: Column["provider"]): Readonly<Record<string, number>> =>
  provider === "webgpu" ? { cos: 2 ** -11, sin: 2 ** -11 } : {}

/** What passes for a case on a provider. */
export function toleranceOf({ kind, subject }: Pick<Case, "kind" | "subject">, provider: Column["provider"]): number {
  if (kind === "range") return 0
  return (kind === "example" ? looser(provider)[subject] : undefined) ?? tolerances[provider][kind]
}

/** The verdict on every case, in their order. */
export function judged(cases: readonly Case[], outcomes: readonly Outcome[], provider: Column["provider"]): Verdict[] {
  const byName = new Map(outcomes.map((outcome) => [outcome.name, outcome]))
  return cases.map((one) => {
    const error = errorOf(one, byName.get(one.name) ?? one)
    const passes = typeof error === "number" && error <= toleranceOf(one, provider)
    return { name: one.name, subject: one.subject, kind: one.kind, error, passes }
  })
}

/** Names of the cases whose results are not the same bits. */
export const different = (a: readonly Outcome[], b: readonly Outcome[]): string[] =>
  a
    .filter(({ name, results }) => JSON.stringify(results) !== JSON.stringify(resultsOf(b, name)))
    .map(({ name }) => name)

const resultsOf = (outcomes: readonly Outcome[], wanted: string) =>
  outcomes.find(({ name }) => name === wanted)?.results
