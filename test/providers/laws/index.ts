/** The laws of every tiny model as cases: what its type names in one program, with predicates over a provider's own numbers. */
import type { NdArray } from "../../../src/core/array.ts"
import { sizeOf } from "../../../src/core/shape.ts"
import { drawNoise, parameterFeeds } from "../../../src/evaluate/evaluator.ts"
import { fitData } from "../../../src/evaluate/fit-data.ts"
import { graphOf } from "../../../src/graph/graph.ts"
import { live } from "../../../src/graph/parameter.ts"
import { simplify } from "../../../src/graph/simplify.ts"
import type { Decodes, Invertible, Model, Moments, Tractable } from "../../../src/model/capabilities.ts"
import { randomParameters } from "../../laws/binary.ts"
import { firstParameters, type Tiny, tinies } from "../../laws/tiny.ts"
import type { Case } from "../case.ts"
import { answersPart } from "./answers.ts"
import { boundPart } from "./bound.ts"
import { planePart, samplesPart } from "./densities.ts"
import { chainPart, energyPart } from "./energy.ts"
import { imagesPart } from "./images.ts"
import { inversePart } from "./inverse.ts"
import { firstOf, type Part, type Subject } from "./part.ts"

/** The program of each tiny model in which it shows what it can. */
export const lawCases = (): Promise<Case[]> => Promise.all(tinies.map(lawCase))

async function lawCase(tiny: Tiny): Promise<Case> {
  const { model } = tiny
  const parameters = await numbersOf(tiny)
  const parts = partsOf({ tiny, model, p: live(model.params), parameters })
  const graph = simplify(graphOf(Object.assign({}, ...parts.map(({ outputs }) => outputs))))
  const given: Record<string, NdArray> = Object.assign({}, ...parts.map(({ feeds }) => feeds))
  const read = Object.fromEntries(Object.entries(given).filter(([name]) => graph.inputs.has(name)))
  return {
    name: `laws of ${tiny.name}`,
    subject: tiny.definition.name,
    kind: "law",
    graph,
    feeds: { ...drawNoise(graph, 1, 1), ...parameterFeeds(graph, parameters), ...read },
    drawn: parts.flatMap(({ drawn = [] }) => drawn),
    holds: (found, tolerance) => firstOf(parts.map((part) => part.holds?.(found, tolerance))),
  }
}

/** The parts that the model's type names. */
function partsOf(subject: Subject): Part[] {
  const { model } = subject
  const asking = <M>(part: (subject: Subject<M>) => Part, model: M): Part => part({ ...subject, model })
  const parts = [answersPart(subject)]
  if (model.density === "tractable") {
    if (model.support === "binary" || model.sampling !== "direct") parts.push(asking(imagesPart, model))
    else if (sizeOf(model.event) === 2) parts.push(asking(planePart, model))
    if (model.sampling === "direct") parts.push(asking(samplesPart, model))
    if (model.forward) parts.push(asking(inversePart, model as Model & Invertible<any> & Tractable<any>))
  }
  if (model.density === "bounded") parts.push(asking(boundPart, model as typeof model & Decodes<any>))
  if (model.density === "unnormalized") parts.push(asking(energyPart, model))
  if (model.sampling === "chain") parts.push(asking(chainPart, model))
  return parts
}

/** Numbers that make dependences strong; fitted ones where these are no weights, and first ones of flows, whose densities a grid must hold. */
async function numbersOf(tiny: Tiny): Promise<Map<string, NdArray>> {
  const { model, dataset, preprocessing } = tiny
  if (model.fit) {
    const data = fitData({ dataset, preprocessing }, model.event, 1)
    const moments = async () => momentsOf(data.train.read(0, data.train.count), data.dimensions)
    return model.fit({ ...data, train: { ...data.train, moments } })
  }
  if (model.forward) return firstParameters(tiny)
  const scale = model.sampling === "ancestral" ? 1 : model.sampling === "chain" ? 0.8 : 0.5
  return randomParameters(model, { seed: 3, scale })
}

/** Moments of data with a little noise, in plain sums: those of the library are products by ONNX Runtime's library for Node, which pages do not have. */
function momentsOf(rows: Float32Array, dimensions: number): Moments {
  const count = rows.length / dimensions
  const average = (f: (row: number) => number): number => {
    let total = 0
    for (let row = 0; row < count; row++) total += f(row)
    return total / count
  }
  const mean = Float64Array.from({ length: dimensions }, (_, d) => average((row) => rows[row * dimensions + d]!))
  // Six pixels of two causes vary in four directions by rounding alone; 32 bits need more to divide by.
  const spread = (at: number) => (at % (dimensions + 1) === 0 ? 0.01 : 0)
  const from = (row: number, d: number) => rows[row * dimensions + d]! - mean[d]!
  const covariance = Float64Array.from(
    { length: dimensions ** 2 },
    (_, at) => average((row) => from(row, Math.floor(at / dimensions)) * from(row, at % dimensions)) + spread(at),
  )
  return { count, mean, covariance }
}
