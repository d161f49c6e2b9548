/** A pullback written by hand is the one that follows from the ops, once and twice differentiated. */
import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../../core/array.ts"
import { fillUniform } from "../../core/random.ts"
import { compile } from "../../runtime/ort-node.ts"
import { interpret } from "../../runtime/reference.ts"
import { graphOf } from "../graph.ts"
import { gradients } from "../pullback.ts"
import { simplify } from "../simplify.ts"
import type { Tensor } from "../tensor.ts"
import { add, mul, sub } from "./arithmetic.ts"
import { sum } from "./broadcast.ts"
import { withPullback } from "./custom-gradient.ts"
import { matmul } from "./matmul.ts"
import { input } from "./source.ts"
import { exp, sigmoid, square, tanh } from "./unary.ts"

const [x, w] = [input("x", [2, 3]), input("w", [3, 3])]
const fed = (name: string, rows: number): NdArray =>
  ndarray([rows, 3], fillUniform({ seed: 4, name }, new Float32Array(3 * rows)))
const feeds: Record<string, NdArray> = { x: fed("x", 2), w: fed("w", 3) }
const at = (y: Tensor, fedWith: Parameters<typeof interpret>[1] = feeds) =>
  Array.from(interpret(graphOf({ y }), fedWith)["y"]!.data)
const expectClose = (found: readonly number[], wanted: readonly number[], digits: number) => {
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, digits)
}

/** s⊙t with s = σ(x·w) and t = tanh(s⊙x): its pullback reads s, t and the value. */
function gated(custom: boolean): Tensor {
  const s = sigmoid(matmul(x, w))
  const t = tanh(mul(s, x))
  const y = mul(s, t)
  if (!custom) return y
  return withPullback(y, [x, w], (g) => {
    const dInner = mul(mul(g, s), sub(1, square(t)))
    const ds = add(mul(g, t), mul(dInner, x))
    const dz = sub(mul(ds, s), mul(mul(ds, s), s))
    return [add(mul(dInner, s), matmul(dz, w, { transB: true })), matmul(x, dz, { transA: true })]
  })
}
// Ops before and after, so that cotangents are no constants; the value is used twice, so that they add up.
const objective = (custom: boolean): Tensor => {
  const y = gated(custom)
  return sum(mul(exp(y), add(y, square(x))))
}
const twice = (custom: boolean): Tensor =>
  gradients(objective(custom), [x, w])
    .map((g) => sum(mul(square(g), g)))
    .reduce(add)

describe("a pullback written by hand", () => {
  it("leaves the value", () => expect(at(gated(true))).toEqual(at(gated(false))))
  it("is nothing in ONNX and after simplifying", async () => {
    const program = await compile(graphOf({ y: gated(true) }), { threads: 1 })
    const found = await program.run(feeds)
    await program.dispose()
    expectClose(Array.from(found["y"]!.data), at(gated(false)), 6)
    expect(simplify(graphOf({ y: gated(true) })).nodes.map(({ op }) => op.name)).toEqual(
      simplify(graphOf({ y: gated(false) })).nodes.map(({ op }) => op.name),
    )
  })
  it("gives the gradient of the plain form, not that and its own", () => {
    const [custom, plain] = [true, false].map((which) => gradients(objective(which), [x, w]).map((g) => at(g)))
    for (const [i, wanted] of plain!.entries()) expectClose(custom![i]!, wanted, 12)
  })
  it("gives the second derivatives of the plain form, which central differences give", () => {
    const [custom, plain] = [true, false].map((which) => gradients(twice(which), [x, w]).map((g) => at(g)))
    for (const [i, wanted] of plain!.entries()) expectClose(custom![i]!, wanted, 10)
    for (const [i, name] of ["x", "w"].entries())
      for (const [j, middle] of feeds[name]!.data.entries()) {
        const nudged = (by: number) => {
          const data = Float64Array.from(feeds[name]!.data)
          data[j] = middle + by
          return at(twice(true), { ...feeds, [name]: { shape: feeds[name]!.shape, data } })[0]!
        }
        expect(custom![i]![j]).toBeCloseTo((nudged(1e-5) - nudged(-1e-5)) / 2e-5, 6)
      }
  })
  it("gives simplified programs the same numbers", () => {
    const graph = graphOf(Object.fromEntries(gradients(twice(true), [x, w]).map((g, i) => [`g${i}`, g])))
    const [before, after] = [interpret(graph, feeds), interpret(simplify(graph), feeds)]
    for (const name of ["g0", "g1"]) expectClose(Array.from(after[name]!.data), Array.from(before[name]!.data), 10)
  })
  it("belongs to its own tensor: of two with one value, each keeps its own", () => {
    const y = tanh(x)
    const [double, triple] = [2, 3].map((by) => withPullback(y, [x], (g) => [mul(g, by)]))
    expect(at(gradients(sum(add(double!, mul(triple!, 10))), [x])[0]!)).toEqual(new Array(6).fill(32))
  })
  it("gives a source that it names no cotangent for none", () => {
    const y = withPullback(mul(x, x), [x], () => [null])
    expect(at(gradients(sum(y), [x])[0]!)).toEqual(new Array(6).fill(0))
  })
})
