import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { graphOf } from "../graph/graph.ts"
import { gradients, input, matmul, sub, type Tensor } from "../graph/index.ts"
import { initialize, live } from "../graph/parameter.ts"
import { interpret } from "../runtime/reference.ts"
import { luMatrix } from "./lu.ts"
import { notSquare, strictlyLower, strictlyUpper, triangularInverse, triangularLogDet } from "./triangular.ts"

const noise = (n: number, std: number): NdArray =>
  ndarray(
    [n, n],
    fillNormal({ seed: 3, name: "a" }, new Float32Array(n * n)).map((z, i) =>
      i % (n + 1) === 0 ? 2 + z / 4 : std * z,
    ),
  )
const run = (outputs: Record<string, Tensor>, feeds: Record<string, NdArray>) => interpret(graphOf(outputs), feeds)
/** Largest distance of a matrix from the identity. */
const fromIdentity = (values: ArrayLike<number>, n: number) =>
  Array.from(values).reduce((most, x, i) => Math.max(most, Math.abs(x - (i % (n + 1) === 0 ? 1 : 0))), 0)

/** log|det| by elimination: the oracle. */
function logDetOf(values: ArrayLike<number>, n: number): number {
  const rows = Array.from({ length: n }, (_, i) => Array.from(values).slice(i * n, (i + 1) * n))
  let total = 0
  for (let k = 0; k < n; k++) {
    const largest = rows.reduce((best, row, i) => (Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best), 0)
    const [pivot] = rows.splice(largest, 1)
    total += Math.log(Math.abs(pivot![k]!))
    for (const row of rows) {
      const factor = row[k]! / pivot![k]!
      for (let j = k; j < n; j++) row[j]! -= factor * pivot![j]!
    }
  }
  return total
}

describe.each([1, 2, 5, 8, 13])("a triangular matrix of %i rows", (n) => {
  const a = input("a", [n, n])
  /** The matrix without what one of its triangles holds. */
  const without = (other: (a: Tensor) => Tensor): Tensor => sub(a, other(a))
  it.each([
    ["lower", strictlyUpper],
    ["upper", strictlyLower],
  ] as const)("is undone by its inverse when %s", (_, other) => {
    const triangle = without(other)
    const { product } = run({ product: matmul(triangularInverse(triangle), triangle) }, { a: noise(n, 1) })
    expect(fromIdentity(product!.data, n)).toBeLessThan(1e-9)
  })
  it("has the log-determinant of its diagonal, with the inverse's diagonal as gradient", () => {
    const triangle = without(strictlyUpper)
    const logDet = triangularLogDet(triangle)
    const found = run({ logDet, triangle, g: gradients(logDet, [a])[0]! }, { a: noise(n, 1) })
    expect(found["logDet"]!.data[0]).toBeCloseTo(logDetOf(found["triangle"]!.data, n), 9)
    for (const [i, value] of found["g"]!.data.entries())
      expect(value).toBeCloseTo(i % (n + 1) === 0 ? 1 / found["triangle"]!.data[i]! : 0, 9)
  })
})

describe("triangular matrices", () => {
  it("are square", () =>
    expect(() => triangularInverse(input("a", [2, 3]))).toThrow(notSquare("triangularInverse", [2, 3])))
})

describe.each([1, 3, 16, 48])("an LU matrix of %i channels", (n) => {
  const layer = luMatrix(n)
  const p = live(layer.params)
  const fresh = Object.fromEntries(initialize({ flow: { mix: layer.params } }, 7))
  const values = Object.fromEntries(
    Object.entries(fresh).map(([path, value]) => [path.replace("flow.mix.", ""), value]),
  )
  it("starts as a rotation", () => {
    const w = layer.matrix(p)
    const found = run({ product: matmul(w, w, { transB: true }), logDet: layer.logDet(p) }, values)
    expect(fromIdentity(found["product"]!.data, n)).toBeLessThan(1e-5)
    expect(found["logDet"]!.data[0]).toBeCloseTo(0, 4)
  })
  it("has the inverse and the log-determinant it says it has, wherever its weights go", () => {
    const moved = Object.fromEntries(
      Object.entries(values).map(([path, { shape, data }]) => [
        path,
        ["permutation", "sign"].includes(path)
          ? { shape, data }
          : { shape, data: data.map((value, i) => value + 0.2 * Math.sin(i)) },
      ]),
    )
    const w = layer.matrix(p)
    const found = run({ w, product: matmul(w, layer.inverse(p)), logDet: layer.logDet(p) }, moved)
    expect(fromIdentity(found["product"]!.data, n)).toBeLessThan(1e-8)
    expect(found["logDet"]!.data[0]).toBeCloseTo(logDetOf(found["w"]!.data, n), 8)
  })
})
