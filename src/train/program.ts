/** A training step as traced programs, before any runtime: the gradient of one player, and whole steps with the optimiser inside. */
import { EidosError } from "../core/errors.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { mapTree } from "../core/tree.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { concat, input, pad, reshape, slice } from "../graph/ops/index.ts"
import { isLeaf, type Leaf, leaves, live } from "../graph/parameter.ts"
import { gradients } from "../graph/pullback.ts"
import { simplify } from "../graph/simplify.ts"
import type { Tensor } from "../graph/tensor.ts"
import { tracing } from "../graph/trace.ts"
import type { Model, Player } from "../model/capabilities.ts"
import type { Optimizer } from "../optim/optimizer.ts"
import type { Layout } from "../runtime/flat.ts"

/** Port of the batch [batch, ...event]. */
export const batchPort = "x"
/** Output name of a gradient. */
export const gradientOf = (path: string): string => `gradient/${path}`

/** Weights that a player moves, in the order of the parameter tree. */
export function movedBy(player: Player<any>, params: unknown): { path: string; value: Leaf }[] {
  const isMoved = (path: string) =>
    player.moves === undefined || player.moves.some((prefix) => path === prefix || path.startsWith(`${prefix}.`))
  const moved = leaves(params).filter(({ path, value }) => value.kind === "weight" && isMoved(path))
  if (moved.length === 0)
    throw new EidosError("trace", `train: a player moves [${player.moves}], which names no weight.`)
  return moved
}

function objective(player: Player<any>, p: unknown, x: Tensor) {
  const { loss, metrics = {} } = player.play(p, x, tracing(true))
  return { loss, metrics: { loss, ...metrics } }
}

/** Loss and metrics (unless left out), and the gradient of each weight the player moves. */
export function gradientGraph(
  model: Model,
  player: Player<any>,
  batchSize: number,
  { withMetrics = true }: { readonly withMetrics?: boolean } = {},
): Graph {
  const p = live(model.params)
  const byPath = new Map(leavesOfLive(model.params, p))
  const { loss, metrics } = objective(player, p, input(batchPort, [batchSize, ...model.event]))
  const moved = movedBy(player, model.params)
  const grads = gradients(
    loss,
    moved.map(({ path }) => byPath.get(path)!),
  )
  const outputs = moved.map(({ path }, i) => [gradientOf(path), grads[i]!] as const)
  return simplify(graphOf({ ...(withMetrics && metrics), ...Object.fromEntries(outputs) }))
}

const leavesOfLive = (params: unknown, p: unknown): [string, Tensor][] => {
  const found: [string, Tensor][] = []
  const at = (node: any, path: string) => path.split(".").reduce((inner, name) => inner[name], node)
  for (const { path } of leaves(params)) found.push([path, at(p, path)])
  return found
}

/** Names of the flat vectors of a loop: the parameters, then the optimiser's slots. */
export const stateNames = (optimizer: Optimizer): string[] => [
  "state/p",
  ...optimizer.slots.map((slot) => `state/${slot}`),
]
export const scalarPort = (i: number): string => `scalar/${i}`

/** The part of a flat vector that holds one array. */
const viewOf = (flat: Tensor, offset: number, shape: Shape): Tensor =>
  reshape(slice(flat, 0, offset, offset + sizeOf(shape)), shape)

/** Gradients laid out as the flat vector is, gaps filled with zeros. */
function flattened(grads: ReadonlyMap<string, Tensor>, layout: Layout): Tensor {
  const entries = [...layout.offsets]
  const parts = entries.map(([path, { offset, shape }], i) => {
    const end = entries[i + 1]?.[1].offset ?? layout.length
    const vector = reshape(grads.get(path)!, [sizeOf(shape)])
    return pad(vector, 0, 0, end - offset - sizeOf(shape))
  })
  return concat(parts, 0)
}

/**
 * A whole step over flat vectors, with the optimiser inside: the body of a loop for models so small that each node counts.
 * All weights must be moved by the one player, and there must be no buffers.
 */
export function stepGraph(
  model: Model,
  player: Player<any>,
  optimizer: Optimizer,
  layout: Layout,
  batchSize: number,
): Graph {
  const [flat, ...slots] = stateNames(optimizer).map((name) => input(name, [layout.length]))
  const views = new Map([...layout.offsets].map(([path, { offset, shape }]) => [path, viewOf(flat!, offset, shape)]))
  const p = mapTree(model.params, isLeaf, (_, path) => views.get(path)!)
  const { loss, metrics } = objective(player, p, input(batchPort, [batchSize, ...model.event]))
  const paths = [...views.keys()]
  const grads = new Map(gradients(loss, [...views.values()]).map((g, i) => [paths[i]!, g]))
  const scalars = optimizer.scalars(1e-3, 1).map((_, i) => input(scalarPort(i), []))
  const next = optimizer.update(flat!, flattened(grads, layout), slots, scalars)
  const state = [next.p, ...next.slots].map((tensor, i) => [`next/${stateNames(optimizer)[i]}`, tensor] as const)
  return simplify(graphOf({ ...metrics, ...Object.fromEntries(state) }))
}
