/** Exported programs run at any batch length, and what ONNX cannot say is refused in words before the runtime sees it. */
import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../../src/core/array.ts"
import { fillNormal } from "../../src/core/random.ts"
import { type Shape, sizeOf } from "../../src/core/shape.ts"
import { mapTree } from "../../src/core/tree.ts"
import { graphOf } from "../../src/graph/graph.ts"
import * as ops from "../../src/graph/ops/index.ts"
import { isLeaf } from "../../src/graph/parameter.ts"
import { simplify } from "../../src/graph/simplify.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import { type Env, tracing } from "../../src/graph/trace.ts"
import { notExportable } from "../../src/onnx/emission.ts"
import { lowerLoop, stepsPort } from "../../src/onnx/loop.ts"
import { lower, outputTaken } from "../../src/onnx/lower.ts"
import { symbolicBatch } from "../../src/onnx/symbolic.ts"
import { openSession, toTensor } from "../../src/runtime/ort-node.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { firstParameters, type Tiny, tinies, worst } from "./tiny.ts"

type Outputs = Readonly<Record<string, Tensor>>
type Function = (p: any, x: Tensor, env: Env) => Outputs

/** The functions a model has of one input each, and what a row of it is. */
function functionsOf({ model }: Tiny): { name: string; row: Shape; f: Function }[] {
  const { ports = {}, encode, decode, critic, latent = 0 } = model
  const found: [name: string, row: Shape, f: Function | undefined][] = [
    ["encoder", model.event, ports.encoder],
    ["decoder", [latent], ports.decoder],
    ["encode", model.event, encode && ((p, x, env) => ({ code: encode(p, x, env) }))],
    ["decode", [latent], decode && ((p, z, env) => ({ event: decode(p, z, env) }))],
    ["critic", model.event, critic && ((p, x, env) => ({ logits: critic(p, x, env) }))],
  ]
  return found.flatMap(([name, row, f]) => (f ? [{ name, row, f }] : []))
}
const valuesFor = (shape: Shape): NdArray =>
  ndarray(shape, fillNormal({ seed: 6, name: "values" }, new Float32Array(sizeOf(shape))))

describe.each(tinies.filter((tiny) => functionsOf(tiny).length > 0))("$name, lowered with a symbolic batch", (tiny) => {
  const { classes } = tiny.model
  it.each(functionsOf(tiny))("$name runs at batch 1, 2 and 7 as traced at each", async ({ f, row }) => {
    const parameters = await firstParameters(tiny)
    const p = mapTree(tiny.model.params, isLeaf, (_, path) => ops.constant(parameters.get(path)!))
    const traced = (batch: number) => {
      const label = classes === undefined ? undefined : ops.input("label", [batch, classes])
      return graphOf(f(p, ops.input("input", [batch, ...row]), tracing(false, "noise", label)))
    }
    const session = await openSession(lower(simplify(traced(symbolicBatch)), { metadata: { made: "by the test" } }), {
      threads: 1,
    })
    for (const batch of [1, 2, 7]) {
      const graph = traced(batch)
      const feeds = Object.fromEntries([...graph.inputs].map(([name, { shape }]) => [name, valuesFor(shape)]))
      const expected = interpret(graph, feeds)
      const results = await session.run(
        Object.fromEntries(Object.entries(feeds).map(([name, values]) => [name, toTensor(values)])),
      )
      expect(Object.keys(results).sort()).toEqual(Object.keys(expected).sort())
      for (const [name, { shape, data }] of Object.entries(expected)) {
        expect(results[name]!.dims).toEqual(shape)
        expect(worst(results[name]!.data as Float32Array, data)).toBeLessThan(1e-5)
      }
    }
    await session.release()
  })
})

describe("a sampler of a model that samples from one noise", () => {
  const tiny = tinies.find(({ name }) => name === "vae gaussian")!
  it("runs at any batch length from noise that comes with it", async () => {
    const { model } = tiny
    if (model.sampling !== "direct") throw new Error("a VAE samples")
    const parameters = await firstParameters(tiny)
    const p = mapTree(model.params, isLeaf, (_, path) => ops.constant(parameters.get(path)!))
    const session = await openSession(lower(simplify(graphOf({ x: model.sample(p, symbolicBatch, tracing(false)) }))))
    for (const batch of [1, 3]) {
      const noise = valuesFor([batch, model.latent!])
      const expected = interpret(graphOf({ x: model.sample(p, batch, tracing(false)) }), { noise })
      const { x } = await session.run({ noise: toTensor(noise) })
      expect(worst(x!.data as Float32Array, expected["x"]!.data)).toBeLessThan(1e-5)
    }
    await session.release()
  })
})

describe("what a program cannot say is refused in words", () => {
  const x = ops.input("x", [symbolicBatch, 3])
  it("a tensor made from the batch length alone", () => {
    expect(() => lower(graphOf({ y: ops.broadcastTo(ops.constant(1), [symbolicBatch, 2]) }))).toThrow(
      notExportable("broadcast", [symbolicBatch, 2]),
    )
    expect(notExportable("broadcast", [symbolicBatch, 2])).toContain(
      "a program with a symbolic batch axis cannot say this",
    )
  })
  it("a shape with two lengths that depend on the batch", () =>
    expect(() =>
      lower(graphOf({ y: ops.reshape(ops.matmul(x, x, { transB: true }), [symbolicBatch, 1, symbolicBatch]) })),
    ).toThrow("reshape makes"))
  it("an output that is called like an input", () =>
    expect(() => lower(graphOf({ x: ops.relu(x) }))).toThrow(outputTaken("x")))
  it("but an input may go out unchanged under another name", async () => {
    const session = await openSession(lower(graphOf({ y: ops.input("x", [2]) })))
    expect([...((await session.run({ x: toTensor(ndarray([2], [3, 4])) }))["y"]!.data as Float32Array)]).toEqual([3, 4])
    await session.release()
  })
  it("two inputs, or an input and a noise, of one name", () => {
    expect(() => graphOf({ y: ops.add(ops.input("a", [2]), ops.input("a", [1])) })).toThrow('called "a"')
  })
  it("an input and a noise of one name", () =>
    expect(() => graphOf({ y: ops.add(ops.input("a", [2]), ops.draw("a", [2], "normal")) })).toThrow('called "a"'))
  it("a state of a loop without a next value of its shape", () => {
    const step = graphOf({ next: ops.add(ops.input("state", [2]), 1), sum: ops.sum(ops.input("other", [2])) })
    expect(() => lowerLoop({ step, carry: { state: "missing" }, capacity: 2 })).toThrow('"state" [2] has no next value')
    expect(() => lowerLoop({ step, carry: { state: "sum" }, capacity: 2 })).toThrow("has no next value")
  })
})

describe("a loop", () => {
  it("runs as many steps as asked, up to its capacity, and gives each step's results", async () => {
    const [state, x] = [ops.input("state", [2]), ops.input("x", [2])]
    const step = graphOf({ next: ops.add(ops.mul(state, 0.5), x), total: ops.sum(state) })
    const session = await openSession(lowerLoop({ step, carry: { state: "next" }, capacity: 4 }))
    const fed = Float32Array.from({ length: 8 }, (_, i) => i + 1)
    const ort = (await import("onnxruntime-node")).default
    for (const count of [0, 1, 4]) {
      const steps = new ort.Tensor("int64", BigInt64Array.of(BigInt(count)), [])
      const feeds = { state: toTensor(ndarray([2], [8, -8])), x: toTensor(ndarray([4, 2], fed)), [stepsPort]: steps }
      const results = await session.run(feeds)
      let expected = [8, -8]
      const totals: number[] = []
      for (let i = 0; i < count; i++) {
        totals.push(expected[0]! + expected[1]!)
        expected = expected.map((value, j) => value * 0.5 + fed[2 * i + j]!)
      }
      expect([...(results["next.state"]!.data as Float32Array)]).toEqual(expected)
      expect([...(results["total"]!.data as Float32Array)]).toEqual(totals)
    }
    await session.release()
  })
})
