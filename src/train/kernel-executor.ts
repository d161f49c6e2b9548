import { type FlatMemory, loadKernel } from "../runtime/flat.ts"
import type { Ports } from "../runtime/ort-bound.ts"
import { openPasses } from "../runtime/passes.ts"
import {
  averageMetrics,
  type Executor,
  type ExecutorSetup,
  heldParameters,
  labelArray,
  type Metrics,
  newArray,
  playerMemory,
  slotsOf,
} from "./executor.ts"
import { gradientVector, openGradient, sharesOf } from "./gradient-program.ts"
import { batchPort, labelPort } from "./program.ts"

/** Gradients by ONNX Runtime straight into flat memory, then fused kernels over all weights in place; player by player. */
export async function openKernel(setup: ExecutorSetup): Promise<Executor> {
  const { model, optimizer, inputs, measures } = setup
  const names = Object.keys(model.players)
  const shares = await Promise.all(names.map((name) => sharesOf(setup, name)))
  const flats = names.map((name, i) => {
    const gradients = Array.from({ length: shares[i]! }, (_, share) => gradientVector(share))
    return playerMemory(setup, name, accumulates(setup) ? [...gradients, total] : gradients)
  })
  const held = heldParameters(setup, flats)
  const batch = newArray([inputs.batchSize, ...model.event])
  const labels = labelArray(setup)
  const shared: Ports = new Map([...held, [batchPort, batch], ...(labels ? [[labelPort, labels] as const] : [])])
  let filled = 0 // the micro-step whose batch lies there
  const fill = (micro: number) => {
    if (filled !== micro) inputs.fillBatch(micro, batch.data, labels?.data)
    filled = micro
  }
  const players = await Promise.all(
    names.map((name, i) => openPlayer(setup, name, { flat: flats[i]!, shared, shares: shares[i]! }, fill)),
  )

  async function step(t: number, isMeasured: boolean): Promise<Metrics> {
    const metrics: Record<string, number> = {}
    for (const player of players) Object.assign(metrics, await player.move(t, isMeasured))
    return metrics
  }
  return {
    kind: "kernel",
    async run(first, count) {
      const results: Metrics[] = []
      for (let t = first; t < first + count; t++) {
        const isMeasured = measures?.(t) ?? true
        const metrics = await step(t, isMeasured)
        if (isMeasured) results.push(metrics)
      }
      await new Promise(setImmediate) // direct calls never leave the thread: let signals and timers have their turn
      return results
    },
    parameters: () => held,
    slots: () => slotsOf(flats, optimizer),
    async dispose() {
      for (const player of players) await player.dispose()
    },
  }
}

const total = "accumulated" // the vector that holds the average over micro-steps
const accumulates = ({ inputs }: ExecutorSetup): boolean => (inputs.accumulate ?? 1) > 1

interface OpenPlayer {
  /** Moves the player's weights once; metrics only where the step is measured. */
  move(step: number, isMeasured: boolean): Promise<Metrics>
  dispose(): Promise<void>
}

async function openPlayer(
  setup: ExecutorSetup,
  name: string,
  place: { readonly flat: FlatMemory; readonly shared: Ports; readonly shares: number },
  fillBatch: (micro: number) => void,
): Promise<OpenPlayer> {
  const { optimizer, inputs } = setup
  const gradient = await openGradient(setup, name, place)
  const update = await openPasses(optimizer, place.flat, accumulates(setup) ? total : gradientVector())
  const accumulate = await openAccumulation(setup, place.flat)
  const count = inputs.accumulate ?? 1
  return {
    async move(t, isMeasured) {
      const results: Metrics[] = []
      for (let i = 0; i < count; i++) {
        const micro = (t - 1) * count + i + 1
        fillBatch(micro)
        results.push(await gradient.run(micro, isMeasured))
        accumulate(i)
      }
      update(inputs.learningRate(t), t)
      return averageMetrics(results)
    },
    dispose: gradient.dispose,
  }
}

/** Adds a share of the gradient at hand to the average: total ← gradient / n + total, from zero at the first of n. */
async function openAccumulation(setup: ExecutorSetup, flat: FlatMemory): Promise<(i: number) => void> {
  if (!accumulates(setup)) return () => {}
  const kernel = await loadKernel("axpby", flat.memory)
  const vectors = [gradientVector(), total].map(flat.offset)
  return (i) => kernel(...vectors, flat.layout.length, 1 / setup.inputs.accumulate!, i === 0 ? 0 : 1)
}
