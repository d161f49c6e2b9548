import type { NdArray } from "../core/array.ts"
import type { FlatMemory, Layout } from "../runtime/flat.ts"
import { type ExecutorSetup, heldParameters, playerMemory } from "./executor.ts"
import { assignedOf, nextOf, stateNames, unmoved } from "./program.ts"

/** What a graph of whole steps hands from one step to the next, with the memory of this process that holds it. */
export interface CarriedState {
  readonly flats: readonly FlatMemory[]
  readonly layouts: ReadonlyMap<string, Layout>
  /** All parameters by path, views of the same memory. */
  readonly held: ReadonlyMap<string, NdArray>
  /** By port: its array, and the output that is its next value. */
  readonly state: ReadonlyMap<string, { readonly array: NdArray; readonly next: string }>
}

/** The flat vectors of every player and the leaves that no player moves, filled with the given numbers. */
export function carriedState(setup: ExecutorSetup): CarriedState {
  const { model, optimizer } = setup
  const names = Object.keys(model.players)
  const flats = names.map((name) => playerMemory(setup, name))
  const layouts = new Map(names.map((name, i) => [name, flats[i]!.layout]))
  const held = heldParameters(setup, flats)
  const vectors = names.flatMap((name, i) => {
    const { layout, vector } = flats[i]!
    const own = ["p", ...optimizer.slots]
    return stateNames(name, optimizer).map((port, j) => {
      const array = { shape: [layout.length], data: vector(own[j]!) }
      return [port, { array, next: nextOf(port) }] as const
    })
  })
  const others = unmoved(model, layouts).map(
    (path) => [path, { array: held.get(path)!, next: assignedOf(path) }] as const,
  )
  return { flats, layouts, held, state: new Map([...vectors, ...others]) }
}
