/** What can be said about models that know p(x) only up to log Z: the free energy, and log Z summed or estimated. */
import type { Estimate } from "../core/estimate.ts"
import type { Model, Trained, Unnormalized } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { type AnnealedPartition, annealedPartition, unevenBetas, type WeighedPartition } from "./ais.ts"
import { levelsOf } from "./baselines.ts"
import { type EvaluationData, openEvaluator } from "./evaluator.ts"
import { exactPartition, type UnnormalizedOnly } from "./partition.ts"
import { meanOf } from "./statistics.ts"

/** F(x) = −log p(x) − log Z of each datum [count], in nats; from above where the model bounds it. */
export async function freeEnergies<M extends Model>(
  trained: Trained<M> & UnnormalizedOnly<M>,
  data: EvaluationData,
  options: SessionOptions & { readonly seed?: number } = {},
): Promise<Float32Array> {
  const model = trained.model as Model & Unnormalized<any> // guaranteed by the parameter's type
  const evaluator = await openEvaluator(model, (p, x, env) => ({ f: model.freeEnergy(p, x, env) }), options)
  const { f } = await evaluator.over(trained.parameters, data)
  await evaluator.dispose()
  return f!
}

export interface UnnormalizedOptions extends SessionOptions {
  /** Temperatures of annealed importance sampling, 5,000 unless told: more of them cost as much more time and leave less error. */
  readonly betas?: number
  readonly seed?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number) => void
}

const chains = 100
const defaultBetas = 5000

/**
 * −log p(x) of a split of binary data and log Z, in nats: exact where all states can be summed, else by annealed importance
 * sampling with the errors of data and log Z together; none where the model can do neither.
 */
export async function unnormalizedEstimates(
  { model, parameters }: Trained<Model & Unnormalized<any>>,
  data: EvaluationData,
  options: UnnormalizedOptions,
): Promise<Estimate[]> {
  if (levelsOf(data) !== 2) return [] // p(x) is of zeros and ones; grey events have no probability under it
  const energy = meanOf(await freeEnergies({ model, parameters }, data, options))
  const isBound = model.freeEnergyIs === "upper bound"
  if (model.enumeration) {
    const logZ = await exactPartition({ model, parameters }, options)
    const note = `log Z summed over 2^${model.enumeration.units} states`
    const value = energy.value + logZ
    const { standardError } = energy
    return [
      { quantity: "−log p(x)", kind: isBound ? "bound" : "exact", value, standardError, unit: "nats", note },
      { quantity: "log Z", kind: "exact", value: logZ, unit: "nats", note },
    ]
  }
  if (!model.annealing || model.sampling !== "chain") return []
  const { annealing } = model
  const count = options.betas ?? defaultBetas
  const of = { model: { ...model, annealing }, parameters }
  const logZ = await annealedPartition(of, data, { ...options, chains, betas: unevenBetas(count) })
  return annealedRows(logZ, count, energy, isBound)
}

/** Rows of an estimated log Z. The weights are unbiased for Z, so that log Z comes out too low on average and −log p(x) too good. */
function annealedRows(
  logZ: AnnealedPartition,
  betas: number,
  energy: { value: number; standardError: number },
  isBound: boolean,
): Estimate[] {
  const settings = `AIS, ${chains} chains × ${betas} β, ${effective(logZ)}`
  const backward = effective(logZ.reverse)
  const bound = isBound ? "variational bound whose log Z is an estimate, so no bound any more; " : ""
  return [
    {
      quantity: "−log p(x)",
      kind: "estimate",
      value: energy.value + logZ.value,
      standardError: Math.hypot(energy.standardError, logZ.standardError),
      unit: "nats",
      note: `${bound}${settings}; too good on average, as log Z is too low`,
    },
    {
      quantity: "log Z",
      kind: "estimate",
      value: logZ.value,
      standardError: logZ.standardError,
      unit: "nats",
      note: `${settings}; too low on average`,
    },
    {
      quantity: "log Z, backwards",
      kind: "estimate",
      value: logZ.reverse.value,
      standardError: logZ.reverse.standardError,
      unit: "nats",
      note: `reverse AIS, ${backward}; too high on average, if its chains began at samples of the model, which is only nearly so`,
    },
  ]
}

const enough = 10 // chains; below this the spread of the weights, and with it the error, is itself a guess

const effective = ({ effectiveChains }: WeighedPartition): string =>
  `${effectiveChains.toFixed(0)} effective${effectiveChains < enough ? ", too few to trust the ±" : ""}`
