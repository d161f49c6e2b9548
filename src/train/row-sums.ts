/**
 * Gradients that are sums over the rows of a small matrix, as every bias has one. As nodes they cost more than their arithmetic, so
 * a program hands out the rows and a kernel adds them up where the optimiser reads the sums (ADR 0012).
 */
import { sizeOf } from "../core/shape.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { mulOp, reshapeOp, sumOp } from "../graph/ops/index.ts"
import { scalarOf } from "../graph/rule.ts"
import type { Tensor } from "../graph/tensor.ts"
import { type FlatMemory, type Layout, layoutOf, loadKernel } from "../runtime/flat.ts"
import { gradientOf } from "./program.ts"

export interface RowSum {
  /** [rows, columns]; the sum is one of columns. */
  readonly rows: Tensor
  readonly weight: number
}

const most = 8192 // numbers: twice as fast as a product with ones for 2,048, level with it here

/** What an output sums, where it sums the rows of a small matrix and does nothing else. */
function rowSumOf(output: Tensor): RowSum | undefined {
  const by = output.op === mulOp ? scalarOf(output.inputs[1]) : undefined
  const sum = by === undefined ? output : output.inputs[0]!
  if (sum.op !== sumOp || sum.attrs.keep || sum.attrs.axes.join() !== "0") return undefined
  const rows = sum.inputs[0]!
  const isMade = rows.inputs.length > 0 && rows.op !== reshapeOp
  return isMade && rows.shape.length === 2 && sizeOf(rows.shape) <= most ? { rows, weight: by ?? 1 } : undefined
}

/** The gradients that are such sums, by output. */
export const rowSumsOf = ({ outputs }: Graph): Map<string, RowSum> =>
  new Map(
    [...outputs].flatMap(([name, tensor]) => {
      const found = name.startsWith(gradientOf("")) ? rowSumOf(tensor) : undefined
      return found ? [[name, found] as const] : []
    }),
  )

/** The same program with the rows for outputs in place of these sums, under the same names. */
export function withRows(graph: Graph, sums: ReadonlyMap<string, RowSum>): Graph {
  if (sums.size === 0) return graph
  const rows = [...sums.keys()].map((name) => [name, rowSumOf(graph.outputs.get(name)!)!.rows] as const)
  return graphOf(Object.fromEntries([...graph.outputs, ...rows]))
}

/** Where the rows lie. */
export const layoutOfRows = (sums: ReadonlyMap<string, RowSum>): Layout =>
  layoutOf([...sums].map(([name, { rows }]) => [name, rows.shape] as const))

/** Adds up the rows beside flat memory into the arrays of those names. */
export async function openRowSums(
  sums: ReadonlyMap<string, RowSum>,
  flat: FlatMemory,
  targets: ReadonlyMap<string, { readonly data: Float32Array }>,
): Promise<() => void> {
  if (sums.size === 0) return () => {}
  const kernel = await loadKernel("sums", flat.memory)
  const arrays = flat.beside()
  const calls = [...sums].map(([name, { rows, weight }]) => {
    const [height, width] = rows.shape as readonly [number, number]
    return { from: arrays.get(name)!.data.byteOffset, to: targets.get(name)!.data.byteOffset, height, width, weight }
  })
  return () => {
    for (const { from, to, height, width, weight } of calls) kernel(from, to, height, width, weight)
  }
}
