import { sub } from "../graph/ops/arithmetic.ts"
import { logSumExp } from "../graph/ops/reduce.ts"
import { input } from "../graph/ops/source.ts"
import type { Bounded, Model, Needs, Trained } from "../model/capabilities.ts"
import type { SessionOptions } from "../runtime/ort-node.ts"
import { compileFor, type EvaluationData, eventsOf, labelFeeds, openEvaluator } from "./evaluator.ts"
import { logAddExp } from "./statistics.ts"

type BoundedOnly<M> = Needs<
  M,
  Bounded<any>,
  "no evidence lower bound: the model has no encoder q(z|x). Use logLikelihood() where log p(x) is tractable."
>

/** Terms of the ELBO of each datum [count], in nats: `reconstruction`, `kl`, `elbo`. */
export async function elboTerms<M extends Model>(
  trained: Trained<M> & BoundedOnly<M>,
  data: EvaluationData,
  options: SessionOptions = {},
): Promise<{ reconstruction: Float32Array; kl: Float32Array; elbo: Float32Array }> {
  const model = trained.model as Model & Bounded<any> // guaranteed by the parameter's type
  const evaluator = await openEvaluator(
    model,
    (p, x, env) => {
      const { reconstruction, kl } = model.elbo(p, x, env)
      return { reconstruction, kl, elbo: sub(reconstruction, kl) }
    },
    options,
  )
  const terms = await evaluator.over(trained.parameters, data)
  await evaluator.dispose()
  return { reconstruction: terms["reconstruction"]!, kl: terms["kl"]!, elbo: terms["elbo"]! }
}

// Decoder rows in one run: large enough for full-speed products, small enough for the cache.
const rowsPerRun = 1000

/** How many data and samples go into one run, so that K samples of a datum come in equal parts. */
function partition(k: number): { batch: number; samples: number; parts: number } {
  const parts = Math.ceil(k / rowsPerRun)
  const samples = Math.ceil(k / parts)
  return { batch: Math.max(1, Math.floor(rowsPerRun / samples)), samples, parts }
}

export interface ImportanceOptions extends SessionOptions {
  /** Importance samples per datum. */
  readonly k: number
  readonly seed?: number
  readonly signal?: AbortSignal
  /** Called with the share of data done. */
  readonly onProgress?: (done: number) => void
}

/**
 * The importance-weighted bound log (1/K) Σₖ wₖ ≤ log p(x) of each datum [count], in nats (Burda et al. 2016, eq. 8): for
 * each datum the logarithm of its mean weight, shifted by the largest; never the mean of logarithms.
 */
export async function importanceBound<M extends Model>(
  trained: Trained<M> & BoundedOnly<M>,
  data: EvaluationData,
  { k, seed, signal, onProgress, ...session }: ImportanceOptions,
): Promise<Float64Array> {
  const model = trained.model as Model & Bounded<any> // guaranteed by the parameter's type
  const { batch, samples, parts } = partition(k)
  const kept = k - (parts - 1) * samples // samples of the last part; the others of that part are left out
  const program = await compileFor(
    model,
    (p, env) => {
      const weights = model.logWeights(p, input("x", [batch, ...model.event]), samples, env) // [batch, samples]
      return parts === 1 || kept === samples
        ? { total: logSumExp(weights, 1) }
        : { total: logSumExp(weights, 1), weights }
    },
    { ...session, rows: batch, ...(seed !== undefined && { seed }) },
  )
  const { count } = data.dataset.splits[data.split]
  const bounds = new Float64Array(count)
  for (let first = 0; first < count && !signal?.aborted; first += batch) {
    const indices = Uint32Array.from({ length: batch }, (_, i) => Math.min(count - 1, first + i))
    const x = eventsOf(data, model.event, indices)
    const labels = labelFeeds(model, data, indices)
    const totals = new Float64Array(batch).fill(Number.NEGATIVE_INFINITY)
    for (let part = 0; part < parts; part++) {
      const outputs = await program.run(trained.parameters, { x, ...labels }, { step: first, item: part })
      const whole = part < parts - 1 || kept === samples
      for (let i = 0; i < batch; i++) {
        const row = whole
          ? [outputs["total"]!.data[i]!]
          : outputs["weights"]!.data.subarray(i * samples, i * samples + kept)
        for (const value of row) totals[i] = logAddExp(totals[i]!, value)
      }
    }
    for (let i = 0; i < batch && first + i < count; i++) bounds[first + i] = totals[i]! - Math.log(k)
    onProgress?.(Math.min(1, (first + batch) / count))
  }
  await program.dispose()
  signal?.throwIfAborted()
  return bounds
}
