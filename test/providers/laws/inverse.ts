/** Maps between events and noise: the inverse undoes them, and log|det| is their Jacobian's. */
import { ndarray } from "../../../src/core/array.ts"
import { sizeOf } from "../../../src/core/shape.ts"
import { eventsOf } from "../../../src/evaluate/evaluator.ts"
import { constant } from "../../../src/graph/ops/index.ts"
import { pullback } from "../../../src/graph/pullback.ts"
import type { Invertible, Model, Tractable } from "../../../src/model/capabilities.ts"
import { logAbsDet } from "../../laws/determinant.ts"
import type { Values } from "../case.ts"
import { fed, firstOf, type Part, type Subject, surroundings, unlike, unlikeRows } from "./part.ts"

const data = 4
// What 32 bits leave of a way there and back; as the laws on the processor ask.
const roundTrip = 1e-4

/** Each datum stands as often as it has dimensions, so that one pull back of unit vectors gives the Jacobian's rows. */
export function inversePart({ tiny, model, p }: Subject<Model & Invertible<any> & Tractable<any>>): Part {
  const dims = sizeOf(model.event)
  const rows = Array.from({ length: data * dims }, (_, row) => Math.floor(row / dims))
  const events = eventsOf({ ...tiny, split: "test" }, model.event, rows)
  const { env, feeds: labels } = surroundings(
    model,
    "inverse",
    rows.map((row) => row % (model.classes ?? 1)),
  )
  const { x, feeds } = fed("events", events)
  const { z, logDet } = model.forward(p, x, env)
  const units = Float32Array.from({ length: rows.length * dims }, (_, at) =>
    Number(at % dims === Math.floor(at / dims) % dims),
  )
  const [jacobian] = pullback(z, [x], constant(ndarray(z.shape, units)))
  const original = [...events.data]
  return {
    outputs: { z, logDet, jacobian: jacobian!, back: model.inverse(p, z, env), "log p": model.logProb(p, x, env) },
    feeds: { ...feeds, ...labels },
    holds: (found) =>
      firstOf([
        unlikeRows("the inverse of forward", found["back"]!, original, roundTrip),
        wrongDeterminant(found, dims),
        wrongDensity(found, dims, /logistic/.test(tiny.name)),
      ]),
  }
}

function wrongDeterminant({ jacobian, logDet }: Values, dims: number): string | undefined {
  const row = (at: number) => jacobian!.slice(at * dims, (at + 1) * dims)
  const matrices = Array.from({ length: data }, (_, datum) =>
    Array.from({ length: dims }, (_, i) => row(datum * dims + i)),
  )
  return firstOf(
    matrices.map((matrix, datum) => unlike("log |det ∂z/∂x|", logDet![datum * dims]!, logAbsDet(matrix), roundTrip)),
  )
}

/** log p(x) = log p(z) + log |det ∂z/∂x|, where z is noise of the standard logistic or normal distribution. */
function wrongDensity(found: Values, dims: number, isLogistic: boolean): string | undefined {
  const logNoise = (z: number) =>
    isLogistic ? -z - 2 * Math.log1p(Math.exp(-z)) : -0.5 * (z * z + Math.log(2 * Math.PI))
  const expected = found["logDet"]!.map((logDet, row) =>
    found["z"]!.slice(row * dims, (row + 1) * dims).reduce((total, z) => total + logNoise(z), logDet),
  )
  return unlikeRows("log p(x)", found["log p"]!, expected, roundTrip)
}
