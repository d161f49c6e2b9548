/**
 * One loop over every op record: the inferred shape is the reference's, ONNX computes the reference, the vjp is the
 * central difference, so is the vjp of the vjp, and nothing is NaN on the op's stated range.
 */
import { afterAll, describe, expect, it } from "vitest"
import { fillUniform } from "../../src/core/random.ts"
import { type Shape, sizeOf } from "../../src/core/shape.ts"
import { graphOf } from "../../src/graph/graph.ts"
import * as ops from "../../src/graph/ops/index.ts"
import { pullback } from "../../src/graph/pullback.ts"
import { apply, type Op, type Tensor } from "../../src/graph/tensor.ts"
import { compile } from "../../src/runtime/ort-node.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { examples, feedsFor, named, rangeCases, tolerances } from "../providers/cases.ts"

const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!) / (1 + Math.abs(b[i]!))), 0)

/** A scalar that weighs every element of `y` differently, so that no cotangent can hide. */
const weighed = (y: Tensor, name: string): Tensor => {
  const data = fillUniform({ seed: 5, name }, new Float32Array(sizeOf(y.shape))).map((u) => u - 0.4)
  return ops.sum(ops.mul(y, ops.constant({ shape: y.shape, data })))
}

/** Largest distance between the pullback of `scalar` and central differences in 64 bits. */
function gradientError(
  scalar: Tensor,
  inputs: readonly Tensor[],
  feeds: Record<string, { shape: Shape; data: ArrayLike<number> }>,
) {
  const value = (at: typeof feeds) => interpret(graphOf({ y: scalar }), at)["y"]!.data[0]!
  const grads = pullback(scalar, inputs)
  const step = 1e-5
  return inputs.reduce((most, input, i) => {
    const name = input.attrs.name as string
    const fed = feeds[name]!
    const analytic = interpret(graphOf({ g: grads[i]! }), feeds)["g"]!.data
    const numeric = Array.from(fed.data, (x, j) => {
      const nudged = (by: number) => {
        const data = Float64Array.from(fed.data)
        data[j] = x + by
        return value({ ...feeds, [name]: { shape: fed.shape, data } })
      }
      return (nudged(step) - nudged(-step)) / (2 * step)
    })
    return Math.max(most, worst(analytic, numeric))
  }, 0)
}

const gradientsAt = (y: Tensor, inputs: readonly Tensor[], feeds: ReturnType<typeof feedsFor>) =>
  pullback(weighed(y, "first"), inputs).map((g) => Array.from(interpret(graphOf({ g }), feeds)["g"]!.data))

describe.each(examples)("$name", ({ op, example }) => {
  const inputs = named(example.shapes)
  const y = apply(op, inputs, example.attrs)
  const feeds = feedsFor(example)

  it("infers the shape its reference has", () => {
    const data = interpret(graphOf({ y }), feeds)["y"]!.data
    expect(data.length).toBe(sizeOf(y.shape))
  })

  it("computes its reference in ONNX Runtime", async () => {
    const program = await compile(graphOf({ y }), { threads: 1 })
    const result = (await program.run(feeds))["y"]!
    await program.dispose()
    expect(result.shape).toEqual(y.shape)
    expect(worst(result.data, interpret(graphOf({ y }), feeds)["y"]!.data)).toBeLessThan(tolerances.cpu.example)
  })

  it("has the vjp that central differences give", () => {
    if (op === ops.stopGradientOp)
      return expect(gradientsAt(y, inputs, feeds)).toEqual(inputs.map(() => [0, 0, 0, 0, 0, 0]))
    expect(gradientError(weighed(y, "first"), inputs, feeds)).toBeLessThan(1e-6)
  })

  it("has the vjp of its vjp that central differences give", () => {
    const gradients = pullback(weighed(y, "first"), inputs).map((g, i) => weighed(g, `second/${i}`))
    if (gradients.length === 0) return
    expect(gradientError(gradients.reduce(ops.add), inputs, feeds)).toBeLessThan(1e-5)
  })
})

describe.each(rangeCases)("$name", ({ graph, feeds }) => {
  it("is never NaN, nor is its gradient", async () => {
    const program = await compile(graph, { threads: 1 })
    const found = await program.run(feeds)
    await program.dispose()
    const slow = interpret(graph, feeds)
    for (const values of [found["y"]!.data, found["g"]!.data, slow["y"]!.data, slow["g"]!.data])
      expect(Array.from(values).filter(Number.isNaN)).toEqual([])
  })
})

describe("the contract itself", () => {
  afterAll(() => expect(examples.length).toBeGreaterThan(60))
  it.each(examples)("catches each cotangent of $name when it is broken", ({ op, example }) => {
    const inputs = named(example.shapes)
    const feeds = feedsFor(example)
    const honest = gradientsAt(apply(op, inputs, example.attrs), inputs, feeds)
    for (const [which, cotangent] of honest.entries()) {
      if (cotangent.every((value) => value === 0)) continue // not differentiable there: nothing to break
      const broken: Op<any> = {
        ...op,
        vjp: (g, y, x, attrs) =>
          op.vjp(g, y, x, attrs).map((part, i) => part && (i === which ? ops.mul(part, 1.01) : part)),
      }
      const y = apply(broken, inputs, example.attrs)
      expect(gradientError(weighed(y, "first"), inputs, feeds)).toBeGreaterThan(1e-6)
    }
  })
})
