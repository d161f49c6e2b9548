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
import { apply, type Example, type Op, type Tensor } from "../../src/graph/tensor.ts"
import { compile } from "../../src/runtime/ort-node.ts"
import { interpret } from "../../src/runtime/reference.ts"

const isOp = (value: unknown): value is Op<any> => typeof value === "object" && value !== null && "vjp" in value
const records = Object.values(ops).filter(isOp)
const cases = records.flatMap((op) => op.examples.map((example, i) => ({ name: `${op.name} #${i}`, op, example })))

/** Values for input `which` of an example, away from kinks, spread where comparisons must not flip. */
function valuesFor(example: Example<any>, which: number): Float32Array {
  const shape = example.shapes[which]!
  const [low, high] = example.range ?? [-2, 2]
  const values = fillUniform({ seed: 11, name: `example/${which}` }, new Float32Array(sizeOf(shape)))
  if (example.distinct)
    return values.map((_, i) => low + ((high - low) * (((i * 5 + which * 2 + 1) % 13) + 0.3 * which)) / 14)
  return values.map((u) => {
    const x = low + (high - low) * u
    const kink = example.kinks?.find((at) => Math.abs(x - at) < 0.1)
    return kink === undefined ? x : kink + 0.3
  })
}

const named = (shapes: readonly Shape[]) => shapes.map((shape, i) => ops.input(`x${i}`, shape))
const feedsFor = (example: Example<any>) =>
  Object.fromEntries(example.shapes.map((shape, i) => [`x${i}`, { shape, data: valuesFor(example, i) }]))

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

describe.each(cases)("$name", ({ op, example }) => {
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
    expect(worst(result.data, interpret(graphOf({ y }), feeds)["y"]!.data)).toBeLessThan(2e-6)
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

const ranged = records.filter((op) => op.finite)
describe.each(ranged.map((op) => ({ name: op.name, op })))("$name on its stated range", ({ op }) => {
  const [low, high] = op.finite!
  const points = Float32Array.from([
    low,
    high,
    (low + high) / 2,
    low / 2,
    high / 2,
    1,
    low < 0 ? 0 : 1,
    low < 0 ? -1 : 1,
  ])
  const x = ops.input("x", [points.length])
  const y = apply(op, [x], op.examples[0]!.attrs)
  it("is never NaN, nor is its gradient", async () => {
    const graph = graphOf({ y, g: pullback(y, [x])[0]! })
    const feeds = { x: { shape: [points.length], data: points } }
    const program = await compile(graph, { threads: 1 })
    const found = await program.run(feeds)
    await program.dispose()
    const slow = interpret(graph, feeds)
    for (const values of [found["y"]!.data, found["g"]!.data, slow["y"]!.data, slow["g"]!.data])
      expect(Array.from(values).filter(Number.isNaN)).toEqual([])
  })
})

describe("the contract itself", () => {
  afterAll(() => expect(cases.length).toBeGreaterThan(60))
  it.each(cases)("catches each cotangent of $name when it is broken", ({ op, example }) => {
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
