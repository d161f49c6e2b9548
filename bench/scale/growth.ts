/** How the time of a training step grows when width, batch or depth is doubled, beside how its products' flops grow. */
import { availableParallelism } from "node:os"
import { fillUniform } from "../../src/core/random.ts"
import { initialize } from "../../src/graph/parameter.ts"
import type { Model } from "../../src/model/capabilities.ts"
import { adam } from "../../src/optim/adam.ts"
import type { Executor } from "../../src/train/executor.ts"
import { openExecutor } from "../../src/train/open-executor.ts"
import { gradientGraph } from "../../src/train/program.ts"
import { median } from "../median.ts"
import { flopsOf } from "./flops.ts"
import { convVae, denseVae, masked, type Size, stackedLstm } from "./networks.ts"

interface Family {
  readonly name: string
  readonly build: (size: Size) => Model
  readonly from: Size & { readonly batch: number }
}

// Large enough that two threads are worth their while before anything is doubled.
const families: readonly Family[] = [
  { name: "dense VAE", build: denseVae, from: { width: 400, depth: 1, batch: 128 } },
  { name: "convolutional VAE", build: convVae, from: { width: 32, depth: 2, batch: 32 } },
  { name: "MADE", build: masked, from: { width: 500, depth: 1, batch: 128 } },
  { name: "LSTM", build: stackedLstm, from: { width: 128, depth: 1, batch: 64 } },
]
const doubled = ["width", "batch", "depth"] as const

/** One doubling: what it did to the flops and to the time of a step. */
export interface Growth {
  readonly family: string
  readonly doubled: (typeof doubled)[number]
  readonly from: Family["from"]
  readonly gigaflops: readonly [before: number, after: number]
  readonly ms: readonly [before: number, after: number]
}

/** Time ratio over flop ratio: 1 where time grows as the flops do. */
export const excess = ({ gigaflops, ms }: Growth): number => ms[1] / ms[0] / (gigaflops[1] / gigaflops[0])

export interface Effort {
  readonly rounds: number
  /** That a round takes at least. */
  readonly seconds: number
}

interface Contestant {
  readonly gigaflops: number
  readonly executor: Executor
  readonly ms: number[]
  calls: number
  step: number
}

async function open({ build }: Family, { batch, ...size }: Family["from"]): Promise<Contestant> {
  const model = build(size)
  const executor = await openExecutor({
    kind: "kernel",
    model,
    optimizer: adam(),
    parameters: initialize(model.params, 0),
    inputs: {
      seed: 0,
      batchSize: batch,
      learningRate: () => 1e-4,
      fillBatch(_, out, labels) {
        fillUniform({ seed: 0, name: "batch" }, out)
        labels?.forEach((_, i) => {
          labels[i] = i % model.classes! === 0 ? 1 : 0
        })
      },
    },
    session: { threads: availableParallelism() },
    measures: () => false,
  })
  const graph = gradientGraph(model, Object.keys(model.players)[0]!, batch, { withMetrics: false })
  return { gigaflops: flopsOf(graph) / 1e9, executor, ms: [], calls: 1, step: 1 }
}

async function round(contestant: Contestant): Promise<number> {
  const { executor, calls, step } = contestant
  const start = performance.now()
  await executor.run(step, calls)
  contestant.step += calls
  return (performance.now() - start) / calls
}

/** The family as it is and with each of its sizes doubled, in turn within each round. */
async function growthOf(family: Family, { rounds, seconds }: Effort): Promise<Growth[]> {
  const { name, from } = family
  const base = await open(family, from)
  const others = await Promise.all(doubled.map((size) => open(family, { ...from, [size]: 2 * from[size] })))
  const all = [base, ...others]
  for (const contestant of all) {
    await round(contestant) // the first call allocates
    contestant.calls = Math.max(1, Math.ceil((1000 * seconds) / (await round(contestant))))
  }
  for (let i = 0; i < rounds; i++) for (const contestant of all) contestant.ms.push(await round(contestant))
  for (const { executor } of all) await executor.dispose()
  return others.map(({ gigaflops, ms }, i) => ({
    family: name,
    doubled: doubled[i]!,
    from,
    gigaflops: [base.gigaflops, gigaflops],
    ms: [median(base.ms), median(ms)],
  }))
}

/** Twelve doublings: each of three sizes of four networks. */
export async function measureGrowth(effort: Effort): Promise<Growth[]> {
  const found: Growth[] = []
  for (const family of families) found.push(...(await growthOf(family, effort)))
  return found
}
