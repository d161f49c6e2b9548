/** Outcomes beside the reference in 64 bits, and beside one another. */
import { interpret } from "../../src/runtime/reference.ts"
import { worst } from "../laws/tiny.ts"
import { type Case, tolerances } from "./case.ts"
import type { Column } from "./columns.ts"
import type { Outcome } from "./outcomes.ts"

/** A case on one provider: its largest distance from the reference (NaN where one is), what law it breaks, or why it did not run. */
export interface Verdict extends Pick<Case, "name" | "subject" | "kind"> {
  readonly error: number | string
  readonly passes: boolean
}

const floats = (bits: readonly number[]): Float32Array => new Float32Array(Uint32Array.from(bits).buffer)

/** A case on one provider: its largest distance from the reference, or the sentence that says what is wrong. */
function errorOf(one: Case, { results, error = "was not run" }: Outcome, tolerance: number): number | string {
  if (!results) return error
  const numbers = Object.entries(expectedOf(one)).map(([port, { shape, data }]) => {
    const result = results[port]
    const isDrawn = one.drawn?.includes(port) ?? false
    return `${result?.shape}` === `${shape}`
      ? distance(one.kind, floats(result!.bits), data, isDrawn)
      : Number.POSITIVE_INFINITY
  })
  const values = Object.entries(results).map(([port, { bits }]) => [port, [...floats(bits)]])
  return one.holds?.(Object.fromEntries(values), tolerance) ?? Math.max(...numbers)
}

/** The reference's results, computed once for all columns. */
const expectedOf = remembered(({ graph, feeds }: Case) => interpret(graph, feeds))

function remembered<K extends object, V>(f: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>()
  return (key) => {
    const value = known.get(key) ?? f(key)
    known.set(key, value)
    return value
  }
}

function distance(kind: Case["kind"], values: Float32Array, expected: Float64Array, isDrawn: boolean): number {
  // On the ends of a range 32 bits overflow where 64 do not; only NaN is wrong there.
  if (kind === "range") return values.some(Number.isNaN) ? Number.NaN : 0
  return isDrawn ? allButOneInAThousand(values, expected) : worst(values, expected)
}

/** Largest distance of those numbers that fall on the same side of their thresholds. */
function allButOneInAThousand(values: Float32Array, expected: Float64Array): number {
  const distances = Array.from(values, (value, i) => worst([value], [expected[i]!]))
  if (distances.some(Number.isNaN)) return Number.NaN
  return distances.sort((a, b) => b - a)[Math.floor(values.length / 1000)] ?? 0
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
    const tolerance = toleranceOf(one, provider)
    const error = errorOf(one, byName.get(one.name) ?? one, tolerance)
    const passes = typeof error === "number" && error <= tolerance
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
