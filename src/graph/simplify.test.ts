/** Each rewrite on the smallest program that calls for it: what is left to do, and that the numbers are the same. */
import { describe, expect, it } from "vitest"
import { fillUniform } from "../core/random.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { type Graph, graphOf } from "./graph.ts"
import * as ops from "./ops/index.ts"
import { pullback } from "./pullback.ts"
import { simplify } from "./simplify.ts"
import type { Tensor } from "./tensor.ts"

const shapes: Readonly<Record<string, Shape>> = {
  x: [2, 3],
  y: [2, 3],
  w: [3, 4],
  u: [3, 2],
  v: [4, 3],
  b: [4],
  t: [3],
  s: [3, 1],
}
const port = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, ops.input(name, shape)]))
const [x, y, w, u, v, b, t, s] = ["x", "y", "w", "u", "v", "b", "t", "s"].map((name) => port[name]!) as [
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
]

const images = ops.input("images", [2, 2, 4, 4])
const kernels = ops.input("kernels", [3, 2, 2, 3])
const causal = ops.geometryOf({ padding: [1, 1, 0, 1] })
const mapped = ops.conv(ops.sub(images, 0.5), kernels, causal)
const drawn = ops.convTranspose(ops.input("drawn", [2, 3, 4, 4]), ops.sub(kernels, 0.5), { ...causal, size: [4, 4] })
const lastTaps = ops.constant({ shape: [1, 1, 2, 3], data: Float32Array.of(0, 1, 1, 1, 1, 1) })
const maskedKernelGradient = (mask: Tensor): Tensor =>
  pullback(ops.conv(images, ops.mul(kernels, mask), causal), [kernels], ops.input("g", [2, 3, 4, 4]))[0]!

const six = ops.constant({ shape: [6], data: Float32Array.of(1, 2, 3, 4, 5, 6) })

/** Names of the ops that are left, in order. */
const left = (graph: Graph): string =>
  graph.nodes
    .filter(({ inputs }) => inputs.length > 0)
    .map(({ op }) => op.name)
    .join(" ")

/** Values by walking the graph with the ops' own definitions. */
function valuesOf(graph: Graph): number[][] {
  const values = new Map<Tensor, Float64Array>()
  for (const node of graph.nodes) {
    const fed = () =>
      Float64Array.from(fillUniform({ seed: 1, name: node.attrs.name }, new Float32Array(sizeOf(node.shape))))
    const operands = node.inputs.map((operand) => values.get(operand)!)
    const operandShapes = node.inputs.map((operand) => operand.shape)
    values.set(node, node.op === ops.inputOp ? fed() : node.op.reference(operands, operandShapes, node.attrs))
  }
  return [...graph.outputs.values()].map((tensor) => Array.from(values.get(tensor)!))
}

const doubled = ops.mul(x, 2)
const padded = ops.pad(ops.tanh(x), 0, 0, 2)
const programs: readonly (readonly [claim: string, outputs: readonly Tensor[], left: string])[] = [
  ["x + 0, x − 0, x · 1 and x / 1 are x", [ops.div(ops.mul(ops.sub(ops.add(x, 0), 0), 1), 1)], ""],
  ["0 · x stays, for x may be infinite", [ops.mul(x, 0)], "mul"],
  ["x / c is x · 1/c", [ops.div(x, 4)], "mul"],
  ["factors gather: (x · 2) · 3 is x · 6", [ops.mul(ops.mul(x, 2), 3)], "mul"],
  ["factors move outward: (x · 2) · y is (x · y) · 2", [ops.mul(doubled, y)], "mul mul"],
  ["but not where the factor's product is wanted too", [doubled, ops.mul(doubled, y)], "mul mul"],
  ["x + y · (−1) is x − y", [ops.add(x, ops.neg(y))], "sub"],
  ["y · (−1) + x is x − y", [ops.add(ops.neg(y), x)], "sub"],
  ["x − y · (−1) is x + y", [ops.sub(x, ops.neg(y))], "add"],
  ["elementwise ops repeat their operands themselves", [ops.add(x, ops.broadcastTo(t, [2, 3]))], "add"],
  ["a repeated operand stays where it makes the shape", [ops.add(ops.broadcastTo(t, [2, 3]), t)], "broadcast add"],
  [
    "arithmetic on uniform tensors is arithmetic on numbers",
    [ops.add(x, ops.mul(ops.broadcastTo(ops.constant(2), [2, 3]), 3))],
    "add",
  ],
  ["a reshape of a reshape is one", [ops.reshape(ops.reshape(x, [6]), [3, 2])], "reshape"],
  ["a reshape there and back is nothing", [ops.reshape(ops.reshape(x, [6]), [2, 3])], ""],
  [
    "a reshape moves behind what acts on each element, and meets another",
    [ops.reshape(ops.mul(ops.tanh(ops.reshape(x, [6])), 2), [2, 3])],
    "tanh mul",
  ],
  ["behind arithmetic with a constant array too", [ops.reshape(ops.add(ops.reshape(x, [6]), six), [2, 3])], "add"],
  [
    "but not where the reshaped tensor is wanted too",
    [ops.reshape(x, [6]), ops.tanh(ops.reshape(x, [6]))],
    "reshape tanh",
  ],
  ["a sum of all elements does not see how they lie", [ops.sum(ops.reshape(x, [3, 2]))], "sum"],
  ["a factor behind a constant array is in the array", [ops.mul(ops.mul(ops.reshape(x, [6]), six), 3)], "mul reshape"],
  [
    "slices of padded parts that were added are the parts",
    [ops.slice(ops.add(ops.pad(x, 0, 0, 4), ops.pad(y, 0, 4, 0)), 0, 4, 6)],
    "",
  ],
  ["sums of sums are one sum", [ops.sum(ops.sum(x, 1), 0)], "sum"],
  [
    "sums of sums keep their axes apart",
    [ops.sum(ops.sum(ops.reshape(ops.concat([x, y], 0), [2, 2, 3]), 0), 1)],
    "concat reshape sum",
  ],
  ["but a sum that is wanted too stays", [ops.sum(x, 1), ops.sum(ops.sum(x, 1), 0)], "sum sum"],
  ["the gradient of two slices is one concatenation", [ops.add(ops.pad(x, 1, 0, 3), ops.pad(y, 1, 3, 0))], "concat"],
  ["whichever slice comes first", [ops.add(ops.pad(x, 1, 3, 0), ops.pad(y, 1, 0, 3))], "concat"],
  ["pieces that leave a gap stay apart", [ops.add(ops.pad(x, 1, 0, 4), ops.pad(y, 1, 4, 0))], "pad pad add"],
  ["a padded piece that is wanted too stays", [padded, ops.add(padded, ops.pad(y, 0, 2, 0))], "tanh pad pad add"],
  ["a slice of one part is the part", [ops.slice(ops.concat([x, y]), 0, 2, 4)], ""],
  ["a slice of some parts is their concatenation", [ops.slice(ops.concat([x, y, x]), 0, 2, 6)], "concat"],
  ["a slice within a part is a slice of it", [ops.slice(ops.concat([x, y]), 0, 3, 4)], "slice"],
  ["a slice across a seam stays", [ops.slice(ops.concat([x, y]), 0, 1, 4)], "concat slice"],
  ["a slice along another axis stays", [ops.slice(ops.concat([x, y]), 1, 0, 2)], "concat slice"],
  ["a slice of what was padded is a slice of it", [ops.slice(ops.pad(x, 1, 2, 1), 1, 3, 5)], "slice"],
  ["a slice of the zeros is zeros", [ops.add(y, ops.slice(ops.pad(x, 1, 3, 4), 1, 7, 10))], ""],
  ["on either side", [ops.add(y, ops.slice(ops.pad(x, 1, 3, 4), 1, 0, 3))], ""],
  ["a slice of both stays", [ops.slice(ops.pad(x, 1, 2, 1), 1, 1, 4)], "pad slice"],
  ["a slice of a tensor padded along another axis stays", [ops.slice(ops.pad(x, 0, 1, 0), 1, 0, 2)], "pad slice"],
  ["a transposed left factor is a flag", [ops.matmul(ops.transpose(u), w)], "matmul"],
  [
    "a transposed left factor of two products is turned once",
    [ops.transpose(u)].flatMap((turned) => [ops.matmul(turned, w), ops.matmul(turned, ops.tanh(w))]),
    "transpose matmul tanh matmul",
  ],
  ["a transposed right factor is a flag", [ops.matmul(x, ops.transpose(v))], "matmul"],
  ["two transposes are two flags", [ops.matmul(ops.transpose(u), ops.transpose(v))], "matmul"],
  ["a transpose under a flag is none", [ops.matmul(ops.transpose(x), w, { transA: true })], "matmul"],
  ["a transpose under a flag is none, on the right too", [ops.matmul(x, ops.transpose(w), { transB: true })], "matmul"],
  ["a factor of a product is its α", [ops.mul(ops.matmul(x, w, { alpha: 0.5 }), 3)], "matmul"],
  ["factors inside a product are its α", [ops.matmul(ops.mul(x, 2), ops.mul(w, 0.25), { alpha: 3 })], "matmul"],
  ["Σ x · c is (Σ x) · c", [ops.sum(ops.mul(x, 3), 0)], "sum mul"],
  ["a product and a row are one product with a bias", [ops.add(ops.matmul(x, w), b)], "matmul"],
  ["from either side", [ops.add(b, ops.matmul(x, w))], "matmul"],
  ["a row that widens the product is no bias", [ops.add(ops.matmul(x, s), t)], "matmul add"],
  ["a product that is wanted too keeps its own", [ops.matmul(x, w), ops.add(ops.matmul(x, w), b)], "matmul add"],
  ["relu of a convolution is its own", [ops.relu(mapped)], "sub conv"],
  ["so is that of a transposed one", [ops.relu(drawn)], "sub convTranspose"],
  ["a convolution that is wanted too keeps its own", [mapped, ops.relu(mapped)], "sub conv relu"],
  [
    "a kernel's gradient times ones for its first taps is theirs",
    [maskedKernelGradient(ops.firstTaps([2, 3], 4))],
    "kernelGradient",
  ],
  ["other taps are taken from the whole", [maskedKernelGradient(lastTaps)], "kernelGradient mul"],
  ["equal computations are done once", [ops.add(ops.tanh(x), ops.tanh(x))], "tanh add"],
  ["constants are folded", [ops.mul(x, ops.add(ops.constant(1), ops.square(ops.constant(2))))], "mul"],
  ["a stopped gradient is the value itself", [ops.tanh(ops.stopGradient(x))], "tanh"],
  ["a tensor with its own pullback is the value itself", [ops.withPullback(ops.tanh(x), [x], (g) => [g])], "tanh"],
]

describe("simplify", () => {
  it.each(programs)("%s", (_, outputs, expected) => {
    const graph = graphOf(Object.fromEntries(outputs.map((tensor, i) => [`y${i}`, tensor])))
    const simple = simplify(graph)
    expect(left(simple)).toBe(expected)
    const [before, after] = [valuesOf(graph), valuesOf(simple)]
    for (const [i, values] of before.entries())
      for (const [j, value] of values.entries()) expect(after[i]![j]).toBeCloseTo(value, 12)
  })
  it.each([
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [Number.POSITIVE_INFINITY, Number.NaN],
    [0, -0],
  ])("does not take %d for %d", (one, other) => {
    const outputs = { a: ops.maximum(x, one), b: ops.maximum(x, other) }
    const { outputs: left } = simplify(graphOf(outputs))
    expect(left.get("a")).not.toBe(left.get("b"))
    const bounded = simplify(graphOf({ a: ops.clamp(x, one, 2), b: ops.clamp(x, other, 2) })).outputs
    expect(bounded.get("a")).not.toBe(bounded.get("b"))
  })
  it("takes no product of a thousand for another", () => {
    const ports = Array.from({ length: 46 }, (_, i) => ops.input(`p${i}`, [2, 3]))
    const pairs = ports.flatMap((one, i) => ports.slice(i).map((other, j) => [`${i}·${i + j}`, one, other] as const))
    const { outputs } = simplify(graphOf(Object.fromEntries(pairs.map(([name, a, b]) => [name, ops.mul(a, b)]))))
    expect(outputs.size).toBe(1081)
    for (const [name, a, b] of pairs) expect(outputs.get(name)!.inputs).toEqual([a, b])
    expect(new Set(outputs.values()).size).toBe(1081)
  })
  it("keeps the names of outputs, also of two that are one tensor", () => {
    const graph = simplify(graphOf({ first: ops.tanh(x), second: ops.tanh(x) }))
    expect([...graph.outputs.keys()]).toEqual(["first", "second"])
    expect(graph.outputs.get("first")).toBe(graph.outputs.get("second"))
  })
  it("drops inputs that nothing needs any more", () =>
    expect([...simplify(graphOf({ y: ops.sub(ops.add(x, 0), ops.mul(ops.constant(0), 1)) })).inputs.keys()]).toEqual([
      "x",
    ]))
})
