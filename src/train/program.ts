/** A training step as traced programs, before any runtime: the gradient of one player, and whole steps with the optimiser inside. */
import { EidosError } from "../core/errors.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { mapTree } from "../core/tree.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { concat, input, pad, reshape, slice } from "../graph/ops/index.ts"
import { isLeaf, type Leaf, leaves } from "../graph/parameter.ts"
import { gradients } from "../graph/pullback.ts"
import { simplify } from "../graph/simplify.ts"
import type { Tensor } from "../graph/tensor.ts"
import { tracing } from "../graph/trace.ts"
import type { Model, Player } from "../model/capabilities.ts"
import type { Optimizer } from "../optim/optimizer.ts"
import type { Layout } from "../runtime/flat.ts"

/** Port of the batch [batch, ...event]. */
export const batchPort = "x"
/** Port of the one-hot labels [batch, classes] of a conditional model. */
export const labelPort = "label"
/** Output name of a gradient. */
export const gradientOf = (path: string): string => `gradient/${path}`
/** Output name of the next value of a buffer. */
export const assignedOf = (path: string): string => `assign/${path}`

/** Weights that a player moves, in the order of the parameter tree. */
export function movedBy(player: Player<any>, params: unknown): { path: string; value: Leaf }[] {
  const isMoved = (path: string) =>
    player.moves === undefined || player.moves.some((prefix) => path === prefix || path.startsWith(`${prefix}.`))
  const moved = leaves(params).filter(({ path, value }) => value.kind === "weight" && isMoved(path))
  if (moved.length === 0)
    throw new EidosError("trace", `train: a player moves [${player.moves}], which names no weight.`)
  return moved
}

export const noBuffer = (player: string): string =>
  `train: ${player} assigns to something that is no buffer of the model; only leaves of kind "buffer" can be assigned.`

/** Each player's own corner of the noise; a model with one player has the whole. */
const noiseRoot = ({ players }: Model, name: string): string =>
  Object.keys(players).length === 1 ? "noise" : `noise/${name}`

/** Metrics under their own names, or under the player's where there are several. */
const metricPrefix = ({ players }: Model, name: string): string => (Object.keys(players).length === 1 ? "" : `${name}.`)

/** What all players of a step see. */
interface Batch {
  readonly x: Tensor
  readonly label: Tensor | undefined
}
const batchOf = ({ event, classes }: Model, batchSize: number): Batch => ({
  x: input(batchPort, [batchSize, ...event]),
  label: classes === undefined ? undefined : input(labelPort, [batchSize, classes]),
})

/** What a player wants: its loss, its metrics by name, and the next values of buffers by path. */
function objective(model: Model, name: string, tensors: ReadonlyMap<string, Tensor>, { x, label }: Batch) {
  const p = mapTree(model.params, isLeaf, (_, path) => tensors.get(path)!)
  const {
    loss,
    metrics = {},
    assign = [],
  } = model.players[name]!.play(p, x, tracing(true, noiseRoot(model, name), label))
  const prefix = metricPrefix(model, name)
  const named = Object.entries({ loss, ...metrics }).map(([metric, value]) => [`${prefix}${metric}`, value] as const)
  const buffers = leaves(model.params).filter(({ value }) => value.kind === "buffer")
  const assigned = assign.map(([target, next]) => {
    const found = buffers.find(({ path }) => tensors.get(path) === target)
    if (!found) throw new EidosError("trace", noBuffer(name))
    return [found.path, next] as const
  })
  return { loss, metrics: Object.fromEntries(named), assigned }
}

const ports = (params: unknown): Map<string, Tensor> =>
  new Map(leaves(params).map(({ path, value }) => [path, input(path, value.shape)]))

/** Loss and metrics of a player (unless left out, which changes no bit of the rest), the gradient of each weight it moves, and the buffers it assigns. */
export function gradientGraph(
  model: Model,
  name: string,
  batchSize: number,
  { withMetrics = true }: { readonly withMetrics?: boolean } = {},
): Graph {
  const tensors = ports(model.params)
  const moved = movedBy(model.players[name]!, model.params)
  const { loss, metrics, assigned } = objective(model, name, tensors, batchOf(model, batchSize))
  const grads = gradients(
    loss,
    moved.map(({ path }) => tensors.get(path)!),
  )
  return simplify(
    graphOf({
      ...(withMetrics && metrics),
      ...Object.fromEntries(moved.map(({ path }, i) => [gradientOf(path), grads[i]!])),
      ...Object.fromEntries(assigned.map(([path, next]) => [assignedOf(path), next])),
    }),
    Object.keys(metrics),
  )
}

/** Ports of the flat vectors that a player moves: its parameters, then the optimiser's slots. */
export const stateNames = (player: string, optimizer: Optimizer): string[] =>
  ["p", ...optimizer.slots].map((vector) => `state/${player}/${vector}`)
export const scalarPort = (i: number): string => `scalar/${i}`
/** Output name of the next value of a state port. */
export const nextOf = (port: string): string => `next/${port}`

/** The part of a flat vector that holds one array. */
const viewOf = (flat: Tensor, offset: number, shape: Shape): Tensor =>
  reshape(slice(flat, 0, offset, offset + sizeOf(shape)), shape)

const viewsOf = (flat: Tensor, { offsets }: Layout): [string, Tensor][] =>
  [...offsets].map(([path, { offset, shape }]) => [path, viewOf(flat, offset, shape)])

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
 * A whole step of all players in turn, over flat vectors, with the optimiser inside: the body of a loop for models so small
 * that each node counts, and what a device runs. A player sees what those before it have moved. Leaves that no player moves keep their own ports.
 */
export function stepGraph(
  model: Model,
  optimizer: Optimizer,
  layouts: ReadonlyMap<string, Layout>,
  batchSize: number,
  { withMetrics = true }: { readonly withMetrics?: boolean } = {},
): Graph {
  const tensors = ports(model.params)
  const outputs: Record<string, Tensor> = {}
  const aside: string[] = []
  const scalars = optimizer.scalars(1e-3, 1).map((_, i) => input(scalarPort(i), []))
  const batch = batchOf(model, batchSize)
  const states = [...layouts].map(([player, layout]) => {
    const vectors = stateNames(player, optimizer).map((name) => input(name, [layout.length]))
    for (const [path, view] of viewsOf(vectors[0]!, layout)) tensors.set(path, view)
    return { player, layout, vectors }
  })
  for (const { player, layout, vectors } of states) {
    const { loss, metrics, assigned } = objective(model, player, tensors, batch)
    const paths = [...layout.offsets.keys()]
    const pulled = gradients(
      loss,
      paths.map((path) => tensors.get(path)!),
    )
    const grads = new Map(paths.map((path, i) => [path, pulled[i]!]))
    const [flat, ...slots] = vectors
    const next = optimizer.update(flat!, flattened(grads, layout), slots, scalars)
    if (withMetrics) Object.assign(outputs, metrics)
    aside.push(...Object.keys(metrics))
    for (const [i, tensor] of [next.p, ...next.slots].entries())
      outputs[nextOf(stateNames(player, optimizer)[i]!)] = tensor
    for (const [path, view] of viewsOf(next.p, layout)) tensors.set(path, view)
    for (const [path, value] of assigned) tensors.set(path, value)
  }
  for (const path of unmoved(model, layouts)) outputs[assignedOf(path)] = tensors.get(path)!
  return simplify(graphOf(outputs), aside)
}

/** Paths of the leaves that no optimiser moves: buffers, and weights that no player names. */
export const unmoved = ({ params }: Model, layouts: ReadonlyMap<string, Layout>): string[] => {
  const moved = new Set([...layouts.values()].flatMap(({ offsets }) => [...offsets.keys()]))
  return leaves(params).flatMap(({ path }) => (moved.has(path) ? [] : [path]))
}
