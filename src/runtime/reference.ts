import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { formatShape, type Shape, sameShape } from "../core/shape.ts"
import { evaluate } from "../graph/evaluate.ts"
import type { Graph } from "../graph/graph.ts"
import type { Tensor } from "../graph/tensor.ts"

/** Values by port name, in 64 bits; what the reference interpreter takes and gives. */
export type Bindings = Readonly<Record<string, { readonly shape: Shape; readonly data: ArrayLike<number> }>>

export const missingFeed = (name: string, shape: Shape): string =>
  `run: no value came for "${name}" ${formatShape(shape)}.`
export const wrongFeed = (name: string, came: Shape, needed: Shape): string =>
  `run: "${name}" came with shape ${formatShape(came)}, but the program needs ${formatShape(needed)}.`

/** The fed value of a port. Throws EidosError("shape") when it is missing or does not fit. */
export function feedOf<T extends { readonly shape: Shape }>(feeds: Readonly<Record<string, T>>, port: Tensor): T {
  const { name } = port.attrs
  const fed = feeds[name]
  if (!fed) throw new EidosError("shape", missingFeed(name, port.shape))
  if (!sameShape(fed.shape, port.shape)) throw new EidosError("shape", wrongFeed(name, fed.shape, port.shape))
  return fed
}

/** Outputs of a graph by the ops' own definitions: slow, obvious, in 64 bits; the oracle of every provider. */
export function interpret(graph: Graph, feeds: Bindings): Record<string, { shape: Shape; data: Float64Array }> {
  const ports = [...graph.inputs.values(), ...graph.draws.values()]
  const values = new Map(ports.map((port) => [port, Float64Array.from(feedOf(feeds, port).data)]))
  evaluate(graph.nodes, values)
  return Object.fromEntries(
    [...graph.outputs].map(([name, tensor]) => [name, { shape: tensor.shape, data: values.get(tensor)! }]),
  )
}

/** The same in 32 bits, for comparison with what a provider returns. */
export const rounded = (value: { shape: Shape; data: Float64Array }): NdArray => ({
  shape: value.shape,
  data: Float32Array.from(value.data),
})
