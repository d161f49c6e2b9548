/** The part of the ONNX wire format that eidos writes, as a descriptor for protobufjs (field numbers of onnx.proto, IR version 10). */
import protobuf from "protobufjs/light.js"

type Field = readonly [id: number, type: string, rule?: "repeated"]
const message = (fields: Readonly<Record<string, Field>>) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [id, type, rule]]) => [name, rule ? { id, type, rule } : { id, type }]),
  ),
})

const root = protobuf.Root.fromJSON({
  nested: {
    Attribute: message({
      name: [1, "string"],
      f: [2, "float"],
      i: [3, "int64"],
      s: [4, "bytes"],
      g: [6, "Graph"],
      ints: [8, "int64", "repeated"],
      type: [20, "int32"],
    }),
    Node: message({
      input: [1, "string", "repeated"],
      output: [2, "string", "repeated"],
      name: [3, "string"],
      opType: [4, "string"],
      attribute: [5, "Attribute", "repeated"],
      domain: [7, "string"],
    }),
    Dimension: message({ dimValue: [1, "int64"], dimParam: [2, "string"] }),
    TensorShape: message({ dim: [1, "Dimension", "repeated"] }),
    TensorType: message({ elemType: [1, "int32"], shape: [2, "TensorShape"] }),
    Type: message({ tensorType: [1, "TensorType"] }),
    ValueInfo: message({ name: [1, "string"], type: [2, "Type"] }),
    Tensor: message({
      dims: [1, "int64", "repeated"],
      dataType: [2, "int32"],
      name: [8, "string"],
      rawData: [9, "bytes"],
    }),
    Graph: message({
      node: [1, "Node", "repeated"],
      name: [2, "string"],
      initializer: [5, "Tensor", "repeated"],
      input: [11, "ValueInfo", "repeated"],
      output: [12, "ValueInfo", "repeated"],
    }),
    OperatorSet: message({ domain: [1, "string"], version: [2, "int64"] }),
    Property: message({ key: [1, "string"], value: [2, "string"] }),
    Model: message({
      irVersion: [1, "int64"],
      producerName: [2, "string"],
      producerVersion: [3, "string"],
      graph: [7, "Graph"],
      opsetImport: [8, "OperatorSet", "repeated"],
      metadataProps: [14, "Property", "repeated"],
    }),
  },
})

const Model = root.lookupType("Model")

/** ONNX element types. */
export const elementType = { float: 1, int64: 7, bool: 9 } as const
export type ElementType = (typeof elementType)[keyof typeof elementType]

export interface ProtoAttribute {
  readonly name: string
  readonly type: number
  readonly f?: number
  readonly i?: number
  readonly s?: Uint8Array
  readonly ints?: readonly number[]
  readonly g?: ProtoGraph
}
export interface ProtoNode {
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly name: string
  readonly opType: string
  readonly attribute: readonly ProtoAttribute[]
  readonly domain: string
}
export interface ProtoTensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly dataType: ElementType
  readonly rawData: Uint8Array
}
export interface ProtoValueInfo {
  readonly name: string
  readonly type: {
    readonly tensorType: { readonly elemType: ElementType; readonly shape: { readonly dim: readonly object[] } }
  }
}
export interface ProtoGraph {
  readonly name: string
  readonly node: readonly ProtoNode[]
  readonly initializer: readonly ProtoTensor[]
  readonly input: readonly ProtoValueInfo[]
  readonly output: readonly ProtoValueInfo[]
}

/** Opset 21 has every operator eidos emits; IR version 10 is its companion. */
export const opset = 21
const irVersion = 10

/** Domains beside the standard one, of the graph and of the bodies in it. */
const domainsOf = ({ node }: ProtoGraph): string[] => [
  ...new Set(
    node.flatMap(({ domain, attribute }) => [
      ...(domain === "" ? [] : [domain]),
      ...attribute.flatMap(({ g }) => (g ? domainsOf(g) : [])),
    ]),
  ),
]

/** An ONNX model file (.onnx) around this graph, with metadata as string properties. */
export function encodeModel(
  graph: ProtoGraph,
  metadata: Readonly<Record<string, string>> = {},
  version = opset,
): Uint8Array {
  const model = {
    irVersion,
    producerName: "eidos",
    graph,
    opsetImport: [{ domain: "", version }, ...domainsOf(graph).map((domain) => ({ domain, version: 1 }))],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  }
  return Model.encode(model).finish() // plain objects of the right types: `fromObject` would copy them all
}
