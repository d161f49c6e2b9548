import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import {
  add,
  concat,
  gradients,
  input,
  mul,
  reshape,
  simplify,
  slice,
  square,
  sum,
  type Tensor,
} from "../graph/index.ts"
import { initialize, live } from "../graph/parameter.ts"
import { interpret } from "../runtime/reference.ts"
import { gru, type LstmState, lstm, noSequence, unroll } from "./recurrent.ts"

const [batch, steps, inputs, hidden] = [2, 4, 3, 5]
const noise = (shape: Shape, name: string): NdArray =>
  ndarray(shape, fillNormal({ seed: 9, name }, new Float32Array(sizeOf(shape))))
const sequence = noise([batch, steps, inputs], "x")
const x = input("x", [batch, steps, inputs])
const logistic = (v: number) => 1 / (1 + Math.exp(-v))
const values = (params: unknown) => Object.fromEntries(initialize(params, 2))

/** Σ_k row[k]·matrix[k, column]. */
const dot = (row: readonly number[], matrix: NdArray, column: number): number =>
  row.reduce((total, value, k) => total + value * matrix.data[k * matrix.shape[1]! + column]!, 0)
const inputAt = (datum: number, t: number): number[] =>
  Array.from(sequence.data.subarray((datum * steps + t) * inputs, (datum * steps + t + 1) * inputs))

/** The definition of PyTorch's documentation, number by number: outputs [steps][hidden] of one datum. */
function slowLstm(p: Record<string, NdArray>, datum: number): number[][] {
  let [h, c] = [new Array<number>(hidden).fill(0), new Array<number>(hidden).fill(0)]
  return Array.from({ length: steps }, (_, t) => {
    const at = (gate: number, j: number) => {
      const column = gate * hidden + j
      return dot(inputAt(datum, t), p["w"]!, column) + dot(h, p["u"]!, column) + p["b"]!.data[column]!
    }
    c = c.map((cell, j) => logistic(at(1, j)) * cell + logistic(at(0, j)) * Math.tanh(at(2, j)))
    h = c.map((cell, j) => logistic(at(3, j)) * Math.tanh(cell))
    return h
  })
}
function slowGru(p: Record<string, NdArray>, datum: number): number[][] {
  let h = new Array<number>(hidden).fill(0)
  return Array.from({ length: steps }, (_, t) => {
    const fromInput = (gate: number, j: number) =>
      dot(inputAt(datum, t), p["w"]!, gate * hidden + j) + p["b"]!.data[gate * hidden + j]!
    const fromState = (gate: number, j: number) => dot(h, p["u"]!, gate * hidden + j)
    h = h.map((state, j) => {
      const [r, z] = [0, 1].map((gate) => logistic(fromInput(gate, j) + fromState(gate, j))) as [number, number]
      const n = Math.tanh(fromInput(2, j) + r * (fromState(2, j) + p["inner"]!.data[j]!))
      return (1 - z) * n + z * state
    })
    return h
  })
}

const layers = [
  { name: "lstm", ...outputsOf(lstm(inputs, hidden)), slow: slowLstm },
  { name: "gru", ...outputsOf(gru(inputs, hidden)), slow: slowGru },
]
/** A layer of either kind, seen alike: states are whatever it makes them. */
function outputsOf(layer: ReturnType<typeof lstm> | ReturnType<typeof gru>) {
  const p = live(layer.params) as never
  const apply = (from: Tensor, start?: unknown) => layer.apply(p, from, start as never)
  const step = (state: unknown, from: Tensor) => layer.step(p, state as never, from)
  return { params: layer.params, tensors: p as Record<string, Tensor>, apply, step }
}

describe.each(layers)("$name", ({ name, params, tensors, apply, step, slow }) => {
  const { outputs } = apply(x)
  const feeds: Record<string, NdArray> = { ...values(params), x: sequence }
  it("is its definition", () => {
    const found = interpret(graphOf({ outputs }), feeds)["outputs"]!
    expect(found.shape).toEqual([batch, steps, hidden])
    for (let datum = 0; datum < batch; datum++)
      for (const [t, row] of slow(feeds, datum).entries())
        for (const [j, value] of row.entries())
          expect(found.data[(datum * steps + t) * hidden + j]).toBeCloseTo(value, 10)
  })
  it("goes on from its last state", () => {
    const first = apply(slice(x, 1, 0, 2))
    const rest = apply(slice(x, 1, 2, steps), first.last)
    const found = interpret(graphOf({ rest: rest.outputs, whole: slice(outputs, 1, 2, steps) }), feeds)
    for (const [i, value] of found["whole"]!.data.entries()) expect(found["rest"]!.data[i]).toBeCloseTo(value, 12)
  })
  it("takes the same steps one at a time", () => {
    const parts = Array.from({ length: steps }, (_, t) => reshape(slice(x, 1, t, t + 1), [batch, inputs]))
    const state = unroll<unknown>(step, undefined, parts).at(-1) as Tensor | { h: Tensor }
    const { last } = apply(x)
    const h = (of: typeof state) => ("h" in of ? of.h : of)
    const found = interpret(graphOf({ slow: h(state), fast: h(last) }), feeds)
    for (const [i, value] of found["slow"]!.data.entries()) expect(found["fast"]!.data[i]).toBeCloseTo(value, 12)
  })
  it("has gradients of its weights that central differences give", () => {
    const loss = sum(square(outputs))
    for (const [path, tensor] of Object.entries(tensors)) {
      const { g } = interpret(graphOf({ g: gradients(loss, [tensor])[0]! }), feeds)
      const at = (by: number) => {
        const data = Float64Array.from(feeds[path]!.data, (value, i) => (i === 1 ? value + by : value))
        return interpret(graphOf({ loss }), { ...feeds, [path]: { shape: tensor.shape, data } })["loss"]!.data[0]!
      }
      expect(g!.data[1]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 7)
    }
  })
  it("says what is no sequence", () =>
    expect(() => apply(input("x", [batch, steps, 7]))).toThrow(noSequence(name, [batch, steps, 7], inputs)))
})

describe("the backward pass of an lstm, which is written out", () => {
  const layer = lstm(inputs, hidden)
  const p = live(layer.params)
  const begin: LstmState = { h: input("h", [batch, hidden]), c: input("c", [batch, hidden]) }
  const feeds: Record<string, NdArray> = {
    ...values(layer.params),
    x: sequence,
    h: noise([batch, hidden], "h"),
    c: noise([batch, hidden], "c"),
  }
  /** The same from single steps, whose gradients follow from the ops. */
  const plain = (start: LstmState | undefined): ReturnType<typeof layer.apply> => {
    const parts = Array.from({ length: steps }, (_, t) => reshape(slice(x, 1, t, t + 1), [batch, inputs]))
    const states = unroll<LstmState | undefined>((s, part) => layer.step(p, s, part), start, parts) as LstmState[]
    const outputs = concat(
      states.map(({ h }) => reshape(h, [batch, 1, hidden])),
      1,
    )
    return { outputs, last: states.at(-1)! }
  }
  const objectives: Readonly<Record<string, (of: ReturnType<typeof layer.apply>) => Tensor>> = {
    "the last output": ({ last }) => sum(square(last.h)),
    "the last cell": ({ last }) => sum(square(last.c)),
    "all outputs": ({ outputs }) => sum(mul(outputs, square(outputs))),
    "the second output": ({ outputs }) => sum(square(slice(outputs, 1, 1, 2))),
    everything: ({ outputs, last }) => add(sum(square(outputs)), sum(mul(last.h, square(last.c)))),
  }
  const both = [undefined, begin].map((start) => ({ start, of: start ? "a state" : "zeros" }))
  const cases = both.flatMap(({ start, of }) => Object.keys(objectives).map((what) => ({ what, start, of })))
  const sourcesWith = (start: LstmState | undefined) => [p.w, p.u, p.b, x, ...(start ? [start.h, start.c] : [])]
  const graphsOf = (start: LstmState | undefined, derived: (of: ReturnType<typeof layer.apply>) => Tensor[]) =>
    [layer.apply(p, x, start), plain(start)].map((made) =>
      graphOf(Object.fromEntries(derived(made).map((tensor, i) => [`g${i}`, tensor]))),
    ) as [Graph, Graph]
  const expectEqual = (found: Graph, wanted: Graph, digits: number) => {
    const [mine, theirs] = [interpret(found, feeds), interpret(wanted, feeds)]
    for (const [name, { data }] of Object.entries(theirs))
      for (const [i, value] of data.entries()) expect(mine[name]!.data[i]).toBeCloseTo(value, digits)
  }
  it.each(cases)("has the gradients of the unrolled form: $what, from $of", ({ what, start }) => {
    const [mine, theirs] = graphsOf(start, (of) => gradients(objectives[what]!(of), sourcesWith(start)))
    expectEqual(mine, theirs, 12)
    expectEqual(simplify(mine), theirs, 12)
  })
  it("has the second derivatives of the unrolled form", () => {
    const [mine, theirs] = graphsOf(begin, (of) => {
      const first = gradients(objectives["everything"]!(of), sourcesWith(begin))
      return gradients(first.map((g) => sum(mul(g, square(g)))).reduce(add), sourcesWith(begin))
    })
    expectEqual(mine, theirs, 9)
  })
  it("costs 14 nodes a step, 20 more its gradient: what is not asked for costs none", () => {
    const nodes = (length: number) => {
      const { last } = layer.apply(p, input("x", [batch, length, inputs]))
      const loss = sum(square(last.h))
      const count = (outputs: Record<string, Tensor>) => simplify(graphOf(outputs)).nodes.length
      const [w, u, b] = gradients(loss, [p.w, p.u, p.b])
      return { forward: count({ loss }), step: count({ loss, w: w!, u: u!, b: b! }) }
    }
    const [shorter, longer] = [nodes(5), nodes(6)]
    expect(longer.forward - shorter.forward).toBe(14)
    expect(longer.step - shorter.step).toBe(34)
  })
})
