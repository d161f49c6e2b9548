/** eidos as a contestant, in a process of its own: takes the peers' options and prints one JSON line of the peers' form. */
import { readFileSync } from "node:fs"
import { initialize } from "../src/graph/parameter.ts"
import type { Model } from "../src/model/capabilities.ts"
import { adam } from "../src/optim/adam.ts"
import { openExecutor } from "../src/train/open-executor.ts"
import { notBuilt, type Sampler, samplers, steps } from "./models/index.ts"
import { batchOf, labelsOf } from "./peers/batch.mjs"
import { type Contestant, options, timePeer } from "./peers/protocol.mjs"
import { workloadNamed, workloadOf } from "./workloads.ts"

const asked = options()
const { batch, threads } = asked
const name = workloadNamed(asked.workload)
const workload = workloadOf(name)

const lossEvery = 10

/** The step as eidos trains it; the batch stays, the noise is drawn each step, and the loss is computed in every tenth. */
function openTraining(model: Model) {
  const data = batchOf(workload, batch)
  const { classes } = model
  const oneHot = classes === undefined ? undefined : labelsOf({ sizes: { classes } }, batch)
  return openExecutor({
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
    session: { threads },
    measures: (step) => step % lossEvery === 1,
  })
}

// Opened by the first call, so that what compiling takes is in it.
function training(model: Model): Contestant {
  const players = Object.keys(model.players)
  const lossName = players.length === 1 ? "loss" : `${players[0]}.loss`
  let executor: ReturnType<typeof openTraining> | undefined
  let step = 1
  let loss = Number.NaN
  return {
    async run(calls) {
      executor ??= openTraining(model)
      const metrics = await (await executor).run(step, calls)
      step += calls
      loss = metrics.at(-1)?.[lossName] ?? loss
      return loss
    },
    lossEvery,
    settings: "Adam fused in WebAssembly SIMD, loss computed in every tenth step as in training",
  }
}

function sampling({ share, settings, open }: Sampler): Contestant {
  let draw: ReturnType<typeof open> | undefined
  const run = async (calls: number) => {
    draw ??= open(batch, threads)
    let ones = Number.NaN
    for (let call = 0; call < calls; call++) ones = await (await draw)()
    return ones
  }
  return { share, settings, run }
}

function contestant(): Contestant | { readonly absent: string } {
  const [build, sampler] = [steps[name], samplers[name]]
  if (build) return training(build())
  return sampler ? sampling(sampler) : { absent: notBuilt(name) }
}

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string }
const entrant = contestant()
const settings = "settings" in entrant ? entrant.settings! : "none"
await timePeer(entrant, asked, { peer: "eidos", mode: "onnxruntime-node", version, settings })
