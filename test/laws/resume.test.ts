/** Stopping and going on changes nothing: resumed = uninterrupted, bit for bit, whatever stopped it and wherever. */
import { describe, expect, it } from "vitest"
import { randomOf } from "../../src/core/random.ts"
import { initialize } from "../../src/graph/parameter.ts"
import { vae } from "../../src/models/index.ts"
import { adam } from "../../src/optim/adam.ts"
import type { Optimizer } from "../../src/optim/optimizer.ts"
import type { Schedule } from "../../src/optim/schedule.ts"
import { type OptimizerSettings, optimizerOf } from "../../src/optim/settings.ts"
import { decodeSafetensors, encodeSafetensors } from "../../src/storage/safetensors.ts"
import type { TrainingState } from "../../src/train/loop.ts"
import { openExecutor } from "../../src/train/open-executor.ts"
import { train } from "../../src/train/train.ts"
import { beginning, bytesOf, copied, setupOf, type Tiny, trainable, trained, worstOf } from "./tiny.ts"

const total = 70 // more than one chunk of the loop executor
const random = randomOf({ seed: 11, name: "resume" })
const stops = Array.from({ length: 10 }, () => 1 + random.integer(total - 1))

const bytes = ({ step, parameters, slots }: TrainingState) => ({
  step,
  parameters: bytesOf(parameters),
  slots: bytesOf(slots),
})
const saved = ({ step, parameters, slots }: TrainingState): TrainingState => ({
  step,
  parameters: decodeSafetensors(encodeSafetensors(parameters), "memory").tensors,
  slots: decodeSafetensors(encodeSafetensors(slots), "memory").tensors,
})

interface How {
  readonly executor: "kernel" | "loop"
  readonly optimizer?: Optimizer
  readonly schedule?: Schedule
}

/** The state at a stop, where a consumer aborts. */
async function stopped(tiny: Tiny, how: How, stop: number): Promise<TrainingState> {
  const controller = new AbortController()
  const options = { steps: total, ...how, snapshotEvery: stop, signal: controller.signal }
  const half = await trained(setupOf(tiny, await beginning(tiny), options), () => controller.abort())
  expect(half.step).toBe(stop)
  return half
}

/** Saves a state, loads it, and trains on to the end. */
const continued = (tiny: Tiny, how: How, half: TrainingState): Promise<TrainingState> =>
  trained(setupOf(tiny, saved(half), { steps: total, ...how, snapshotEvery: 9 }))

/** The states of one run at every stop, and at its end. */
async function statesOf(tiny: Tiny, how: How): Promise<TrainingState[]> {
  const states: TrainingState[] = []
  for await (const { step, parameters, slots } of train(
    setupOf(tiny, await beginning(tiny), { steps: total, ...how, snapshotEvery: 1 }),
  ))
    if (stops.includes(step) || step === total)
      states.push({ step, parameters: copied(parameters), slots: copied(slots) })
  return states
}

describe.each(trainable)("$name", (tiny) => {
  it.each(["kernel", "loop"] as const)("resumes bit for bit at 10 random steps (%s)", async (executor) => {
    const whole = bytes(await trained(setupOf(tiny, await beginning(tiny), { steps: total, executor })))
    const states = await statesOf(tiny, { executor })
    expect(states.map(({ step }) => step)).toEqual([...new Set(stops), total].sort((a, b) => a - b))
    for (const half of states) expect(bytes(await continued(tiny, { executor }, half))).toEqual(whole)
    const half = await stopped(tiny, { executor }, stops[0]!)
    expect(bytes(half)).toEqual(bytes(states.find(({ step }) => step === half.step)!))
  })
})

describe("a run with all that an optimiser can keep", () => {
  const settings: readonly OptimizerSettings[] = [
    { optimizer: { name: "sgd", momentum: 0.9, nesterov: true }, clip: { norm: 0.1 }, ema: 0.99 },
    { optimizer: { name: "lion", weightDecay: 0.1 }, clip: { value: 0.01 }, ema: 0.9 },
    { optimizer: { name: "rmsprop", weightDecay: 0.01 } },
  ]
  const schedule = { name: "step", start: 3e-3, factor: 0.5, every: 20, warmup: 30 } as const
  const cases = settings.flatMap((one) =>
    (["kernel", "loop"] as const).flatMap((executor) =>
      ["vae relu", "gan points"].map((name) => ({ rule: one.optimizer.name, one, executor, name })),
    ),
  )
  it.each(cases)("resumes bit for bit ($rule, $name, $executor)", async ({ one, executor, name }) => {
    const tiny = trainable.find((other) => other.name === name)!
    const how = { executor, optimizer: optimizerOf(one), schedule }
    const whole = bytes(await trained(setupOf(tiny, await beginning(tiny), { steps: total, ...how })))
    expect(Object.keys(whole.slots).some((slot) => slot.startsWith("ema/"))).toBe(one.ema !== undefined)
    for (const stop of stops.slice(0, 3))
      expect(bytes(await continued(tiny, how, await stopped(tiny, how, stop)))).toEqual(whole)
  })
  it.each(settings)("is the same by kernels and in the loop ($optimizer.name)", async (one) => {
    const tiny = trainable.find(({ name }) => name === "vae relu")!
    const [kernel, loop] = await Promise.all(
      (["kernel", "loop"] as const).map(async (executor) =>
        trained(setupOf(tiny, await beginning(tiny), { steps: 25, executor, optimizer: optimizerOf(one), schedule })),
      ),
    )
    expect(worstOf(kernel!.parameters, loop!.parameters)).toBeLessThan(1e-5)
    expect(worstOf(kernel!.slots, loop!.slots)).toBeLessThan(1e-5)
  })
})

describe.each(["kernel", "loop"] as const)("the %s executor", (executor) => {
  const tiny = trainable.find(({ name }) => name === "vae relu")!
  it("stops within the step in flight when a signal comes at any moment, and goes on from there", async () => {
    const controller = new AbortController()
    const endless = { steps: 10_000_000, executor, snapshotEvery: 10_000_000 }
    const schedule = { name: "constant", start: 1e-2, end: 1e-2, steps: 1 } as const
    const timer = setTimeout(() => controller.abort(), 400)
    const half = await trained(
      setupOf(tiny, await beginning(tiny), { ...endless, schedule, signal: controller.signal }),
    )
    clearTimeout(timer)
    expect(half.step).toBeGreaterThan(0)
    const steps = half.step + 13
    const resumed = await trained(setupOf(tiny, saved(half), { steps, schedule, executor }))
    const whole = await trained(setupOf(tiny, await beginning(tiny), { steps, schedule, executor }))
    expect(bytes(resumed)).toEqual(bytes(whole))
  })
  it("does not care how often somebody looks", async () => {
    const runs = [1, 7, 1000].map(async (snapshotEvery) =>
      trained(setupOf(tiny, await beginning(tiny), { steps: 30, executor, snapshotEvery })),
    )
    const [each, some, none] = (await Promise.all(runs)).map(bytes)
    expect(each).toEqual(none)
    expect(some).toEqual(none)
  })
  it("gives the averages of the same metrics however they are cut", async () => {
    const metricsOf = async (snapshotEvery: number) => {
      const all: number[] = []
      for await (const { metrics } of train(
        setupOf(tiny, await beginning(tiny), { steps: 30, executor, snapshotEvery, metricsEvery: 1 }),
      ))
        all.push(metrics["loss"]!)
      return all.reduce((a, b) => a + b, 0) / all.length
    }
    expect(await metricsOf(1)).toBeCloseTo(await metricsOf(30), 10)
  })
  it("would be caught if it forgot its slots", async () => {
    const start = await beginning(tiny)
    const half = await trained(setupOf(tiny, start, { steps: 20, executor }))
    const on = (state: TrainingState) => trained(setupOf(tiny, state, { steps: 40, executor }))
    expect(bytes(await on({ ...half, slots: new Map() }))).not.toEqual(bytes(await on(half)))
  })
})

describe("one seed", () => {
  it("means one run, another seed another", async () => {
    const tiny = trainable[0]!
    const run = async (seed: number) => bytes(await trained(setupOf(tiny, await beginning(tiny), { seed })))
    expect(await run(5)).toEqual(await run(5))
    expect(await run(6)).not.toEqual(await run(5))
  })
})

describe("metrics", () => {
  it("that are computed in some steps only change no bit of the weights", async () => {
    const runs = await Promise.all(
      [1, 3, 10].map(async (metricsEvery) => {
        const model = vae.build(vae.config.parse({ latent: 2, hidden: [8] }), [1, 2, 3])
        const inputs = {
          seed: 4,
          batchSize: 8,
          learningRate: () => 1e-2,
          fillBatch: (step: number, out: Float32Array) => out.set(out.map((_, i) => ((i * step) % 3 === 0 ? 1 : 0))),
        }
        const setup = {
          model,
          optimizer: adam(),
          inputs,
          parameters: initialize(model.params, 1),
        }
        const measures = (step: number) => step % metricsEvery === 0 || step === 25
        const executor = await openExecutor({ ...setup, kind: "kernel", measures })
        const metrics = await executor.run(1, 25)
        const weights = [...executor.parameters()].map(([path, { data }]) => [path, Array.from(data)])
        await executor.dispose()
        return { weights, measured: metrics.length, last: metrics.at(-1) }
      }),
    )
    expect(runs.map(({ measured }) => measured)).toEqual([25, 9, 3]) // multiples, and the last step
    for (const run of runs) expect(run).toMatchObject({ weights: runs[0]!.weights, last: runs[0]!.last })
  })
})
