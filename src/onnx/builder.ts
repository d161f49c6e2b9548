import type { NdArray } from "../core/array.ts"
import type { Shape } from "../core/shape.ts"
import { topological } from "../graph/graph.ts"
import type { Attributes, Emitter, InnerGraph, Target, Tensor } from "../graph/tensor.ts"
import { emitNodes } from "./emission.ts"
import {
  type ElementType,
  elementType,
  type ProtoAttribute,
  type ProtoGraph,
  type ProtoNode,
  type ProtoTensor,
  type ProtoValueInfo,
} from "./proto.ts"
import { isSymbolic, symbolicBatch } from "./symbolic.ts"

const dimension = (length: number): object =>
  isSymbolic(length)
    ? { dimParam: length === symbolicBatch ? "batch" : `batch*${length / symbolicBatch}` }
    : { dimValue: length }

/** Declares a graph input or output. */
export const valueInfo = (name: string, shape: Shape, elemType: ElementType = elementType.float): ProtoValueInfo => ({
  name,
  type: { tensorType: { elemType, shape: { dim: shape.map(dimension) } } },
})

function protoAttribute(name: string, value: Attributes[string] | ProtoGraph): ProtoAttribute {
  if (typeof value === "number") return { name, type: 2, i: value }
  if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) }
  if (Array.isArray(value)) return { name, type: 7, ints: value }
  return "float" in value ? { name, type: 1, f: value.float } : { name, type: 5, g: value as ProtoGraph }
}

const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** An ONNX graph under construction. Constants are shared; names never collide, also not with those of an inner graph. */
export interface Builder extends Emitter {
  /** Adds a node with named outputs (an outer name such as a port), or with several. */
  nodeTo(
    outputs: readonly string[],
    type: string,
    inputs: readonly string[],
    attributes?: Attributes | Readonly<Record<string, Attributes[string] | ProtoGraph>>,
    domain?: string,
  ): void
  fresh(): string
  /** Those of these values that nodes have made so far. */
  produced(values: Iterable<string>): Set<string>
  /** A scalar int64 or bool constant, as Loop wants for its trip count and condition. */
  flag(value: boolean): string
  graph(name: string, inputs: readonly ProtoValueInfo[], outputs: readonly ProtoValueInfo[]): ProtoGraph
}

/** What programs are emitted for unless told: any runtime that knows the standard operators. */
export const anyRuntime: Target = { provider: "any" }

const comparedArrays = 1024 // numbers: larger arrays are not compared, and each is stored

/** A new builder whose value names start with `prefix`, choosing operators for `target`. */
export function builder(prefix = "v", target: Target = anyRuntime): Builder {
  const nodes: ProtoNode[] = []
  const constants = new Map<string, ProtoTensor>()
  let count = 0
  const fresh = () => `${prefix}${count++}`
  const shared = (key: string, dims: readonly number[], dataType: ElementType, data: () => ArrayBufferView): string => {
    const known = constants.get(key)
    if (known) return known.name
    const name = `${prefix}c${constants.size}`
    constants.set(key, { name, dims, dataType, rawData: bytesOf(data()) })
    return name
  }
  const nodeTo: Builder["nodeTo"] = (output, opType, input, attributes = {}, domain = "") => {
    const attribute = Object.entries(attributes).map(([name, value]) => protoAttribute(name, value))
    nodes.push({ input, output, name: `${opType}:${output[0]}`, opType, attribute, domain })
  }
  const ints = (values: readonly number[]) =>
    shared(`i${values}`, [values.length], elementType.int64, () => BigInt64Array.from(values.map(BigInt)))
  const made = new Map<object, Map<string, readonly string[]>>()
  const once: Emitter["once"] = (key, operands, make) => {
    const ofKey = made.get(key) ?? new Map<string, readonly string[]>()
    made.set(key, ofKey)
    const found = ofKey.get(operands.join()) ?? make()
    ofKey.set(operands.join(), found)
    return found
  }
  const built: Builder = {
    target,
    fresh,
    once,
    inline: (outputs, ports) => {
      const names = new Map(ports)
      emitNodes(topological(outputs), built, names)
      return outputs.map((output) => names.get(output)!)
    },
    nested: (n, type, inputs, attributes, body) => {
      const names = Array.from({ length: n }, fresh)
      nodeTo(names, type, inputs, { ...attributes, body: innerGraph(builder(`${fresh()}.`, target), body) })
      return names
    },
    produced: (values) => {
      const asked = new Set(values)
      const found = new Set<string>()
      for (const { output } of nodes) for (const value of output) if (asked.has(value)) found.add(value)
      return found
    },
    nodeTo,
    node: (type, inputs, attributes, domain) => {
      const output = fresh()
      nodeTo([output], type, inputs, attributes, domain)
      return output
    },
    outputs: (n, type, inputs, attributes) => {
      const names = Array.from({ length: n }, fresh)
      nodeTo(names, type, inputs, attributes)
      return names
    },
    scalar: (value) =>
      shared(`f${Object.is(value, -0) ? "-0" : value}`, [], elementType.float, () => Float32Array.of(value)),
    flag: (value) => shared(`b${value}`, [], elementType.bool, () => Uint8Array.of(value ? 1 : 0)),
    ints,
    array: ({ shape, data }: NdArray) => {
      const bits = () => new Int32Array(data.buffer, data.byteOffset, data.length)
      const key = data.length <= comparedArrays ? `${shape}:${bits()}` : `${constants.size}`
      return shared(`a${key}`, shape, elementType.float, () => data)
    },
    shape: (shape) => ints(shape.map((length) => (isSymbolic(length) ? -1 : length))),
    graph: (name, input, output) => ({ name, node: nodes, initializer: [...constants.values()], input, output }),
  }
  return built
}

/** The graph of a body; a result that is a port, a constant or another result too gets a name of its own. */
function innerGraph(emit: Builder, { ports, outputs, around }: InnerGraph): ProtoGraph {
  const own = ports.map((port): [Tensor, string] => [port, emit.fresh()])
  const values = emit.inline(outputs, new Map([...own, ...around]))
  const free = emit.produced(values)
  const results = values.map((value) => (free.delete(value) ? value : emit.node("Identity", [value])))
  return emit.graph(
    "body",
    own.map(([port, name]) => valueInfo(name, port.shape)),
    results.map((name, i) => valueInfo(name, outputs[i]!.shape)),
  )
}
