/** A scan is the loop it stands for: values, gradients and second derivatives, simplified or not, on every way it is emitted. */
import { describe, expect, it } from "vitest"
import type { NdArray } from "../../core/array.ts"
import { fillUniform } from "../../core/random.ts"
import { type Shape, sizeOf } from "../../core/shape.ts"
import { lower } from "../../onnx/lower.ts"
import { symbolicBatch } from "../../onnx/symbolic.ts"
import { openSession, toTensor } from "../../runtime/ort-node.ts"
import { interpret } from "../../runtime/reference.ts"
import type { Body } from "../body.ts"
import { multiplications } from "../cost.ts"
import { type Graph, graphOf } from "../graph.ts"
import { gradients, pullback } from "../pullback.ts"
import { simplify } from "../simplify.ts"
import type { Target, Tensor } from "../tensor.ts"
import { verify } from "../verify.ts"
import * as ops from "./index.ts"
import { changedState, noSequences, scan, scanOp, unequalSequences } from "./scan.ts"

const [batch, width, steps] = [2, 3, 4]
const shapes = { h: [batch, width], c: [batch, width], x: [steps, batch, width], w: [width, width], b: [width] }
const port = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, ops.input(name, shape)]))
const [h, c, x, w, b] = ["h", "c", "x", "w", "b"].map((name) => port[name]!) as [Tensor, Tensor, Tensor, Tensor, Tensor]
const sources = [h, c, x, w, b]
const uniform = (name: string, shape: Shape): NdArray => ({
  shape,
  data: fillUniform({ seed: 4, name }, new Float32Array(sizeOf(shape))).map((u) => 2 * u - 1),
})
const feeds = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, uniform(name, shape)]))

/** Two states, weights around the step, something kept of each step. */
const step = ([h, c]: readonly Tensor[], [x]: readonly Tensor[]) => {
  const gates = ops.add(ops.matmul(h!, w), ops.add(x!, b))
  const next = ops.add(ops.mul(ops.sigmoid(gates), c!), ops.tanh(gates))
  return { next: [ops.tanh(next), next], each: [ops.mul(gates, x!)] }
}
const scanned = (reverse: boolean) => scan(step, [h, c], [x], { reverse })
function looped(reverse: boolean): ReturnType<typeof scan> {
  let states: readonly Tensor[] = [h, c]
  const kept: Tensor[][] = [[], [], []]
  const order = Array.from({ length: steps }, (_, i) => (reverse ? steps - 1 - i : i))
  for (const t of order) {
    const { next, each } = step(states, [ops.reshape(ops.slice(x, 0, t, t + 1), [batch, width])])
    for (const [i, y] of [...next, ...each].entries()) kept[i]![t] = ops.reshape(y, [1, ...y.shape])
    states = next
  }
  const stacked = kept.map((rows) => ops.concat(rows))
  return { states: stacked.slice(0, 2), last: states, each: stacked.slice(2) }
}

const objectives: Readonly<Record<string, (of: ReturnType<typeof scan>) => Tensor>> = {
  "the last state": ({ last }) => ops.sum(ops.square(last[0]!)),
  "all of one state": ({ states }) => ops.sum(ops.mul(states[1]!, ops.square(states[1]!))),
  "what is kept": ({ each }) => ops.sum(ops.square(each[0]!)),
  everything: ({ states, last, each }) =>
    [...states, ...last, ...each].map((y) => ops.sum(ops.mul(y, ops.square(y)))).reduce((a, y) => ops.add(a, y)),
}
const ways = [false, true].flatMap((reverse) => Object.keys(objectives).map((what) => ({ what, reverse })))
const graphFor = (outputs: readonly Tensor[]): Graph => graphOf(Object.fromEntries(outputs.map((y, i) => [`y${i}`, y])))

function expectEqual(found: Graph, wanted: Graph, digits: number) {
  const [mine, theirs] = [interpret(verify(found), feeds), interpret(wanted, feeds)]
  for (const [name, { data }] of Object.entries(theirs))
    for (const [i, value] of data.entries()) expect(mine[name]!.data[i]).toBeCloseTo(value, digits)
}
async function expectRuns(graph: Graph, target: Target): Promise<void> {
  const session = await openSession(lower(graph, { target }), { threads: 1 })
  const ports = [...graph.inputs.keys()].map((name) => [name, toTensor(feeds[name]!)])
  const found = await session.run(Object.fromEntries(ports))
  await session.release()
  for (const [name, { data }] of Object.entries(interpret(graph, feeds)))
    for (const [i, value] of data.entries()) expect((found[name]!.data as Float32Array)[i]).toBeCloseTo(value, 4)
}
const bodiesOf = (graph: Graph): Body[] => graph.nodes.filter(({ op }) => op === scanOp).map(({ attrs }) => attrs.body)

describe("scan", () => {
  it.each([false, true])("has the values of a loop, reverse = %s", (reverse) => {
    const all = (of: ReturnType<typeof scan>) => graphFor([...of.states, ...of.last, ...of.each])
    expectEqual(all(scanned(reverse)), all(looped(reverse)), 12)
    expectEqual(simplify(all(scanned(reverse))), all(looped(reverse)), 12)
  })
  it.each(ways)("has the gradients of a loop: $what, reverse = $reverse", async ({ what, reverse }) => {
    const derived = (of: ReturnType<typeof scan>) => graphFor(gradients(objectives[what]!(of), sources))
    const [mine, theirs] = [derived(scanned(reverse)), derived(looped(reverse))]
    expectEqual(mine, theirs, 11)
    expectEqual(simplify(mine), theirs, 11)
    for (const provider of ["cpu", "webgpu"] as const) await expectRuns(simplify(mine), { provider })
    await expectRuns(mine, { provider: "any" })
  })
  it("has the second derivatives of a loop", async () => {
    const derived = (of: ReturnType<typeof scan>) => {
      const first = gradients(objectives["everything"]!(of), sources)
      return graphFor(
        gradients(
          first.map((g) => ops.sum(ops.mul(g, ops.square(g)))).reduce((a, g) => ops.add(a, g)),
          sources,
        ),
      )
    }
    const mine = derived(scanned(false))
    const theirs = derived(looped(false))
    expectEqual(mine, theirs, 7)
    expectEqual(simplify(mine), theirs, 7)
  })
  it("runs within the step of another", async () => {
    // h ← the last of a scan over the columns of x, which reads h; the inner step reads the outer state
    const outer = (run: typeof scan) => {
      const { last } = scan(
        ([state], [row]) => {
          const inner = run(
            ([sum], [column]) => ({ next: [ops.tanh(ops.add(ops.mul(sum!, b), ops.mul(column!, state!)))] }),
            [state!],
            [ops.reshape(ops.concat([row!, row!]), [2, batch, width])],
          )
          return { next: [inner.last[0]!] }
        },
        [h],
        [x],
      )
      return graphFor([last[0]!, ...pullback(ops.sum(ops.square(last[0]!)), [h, x, b])])
    }
    const byHand: typeof scan = (inner, starts, [sequence]) => {
      const part = (t: number) => ops.reshape(ops.slice(sequence!, 0, t, t + 1), [batch, width])
      const first = inner(starts, [part(0)]).next
      const last = inner(first, [part(1)]).next
      return { states: [], last, each: [] }
    }
    expectEqual(outer(scan), outer(byHand), 11)
    expectEqual(simplify(outer(scan)), outer(byHand), 11)
    for (const provider of ["cpu", "webgpu"] as const) await expectRuns(simplify(outer(scan)), { provider })
  })
  it("differentiates a step with a gradient written by hand", () => {
    const half = (y: Tensor) => ops.withPullback(ops.square(y), [y], (g) => [ops.mul(g, y)]) // half of the true one
    const { last } = scan(
      ([s], [row]) => ({ next: [ops.add(s!, half(ops.mul(row!, w)))] }),
      [w],
      [ops.slice(ops.reshape(x, [8, 1, 3]), 0, 0, 4)],
    )
    const [g] = gradients(ops.sum(last[0]!), [w])
    const rows = Array.from(feeds["x"]!.data.slice(0, 12))
    const wanted = Array.from({ length: 9 }, (_, i) => {
      const column = i % 3
      return 1 + [0, 1, 2, 3].reduce((sum, t) => sum + rows[3 * t + column]! ** 2 * feeds["w"]!.data[i]!, 0)
    })
    const found = interpret(graphOf({ g: g! }), feeds)["g"]!.data
    for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 6)
  })
  it("computes in the step only what the step decides, and only what is asked for", () => {
    const product = ops.matmul(w, w)
    const { each, last } = scan(
      ([s], [row]) => ({ next: [ops.tanh(ops.add(s!, row!))], each: [ops.matmul(row!, product)] }),
      [h],
      [x],
    )
    const whole = simplify(graphOf({ each: each[0]!, last: last[0]! }))
    expect(multiplications(whole)).toBe(width ** 3 + steps * batch * width ** 2)
    const part = simplify(graphOf({ last: last[0]! }))
    expect(multiplications(part)).toBe(0)
    expect(bodiesOf(part).map((body) => [body.shared.length, body.each.length])).toEqual([[0, 1]])
    const kept = simplify(graphOf({ each: each[0]! }))
    expect(bodiesOf(kept).map((body) => body.states.length)).toEqual([0])
  })
  it("has as many nodes for many steps as for few", () => {
    const nodes = (length: number) => {
      const found = scan(step, [h, c], [ops.input("long", [length, batch, width])])
      return simplify(graphFor(gradients(ops.sum(found.last[0]!), [w, b]))).nodes.length
    }
    expect(nodes(500)).toBe(nodes(5))
  })
  it("takes a batch that is known only when the program runs", async () => {
    const program = (n: number) => {
      const sequence = ops.input("x", [steps, n, width])
      const start = ops.input("h", [n, width])
      const { last } = scan(
        ([s], [row]) => ({ next: [ops.tanh(ops.add(ops.matmul(s!, w), row!))] }),
        [start],
        [sequence],
      )
      return simplify(graphOf({ last: last[0]! }))
    }
    const session = await openSession(lower(program(symbolicBatch)), { threads: 1 })
    const ports = ["x", "h", "w"].map((name) => [name, toTensor(feeds[name]!)])
    const found = (await session.run(Object.fromEntries(ports)))["last"]!.data as Float32Array
    await session.release()
    for (const [i, value] of interpret(program(batch), feeds)["last"]!.data.entries())
      expect(found[i]).toBeCloseTo(value, 5)
  })
  it("says what does not fit", () => {
    expect(() => scan(step, [h, c], [])).toThrow(noSequences)
    expect(() => scan(step, [h, c], [x, h])).toThrow(unequalSequences([x.shape, h.shape]))
    expect(() => scan(([s]) => ({ next: [ops.sum(s!, 0)] }), [h], [x])).toThrow(changedState(0, h.shape, [width]))
  })
})
