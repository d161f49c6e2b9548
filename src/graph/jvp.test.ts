import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { interpret } from "../runtime/reference.ts"
import { graphOf } from "./graph.ts"
import { gradients, input, jvp, logSoftmax, matmul, mul, simplify, sum, tanh } from "./index.ts"
import { estimatedTrace, forwardTrace } from "./jacobian.ts"

const noise = (shape: Shape, name: string): NdArray =>
  ndarray(shape, fillNormal({ seed: 8, name }, new Float32Array(sizeOf(shape))))
const feeds = { x: noise([3, 4], "x"), w: noise([4, 4], "w"), v: noise([3, 4], "v") }
const [x, w, v] = [input("x", [3, 4]), input("w", [4, 4]), input("v", [3, 4])]
const y = mul(tanh(matmul(x, w)), logSoftmax(x))

describe("a Jacobian times a vector", () => {
  it("is the directional derivative", () => {
    const step = 1e-5
    const at = (by: number) => {
      const data = Float64Array.from(feeds.x.data, (value, i) => value + by * feeds.v.data[i]!)
      return interpret(graphOf({ y }), { ...feeds, x: { shape: [3, 4], data } })["y"]!.data
    }
    const [ahead, behind] = [at(step), at(-step)]
    const found = interpret(graphOf({ found: jvp(y, x, v) }), feeds)["found"]!
    expect(found.shape).toEqual(y.shape)
    for (const [i, value] of found.data.entries()) expect(value).toBeCloseTo((ahead[i]! - behind[i]!) / (2 * step), 8)
  })
  it("is zero where y does not depend on x", () => {
    const found = interpret(graphOf({ found: jvp(tanh(w), x, v) }), feeds)["found"]!
    expect([...found.data]).toEqual(new Array(16).fill(0))
  })
  it("gives the same trace estimate as the pullback, and the same gradient of it", () => {
    const pairs = [forwardTrace, estimatedTrace].map((traceOf) => {
      const trace = traceOf(y, x, v)
      return interpret(graphOf({ trace, g: gradients(sum(mul(trace, trace)), [w])[0]! }), feeds)
    })
    for (const name of ["trace", "g"])
      for (const [i, value] of pairs[0]![name]!.data.entries()) expect(value).toBeCloseTo(pairs[1]![name]!.data[i]!, 10)
  })
  it("leaves nothing of the point where the pullback was taken", () => {
    const graph = simplify(graphOf({ found: jvp(y, x, v) }))
    const zeros = graph.nodes.filter((node) => node.op.name === "broadcast" || node.attrs?.value === 0)
    expect(zeros).toEqual([])
  })
})
