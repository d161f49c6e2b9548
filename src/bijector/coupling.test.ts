import { describe, expect, it } from "vitest"
import { ndarray } from "../core/array.ts"
import { fillNormal } from "../core/random.ts"
import { sizeOf } from "../core/shape.ts"
import { graphOf } from "../graph/graph.ts"
import { input, type Tensor } from "../graph/index.ts"
import { initialize, leaves, live } from "../graph/parameter.ts"
import { tracing } from "../graph/trace.ts"
import { interpret } from "../runtime/reference.ts"
import { additive, affine, alternating, evensAndOdds, interleaved, tooFewToCouple } from "./coupling.ts"

const env = tracing(false)
const counting = (rows: number, dims: number) =>
  ndarray(
    [rows, dims],
    Float32Array.from({ length: rows * dims }, (_, i) => i),
  )
/** Weights from N(0, std²). */
const wild = (params: unknown, std: number) =>
  Object.fromEntries(
    leaves(params).map(({ path, value: { shape } }) => [
      path,
      ndarray(
        shape,
        fillNormal({ seed: 2, name: path }, new Float32Array(sizeOf(shape))).map((x) => std * x),
      ),
    ]),
  )

describe("even and odd places", () => {
  it.each([2, 3, 6, 7])("of %i dimensions are told apart and put together again", (dims) => {
    const [evens, odds] = evensAndOdds(input("x", [2, dims]))
    const found = interpret(graphOf({ evens, odds, back: interleaved(evens, odds) }), { x: counting(2, dims) })
    expect([...found["back"]!.data]).toEqual([...counting(2, dims).data])
    expect([...found["evens"]!.data]).toEqual([...counting(2, dims).data].filter((_, i) => (i % dims) % 2 === 0))
    expect(found["odds"]!.shape).toEqual([2, Math.floor(dims / 2)])
  })
})

describe("couplings in turn", () => {
  const bijectorOf = (count: number, dims = 5) => alternating(dims, count, (sizes) => affine({ ...sizes, hidden: [4] }))
  const whole = (count: number) => {
    const layer = bijectorOf(count)
    const p = live(layer.params)
    const { z, logDet } = layer.forward(p, input("x", [3, 5]), env)
    const graph = graphOf({ z, logDet: logDet as Tensor, back: layer.inverse(p, z, env) })
    return interpret(graph, { ...wild(layer.params, 1), x: counting(3, 5) })
  }
  it.each([1, 2, 3, 4])("undo themselves when there are %i", (count) => {
    const { back } = whole(count)
    for (const [i, value] of back!.data.entries()) expect(value).toBeCloseTo(i, 9)
  })
  it("move the odd places first, and with two of them every place; the evens come out before the odds", () => {
    const moved = (count: number) => {
      const z = whole(count)["z"]!.data.slice(0, 5)
      return [0, 2, 4, 1, 3].map((place, i) => Math.abs(z[i]! - place) > 1e-6)
    }
    expect(moved(1)).toEqual([false, false, false, true, true])
    expect(moved(2)).toEqual([true, true, true, true, true])
  })
  it("refuse a single dimension", () => expect(() => bijectorOf(2, 1)).toThrow(tooFewToCouple(1)))
})

describe("an additive coupling", () => {
  it("keeps volumes: its log-determinant is the number 0", () => {
    const layer = additive({ kept: 2, moved: 3, hidden: [4] })
    const { logDet } = layer.forward(live(layer.params), input("b", [1, 3]), input("a", [1, 2]), env)
    expect(logDet).toBe(0)
  })
})

describe("an affine coupling", () => {
  const layer = affine({ kept: 2, moved: 3, hidden: [4] })
  const run = (parameters: ReturnType<typeof wild>, far: number) => {
    const result = layer.forward(live(layer.params), input("b", [2, 3]), input("a", [2, 2]), env)
    const graph = graphOf({ moved: result.moved, logDet: result.logDet as Tensor })
    return interpret(graph, {
      ...parameters,
      a: ndarray([2, 2], [far, -far, -far, far]),
      b: ndarray([2, 3], [1, 2, 3, 4, 5, 6]),
    })
  }
  it("begins close to the identity", () => {
    const fresh = Object.fromEntries(initialize(layer.params, 1))
    const { moved, logDet } = run(fresh, 1)
    for (const [i, value] of moved!.data.entries()) expect(Math.abs(value - (i + 1))).toBeLessThan(0.2)
    expect(Math.max(...logDet!.data.map(Math.abs))).toBeLessThan(0.1)
  })
  it("has |log det| of at most Σ|scale|, whatever the weights and the input", () => {
    const parameters = wild(layer.params, 1000)
    parameters["scale"] = ndarray([3], [0.5, -1, 2])
    for (const far of [1, 1e3, 1e6]) {
      const { logDet } = run(parameters, far)
      for (const value of logDet!.data) expect(Math.abs(value)).toBeLessThanOrEqual(3.5 + 1e-9)
    }
    expect(Math.max(...run(parameters, 1e3)["logDet"]!.data.map(Math.abs))).toBeGreaterThan(0.4) // the bound is met by signs
  })
  it("reads the label where it has classes", () => {
    const conditional = affine({ kept: 2, moved: 3, hidden: [4], classes: 2 })
    const given = tracing(false, "noise", input("label", [2, 2]))
    const result = conditional.forward(live(conditional.params), input("b", [2, 3]), input("a", [2, 2]), given)
    const { moved } = interpret(graphOf({ moved: result.moved }), {
      ...wild(conditional.params, 1),
      a: ndarray([2, 2], [1, 1, 1, 1]),
      b: ndarray([2, 3], [1, 2, 3, 1, 2, 3]),
      label: ndarray([2, 2], [1, 0, 0, 1]),
    })
    expect(moved!.data.subarray(0, 3)).not.toEqual(moved!.data.subarray(3))
  })
})
