/** `node train-in-node.js DEVICE few|all OUT`: how training on a device compares with the processor's, as JSON; in a process of its own, since native libraries may end it. */
import { writeFileSync } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { adam } from "../../src/optim/adam.ts"
import type { Optimizer } from "../../src/optim/optimizer.ts"
import { type OptimizerSettings, optimizerOf } from "../../src/optim/settings.ts"
import { deviceOf } from "../../src/runtime/device.ts"
import { compile } from "../../src/runtime/ort-node.ts"
import { openExecutor } from "../../src/train/open-executor.ts"
import {
  beginning,
  bytesOf,
  firstParameters,
  setupOf,
  sixPixels,
  type Tiny,
  tinyOf,
  trainable,
  trained,
  worstOf,
} from "../laws/tiny.ts"
import { inOneContext } from "./context.ts"
import { few, stop as halfway, named, steps } from "./few.ts"

/** What training on a device was seen to do. */
export interface Seen {
  /** Largest distance of weights and slots from the processor's after five steps, by model and optimiser; or why there is none. */
  readonly distances: Readonly<Record<string, number | string>>
  /** Whether a run that was stopped and taken up again has the same bits, by model. */
  readonly resumes: Readonly<Record<string, boolean>>
  /** Megabytes by which the process grew over 60 steps, after the first 20; a step whose state stayed would add 0.4. */
  readonly grown: number
}

const [name, which, out] = process.argv.slice(2) as [string, "few" | "all", string]
const device = deviceOf(name)!

/** State after five steps, or fewer, from the beginning or on from another. */
async function stateOf(tiny: Tiny, optimizer: Optimizer, { on = device, stop = steps, start = beginning(tiny) } = {}) {
  const controller = new AbortController()
  const options = { steps, snapshotEvery: stop, optimizer, device: on, signal: controller.signal }
  return trained(setupOf(tiny, await start, options), () => controller.abort())
}

async function distance(tiny: Tiny, optimizer: Optimizer): Promise<number | string> {
  try {
    const [own, cpu] = [await stateOf(tiny, optimizer), await stateOf(tiny, optimizer, { on: { provider: "cpu" } })]
    return Math.max(worstOf(own.parameters, cpu.parameters), worstOf(own.slots, cpu.slots))
  } catch (error) {
    return (error as Error).message
  }
}

async function resumes(tiny: Tiny): Promise<boolean> {
  const half = stateOf(tiny, adam(), { stop: halfway })
  const [resumed, whole] = [await stateOf(tiny, adam(), { start: half }), await stateOf(tiny, adam())]
  const bits = ({ parameters, slots }: typeof whole) => JSON.stringify([bytesOf(parameters), bytesOf(slots)])
  return bits(resumed) === bits(whole)
}

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

async function grown(tiny: Tiny): Promise<number> {
  const executor = await openExecutor({
    model: tiny.model,
    optimizer: adam(),
    parameters: await firstParameters(tiny),
    device,
    inputs: { seed: 1, batchSize: 6, learningRate: () => 1e-3, fillBatch: (step, batch) => batch.fill(step % 2) },
  })
  const residentAfter = async (first: number, count: number) => {
    await executor.run(first, count)
    await executor.sync?.()
    collect()
    return process.memoryUsage.rss() / 2 ** 20
  }
  const before = await residentAfter(1, 20)
  const after = await residentAfter(21, 60)
  await executor.dispose()
  return after - before
}

/** Large enough that vectors kept on the device would show: 0.4 MB a step. */
const wide = tinyOf("vae", "wide", { latent: 2, hidden: [128, 128] }, sixPixels)
const settings: readonly OptimizerSettings[] = [
  { optimizer: { name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0.01 }, clip: { norm: 0.1 }, ema: 0.9 },
  { optimizer: { name: "adamw", weightDecay: 0.1 }, clip: { value: 0.01 } },
  { optimizer: { name: "rmsprop" } },
  { optimizer: { name: "adagrad" } },
  { optimizer: { name: "lion", weightDecay: 0.1 } },
]

async function see(): Promise<Seen> {
  const distances: Record<string, number | string> = {}
  for (const tiny of which === "all" ? trainable : few) distances[tiny.name] = await distance(tiny, adam())
  for (const one of settings)
    distances[`vae relu by ${one.optimizer.name}`] = await distance(named("vae relu"), optimizerOf(one))
  const resumed: Record<string, boolean> = {}
  for (const tiny of few) resumed[tiny.name] = await resumes(tiny)
  return { distances, resumes: resumed, grown: await grown(wide) }
}

const seen = await inOneContext((graph) => compile(graph, { device }), see)
writeFileSync(out, JSON.stringify(seen))
process.exit(0) // the device's own threads would keep the process
