import { type Shape, sizeOf } from "../../core/shape.ts"
import type { Body, Ports } from "../body.ts"

export interface Way {
  readonly steps: number
  /** From the last part of the sequences to the first. */
  readonly reverse: boolean
}

export interface Scan extends Way {
  readonly body: Body
  /** Which result alone; absent where all of them come, flat, one after the other. */
  readonly item?: number
}

/** Shapes of the results: one row a step for what is kept, then the sums. */
export const itemShapes = ({ body, steps }: Scan): Shape[] => [
  ...body.each.map(({ shape }) => [steps, ...shape]),
  ...body.terms.map(({ shape }) => shape),
]

/** Where a result lies among all of them, flat. */
export function rangeOf(scan: Scan, item: number): { start: number; end: number; total: number } {
  const sizes = itemShapes(scan).map(sizeOf)
  const upTo = (count: number) => sizes.slice(0, count).reduce((sum, size) => sum + size, 0)
  return { start: upTo(item), end: upTo(item + 1), total: upTo(sizes.length) }
}

/** Positions in the order in which they are visited. */
export const positions = ({ steps, reverse }: Way): number[] =>
  Array.from({ length: steps }, (_, i) => (reverse ? steps - 1 - i : i))

export const grouped = <T>(operands: readonly T[], { states, parts }: Ports) => ({
  starts: operands.slice(0, states.length),
  sequences: operands.slice(states.length, states.length + parts.length),
  shared: operands.slice(states.length + parts.length),
})
