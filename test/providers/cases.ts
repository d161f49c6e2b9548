/**
 * What every provider must compute: each example of each op record, each op on the range where it promises numbers, the
 * gradient of each player of each tiny model, and the laws of all of them. Node and browsers read the same list; a new op or
 * model is in it by itself.
 */
import type { NdArray } from "../../src/core/array.ts"
import { fillUniform } from "../../src/core/random.ts"
import { type Shape, sizeOf } from "../../src/core/shape.ts"
import { graphOf } from "../../src/graph/graph.ts"
import * as ops from "../../src/graph/ops/index.ts"
import { pullback } from "../../src/graph/pullback.ts"
import { apply, type Example, type Op, type Tensor } from "../../src/graph/tensor.ts"
import { gradientGraph } from "../../src/train/program.ts"
import { feedsOf, firstParameters, type Tiny, trainable } from "../laws/tiny.ts"
import type { Case } from "./case.ts"
import { lawCases } from "./laws/index.ts"

export { tolerances } from "./case.ts"

const isOp = (value: unknown): value is Op<any> => typeof value === "object" && value !== null && "vjp" in value
/** Every op of the language, by name: bundlers order exports in their own ways. */
export const records: readonly Op<any>[] = Object.values(ops)
  .filter(isOp)
  .sort((a, b) => (a.name < b.name ? -1 : 1))

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

export const named = (shapes: readonly Shape[]): Tensor[] => shapes.map((shape, i) => ops.input(`x${i}`, shape))
export const feedsFor = (example: Example<any>): Record<string, NdArray> =>
  Object.fromEntries(example.shapes.map((shape, i) => [`x${i}`, { shape, data: valuesFor(example, i) }]))

/** Every op with each of its examples. */
export const examples: readonly { name: string; op: Op<any>; example: Example<any> }[] = records.flatMap((op) =>
  op.examples.map((example, i) => ({ name: `${op.name} #${i}`, op, example })),
)

const exampleCases: readonly Case[] = examples.map(({ name, op, example }) => ({
  name,
  subject: op.name,
  kind: "example",
  graph: graphOf({ y: apply(op, named(example.shapes), example.attrs) }),
  feeds: feedsFor(example),
}))

/** Every op that states a range, with its gradient, at points all over that range. */
export const rangeCases: readonly Case[] = records.flatMap((op) => {
  if (!op.finite) return []
  const [low, high] = op.finite
  const [zero, negative] = low < 0 ? [0, -1] : [1, 1]
  const data = Float32Array.of(low, high, (low + high) / 2, low / 2, high / 2, 1, zero, negative)
  const x = ops.input("x", [data.length])
  const y = apply(op, [x], op.examples[0]!.attrs)
  return {
    name: `${op.name} on its range`,
    subject: op.name,
    kind: "range",
    graph: graphOf({ y, g: pullback(y, [x])[0]! }),
    feeds: { x: { shape: [data.length], data } },
  }
})

const batchSize = 4

/** The batch of a step, with labels in turn where the model has classes. */
function batchFor({ model: { event, classes } }: Tiny): Record<string, NdArray> {
  const shape = [batchSize, ...event]
  const x = { shape, data: fillUniform({ seed: 2, name: "events" }, new Float32Array(sizeOf(shape))) }
  if (classes === undefined) return { x }
  const isTurn = (i: number) => i % classes === Math.floor(i / classes) % classes
  const data = Float32Array.from({ length: batchSize * classes }, (_, i) => Number(isTurn(i)))
  return { x, label: { shape: [batchSize, classes], data } }
}

async function stepCases(tiny: Tiny): Promise<Case[]> {
  const parameters = await firstParameters(tiny)
  return Object.keys(tiny.model.players).map((player) => {
    const graph = gradientGraph(tiny.model, player, batchSize)
    return {
      name: `step of ${tiny.name}, ${player}`,
      subject: tiny.definition.name,
      kind: "step",
      graph,
      feeds: feedsOf(graph, parameters, batchFor(tiny)),
    }
  })
}

/** A dense layer with its gradient, large enough that threads share its work; the other programs are too small for that. */
function largeCase(): Case {
  const shapes = { x: [64, 256], w: [256, 128], b: [128] }
  const tensors = Object.entries(shapes).map(([name, shape]) => ops.input(name, shape))
  const [x, w, b] = tensors as [Tensor, Tensor, Tensor]
  const y = ops.tanh(ops.add(ops.matmul(x, w), b))
  const [dx, dw, db] = pullback(ops.mean(ops.square(y)), tensors)
  const filled = (name: string, shape: Shape) =>
    fillUniform({ seed: 3, name }, new Float32Array(sizeOf(shape))).map((u) => 0.2 * (u - 0.5))
  return {
    name: "a large dense layer and its gradient",
    subject: "dense layer",
    kind: "step",
    graph: graphOf({ y, dx: dx!, dw: dw!, db: db! }),
    feeds: Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, { shape, data: filled(name, shape) }]),
    ),
  }
}

/** Whether a case is of the laws of a model that is left out. */
export const isLeft = ({ kind, subject }: Case, leaves: readonly string[] = []): boolean =>
  kind === "law" && leaves.includes(subject)

/** All cases, in an order that does not change. */
export async function allCases(): Promise<Case[]> {
  const steps = await Promise.all(trainable.map(stepCases))
  return [...exampleCases, ...rangeCases, ...steps.flat(), largeCase(), ...(await lawCases())]
}
