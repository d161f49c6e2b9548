/** Densities and samples of continuous flows at a stated tolerance, with the exact trace: what training's fixed steps are checked by. */
import { type NdArray, ndarray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import type { Estimate } from "../core/estimate.ts"
import { sizeOf } from "../core/shape.ts"
import { exactTrace } from "../graph/jacobian.ts"
import { input } from "../graph/ops/source.ts"
import type { Parameters } from "../graph/parameter.ts"
import type { Continuous, Model, Needs, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { type Derivative, type Solution, solve } from "./dormand-prince.ts"
import { compileFor, type EvaluationData, eventsOf } from "./evaluator.ts"
import { inUnits, kindOf, noted } from "./scale.ts"
import { meanOf, withoutNaN } from "./statistics.ts"

type ContinuousOnly<M> = Needs<
  M,
  Continuous<any>,
  "no velocity field: the model is no flow in continuous time. Use logLikelihood() or samplesOf()."
>

export interface AdaptiveOptions extends SessionOptions {
  /** Largest error of a solver step, absolute and relative; 1e-5 unless told. Programs compute in 32 bits, so 1e-6 at least. */
  readonly tolerance?: number
  /** Most evaluations of the velocity for one batch; 1000 unless told. */
  readonly maxEvaluations?: number
}

export const tooFine = (tolerance: number): string =>
  `solver: programs compute in 32 bits, which cannot resolve errors of ${tolerance}; ask for 1e-6 or more.`

const batch = 500

/** The velocity of `rows` rows, beside the trace of its Jacobian where asked for, as a derivative for the solver. */
async function openField(model: Model & Continuous<any>, rows: number, withTrace: boolean, options: SessionOptions) {
  const dims = sizeOf(model.event)
  const [z, t] = [input("z", [rows, dims]), input("t", [])]
  const program = await compileFor(
    model,
    (p) => {
      const velocity = model.velocity(p, z, t)
      return { velocity, ...(withTrace && { trace: exactTrace(velocity, z) }) }
    },
    options,
  )
  const width = withTrace ? dims + 1 : dims
  const derivative =
    (parameters: Parameters): Derivative =>
    async (time, y) => {
      const outputs = await program.run(parameters, {
        z: ndarray(
          [rows, dims],
          Float32Array.from({ length: rows * dims }, (_, i) => y[at(i, dims, width)]!),
        ),
        t: ndarray([], [time]),
      })
      const dy = new Float64Array(y.length)
      for (const [i, value] of outputs["velocity"]!.data.entries()) dy[at(i, dims, width)] = value
      for (const [i, value] of outputs["trace"]?.data.entries() ?? []) dy[i * width + dims] = value
      return dy
    }
  return { derivative, width, dispose: () => program.dispose() }
}

/** Place of element i of rows of `dims` numbers among rows of `width`. */
const at = (i: number, dims: number, width: number): number => Math.floor(i / dims) * width + (i % dims)

const usualTolerance = 1e-5

const settled = ({ tolerance = usualTolerance, maxEvaluations = 1000 }: AdaptiveOptions) => {
  if (!(tolerance >= 1e-6)) throw new EidosError("usage", tooFine(tolerance))
  return { tolerance, maxEvaluations }
}

/**
 * log p(x) of each datum [count] in nats at a tolerance, and the evaluations that the hardest batch took: x and the integral
 * of the exact trace go together from t = 1 to 0. Throws EidosError("failed") when a solve does not end.
 */
export async function adaptiveLogLikelihood<M extends Model>(
  trained: Trained<M> & ContinuousOnly<M>,
  data: EvaluationData,
  options: AdaptiveOptions = {},
): Promise<{ logProb: Float64Array; evaluations: number }> {
  const model = trained.model as Model & Continuous<any> // guaranteed by the parameter's type
  const { parameters } = trained
  const settings = settled(options)
  const { count } = data.dataset.splits[data.split]
  const dims = sizeOf(model.event)
  const field = await openField(model, batch, true, options)
  const base = await compileFor(model, () => ({ logProb: model.base.logProb(input("z", [batch, dims])) }), options)
  const logProb = new Float64Array(count)
  let evaluations = 0
  for (let first = 0; first < count; first += batch) {
    const indices = Uint32Array.from({ length: batch }, (_, i) => Math.min(count - 1, first + i))
    const start = new Float64Array(batch * field.width)
    for (const [i, value] of eventsOf(data, model.event, indices).data.entries())
      start[at(i, dims, field.width)] = value
    const span = { from: 1, to: 0, width: field.width, ...settings }
    const end = await solve(field.derivative(parameters), start, span)
    const ofNoise = (await base.run(parameters, { z: rowsOf(end, dims, field.width) }))["logProb"]!.data
    for (let i = 0; i < Math.min(batch, count - first); i++)
      logProb[first + i] = ofNoise[i]! + end.y[i * field.width + dims]!
    evaluations = Math.max(evaluations, end.evaluations)
  }
  await field.dispose()
  await base.dispose()
  return { logProb: withoutNaN(logProb), evaluations }
}

/** The first `dims` numbers of each row. */
function rowsOf({ y }: Solution, dims: number, width: number): NdArray {
  const rows = y.length / width
  return ndarray(
    [rows, dims],
    Float32Array.from({ length: rows * dims }, (_, i) => y[at(i, dims, width)]!),
  )
}

/** n samples [n, ...event] at a tolerance, and the evaluations they took. Throws EidosError("failed") when the solve does not end. */
export async function adaptiveSamples<M extends Model>(
  trained: Trained<M> & ContinuousOnly<M>,
  n: number,
  options: AdaptiveOptions & { readonly seed: number },
): Promise<{ samples: NdArray; evaluations: number }> {
  const model = trained.model as Model & Continuous<any> // guaranteed by the parameter's type
  const settings = settled(options)
  const dims = sizeOf(model.event)
  const noise = await compileFor(model, (_, { rng }) => ({ z: model.base.sample(rng, [n, dims]) }), options)
  const { z } = await noise.run(trained.parameters)
  await noise.dispose()
  const field = await openField(model, n, false, options)
  const span = { from: 0, to: 1, width: dims, ...settings }
  const end = await solve(field.derivative(trained.parameters), Float64Array.from(z!.data), span)
  await field.dispose()
  return { samples: { ...rowsOf(end, dims, dims), shape: [n, ...model.event] }, evaluations: end.evaluations }
}

/** −log p(x) by the adaptive solver as an estimate beside that of the fixed steps; none where the model is not continuous. */
export async function adaptiveEstimates(
  trained: Trained<Model>,
  data: EvaluationData,
  options: SessionOptions = {},
): Promise<Estimate[]> {
  const { model, parameters } = trained
  if (!model.velocity || !model.base) return []
  const flow = model as Model & Continuous<any> // it has both members of the interface
  const { logProb, evaluations } = await adaptiveLogLikelihood({ model: flow, parameters }, data, options)
  const measured = meanOf(logProb.map((value) => -value))
  const note = `Dormand–Prince at tolerance ${usualTolerance}, at most ${evaluations} evaluations a batch`
  const quantity = "−log p(x), adaptive solver"
  return [{ quantity, kind: kindOf(model, data), ...inUnits(measured, model, data), ...noted(note) }]
}
