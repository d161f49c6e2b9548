/** The workload that eidos and every peer run: one training step of the VAE 784-400-20 with Adam, batch 128, binary input. */
import { initialize } from "../src/graph/parameter.ts"
import { vae } from "../src/models/index.ts"
import { adam } from "../src/optim/adam.ts"
import type { Executor } from "../src/train/executor.ts"
import { openExecutor } from "../src/train/open-executor.ts"

export const batch = 128
export const workload = "dense-vae"
const ink = 0.3

export const model = vae.build(vae.config.parse({ latent: 20, hidden: [400] }), [1, 28, 28])
export const player = "evidence"

/** A batch of independent bits, the same in every process and every peer (Numerical Recipes' generator). */
export function binaryBatch(): Float32Array {
  let state = 1
  return Float32Array.from({ length: batch * 784 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 < ink ? 1 : 0
  })
}

/** The step as eidos trains it; the batch stays, the noise is drawn each step. */
export function openStep(threads: number, kind: Executor["kind"] = "kernel"): Promise<Executor> {
  const bits = binaryBatch()
  const fillBatch = (step: number, out: Float32Array) => {
    if (step === 1 || kind === "loop") out.set(bits)
  }
  const inputs = { seed: 0, batchSize: batch, learningRate: () => 1e-3, fillBatch }
  const parameters = initialize(model.params, 0)
  return openExecutor({
    model,
    optimizer: adam(),
    parameters,
    inputs,
    session: { threads },
    kind,
    measures: (step) => step % 10 === 0,
  })
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
