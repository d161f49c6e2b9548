/** Parts of the program in which a model shows what it can: each has its own rows, labels and noise. */
import type { NdArray } from "../../../src/core/array.ts"
import { oneHotFeeds } from "../../../src/evaluate/evaluator.ts"
import { input } from "../../../src/graph/ops/index.ts"
import type { Parameters } from "../../../src/graph/parameter.ts"
import type { Tensor } from "../../../src/graph/tensor.ts"
import { type Env, tracing } from "../../../src/graph/trace.ts"
import type { Model } from "../../../src/model/capabilities.ts"
import type { Tiny } from "../../laws/tiny.ts"
import type { Case } from "../case.ts"

/** Who is asked: a tiny model, its live parameters and their numbers. */
export interface Subject<M = Model> {
  readonly tiny: Tiny
  readonly model: M
  readonly p: any // as deep as the model's own tree
  readonly parameters: Parameters
}

/** What a part adds to the program of its model. */
export interface Part extends Pick<Case, "feeds" | "drawn" | "holds"> {
  readonly outputs: Readonly<Record<string, Tensor>>
}

/** An input with what is fed to it, named apart from the model's parameters. */
export const fed = (name: string, array: NdArray): { readonly x: Tensor; readonly feeds: Record<string, NdArray> } => ({
  x: input(`law/${name}`, array.shape),
  feeds: { [`law/${name}`]: array },
})

/** Where rows of these classes are evaluated; noise and labels bear the part's name. */
export function surroundings(
  model: Model,
  part: string,
  labels: readonly number[],
): { readonly env: Env; readonly feeds: Record<string, NdArray> } {
  const { label } = oneHotFeeds(model, labels)
  const root = `noise of ${part}`
  if (!label) return { env: tracing(false, root), feeds: {} }
  const { x, feeds } = fed(`${part}/label`, label)
  return { env: tracing(false, root, x), feeds }
}

/** The first sentence there is. */
export const firstOf = (sentences: readonly (string | false | undefined)[]): string | undefined =>
  sentences.find((sentence) => typeof sentence === "string") as string | undefined

/** That two numbers that must agree do not, relative where they are large; NaN never agrees. */
export const unlike = (what: string, found: number, expected: number, tolerance: number): string | undefined =>
  Math.abs(found - expected) <= tolerance * (1 + Math.abs(expected))
    ? undefined
    : `${what} is ${found}, not ${expected}`

/** That two rows of numbers which must agree do not. */
export const unlikeRows = (
  what: string,
  found: readonly number[],
  expected: readonly number[],
  tolerance: number,
): string | undefined =>
  found.length === expected.length
    ? firstOf(found.map((value, i) => unlike(`${what} [${i}]`, value, expected[i]!, tolerance)))
    : `${what} has ${found.length} numbers, not ${expected.length}`

export const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
export const sumExp = (logs: readonly number[]): number => sumOf(logs.map(Math.exp))
