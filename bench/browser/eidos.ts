/** eidos as a contestant in a tab: the same step as in Node, through onnxruntime-web on threads of WebAssembly. */
import { initialize } from "../../src/graph/parameter.ts"
import type { Model } from "../../src/model/capabilities.ts"
import { adam } from "../../src/optim/adam.ts"
import type { Executor, ExecutorSetup } from "../../src/train/executor.ts"
import { openWebExecutor } from "../../src/train/train-web.ts"
import { convVae } from "../models/conv-vae.ts"
import { denseVae } from "../models/dense-vae.ts"
import { batchOf, labelsOf } from "../peers/batch.mjs"
import type { Contestant } from "../peers/protocol.mjs"
import { type WorkloadName, workloadNamed, workloadOf } from "../workloads.ts"

/** Written in by the bundler. */
declare const EIDOS_VERSION: string

/** How steps are run: gradients and a fused kernel, or many steps in one call with the optimiser in the graph. */
export type Way = "kernel" | "loop"

// Not the index of models: what it has for sampling needs Node.
const steps: Readonly<Partial<Record<WorkloadName, () => Model>>> = { "dense-vae": denseVae, "conv-vae": convVae }

export const notInPage = (workload: string): string =>
  `eidos: the page has no ${workload}; add it to bench/browser/eidos.ts.`

const lossEvery = 10

const ways: Readonly<Record<Way, string>> = {
  kernel: "Adam fused in WebAssembly SIMD, loss computed in every tenth step as in training",
  loop: "Adam in the graph, up to 50 steps a call, loss computed in every step",
}

function setupOf(name: string, model: Model, batch: number): ExecutorSetup {
  const workload = workloadOf(workloadNamed(name))
  const data = batchOf(workload, batch)
  const { classes } = model
  const oneHot = classes === undefined ? undefined : labelsOf({ sizes: { classes } }, batch)
  return {
    model,
    optimizer: adam({ beta1: workload.beta1 }),
    parameters: initialize(model.params, 0),
    inputs: {
      seed: 0,
      batchSize: batch,
      learningRate: () => workload.learningRate,
      fillBatch(_, out, labels) {
        out.set(data)
        if (oneHot) labels?.set(oneHot)
      },
    },
    measures: (step) => step % lossEvery === 1,
  }
}

/** eidos on a workload of the bench in this page, in one of its ways. */
export function open(
  name: string,
  batch: number,
  { way = "kernel", threads = navigator.hardwareConcurrency }: { readonly way?: Way; readonly threads?: number } = {},
): (Contestant & { readonly version: string }) | { readonly absent: string } {
  const build = steps[workloadNamed(name)]
  if (!build) return { absent: notInPage(name) }
  const model = build()
  const players = Object.keys(model.players)
  const lossName = players.length === 1 ? "loss" : `${players[0]}.loss`
  let executor: Promise<Executor> | undefined // opened by the first call, so that what compiling takes is in it
  let step = 1
  let loss = Number.NaN
  return {
    async run(calls) {
      const device = { provider: "wasm", threads } as const
      executor ??= openWebExecutor({ ...setupOf(name, model, batch), device, kind: way })
      const metrics = await (await executor).run(step, calls)
      step += calls
      loss = metrics.at(-1)?.[lossName] ?? loss
      return loss
    },
    lossEvery,
    settings: `${threads} thread${threads === 1 ? "" : "s"}; ${ways[way]}`,
    version: EIDOS_VERSION,
  }
}
