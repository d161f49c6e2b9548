import type { NdArray } from "../core/array.ts"
import { lower } from "../onnx/lower.ts"
import { cpuTarget } from "../runtime/cpu-target.ts"
import { type FlatMemory, loadKernel } from "../runtime/flat.ts"
import { bind, type Ports } from "../runtime/ort-bound.ts"
import { openPasses } from "../runtime/passes.ts"
import {
  averageMetrics,
  type Executor,
  type ExecutorSetup,
  fillDraw,
  heldParameters,
  labelArray,
  type Metrics,
  metricNames,
  newArray,
  playerMemory,
  slotsOf,
} from "./executor.ts"
import { assignedOf, batchPort, gradientGraph, gradientOf, labelPort } from "./program.ts"

/** Gradients by ONNX Runtime straight into flat memory, then fused kernels over all weights in place; player by player. */
export async function openKernel(setup: ExecutorSetup): Promise<Executor> {
  const { model, optimizer, inputs, measures } = setup
  const names = Object.keys(model.players)
  const flats = names.map((name) => playerMemory(setup, name, accumulates(setup) ? ["gradient", total] : ["gradient"]))
  const held = heldParameters(setup, flats)
  const batch = newArray([inputs.batchSize, ...model.event])
  const labels = labelArray(setup)
  const shared: Ports = new Map([...held, [batchPort, batch], ...(labels ? [[labelPort, labels] as const] : [])])
  let filled = 0 // the micro-step whose batch lies there
  const fill = (micro: number) => {
    if (filled !== micro) inputs.fillBatch(micro, batch.data, labels?.data)
    filled = micro
  }
  const players = await Promise.all(names.map((name, i) => openPlayer(setup, name, flats[i]!, shared, fill)))

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
  flat: FlatMemory,
  shared: Ports,
  fillBatch: (micro: number) => void,
): Promise<OpenPlayer> {
  const { model, optimizer, inputs, measures, session } = setup
  const graph = gradientGraph(model, name, inputs.batchSize)
  const quietly = measures ? gradientGraph(model, name, inputs.batchSize, { withMetrics: false }) : graph
  const noise = [...graph.draws.values()].map((draw) => ({ draw, array: newArray(draw.shape) }))
  const sources = new Map([...shared, ...noise.map(({ draw, array }) => [draw.attrs.name as string, array] as const)])
  const metrics = metricNames(graph).map((metric) => [metric, newArray([])] as const)
  const gradients = [...flat.arrays("gradient")].map(([path, array]) => [gradientOf(path), array] as const)
  const assigned = [...graph.outputs.keys()]
    .filter((output) => output.startsWith(assignedOf("")))
    .map((output) => {
      const target = shared.get(output.slice(assignedOf("").length))!
      return { output, target, next: newArray(target.shape) }
    })
  const outputs: (readonly [string, NdArray])[] = [
    ...gradients,
    ...assigned.map(({ output, next }) => [output, next] as const),
  ]
  const feeding = (names: Iterable<string>) => new Map([...names].map((port) => [port, sources.get(port)!]))
  const portsOf = ({ inputs: ports, draws }: typeof graph) => feeding([...ports.keys(), ...draws.keys()])
  const target = await cpuTarget()
  const program = await bind(lower(graph, { target }), portsOf(graph), new Map([...metrics, ...outputs]), session)
  const quiet =
    quietly === graph ? program : await bind(lower(quietly, { target }), portsOf(quietly), new Map(outputs), session)
  const update = await openPasses(optimizer, flat, accumulates(setup) ? total : "gradient")
  const accumulate = await openAccumulation(setup, flat)
  const count = inputs.accumulate ?? 1

  /** The gradient of one batch, where the program writes it, and the buffers after it. */
  async function differentiate(micro: number, isMeasured: boolean): Promise<Metrics> {
    fillBatch(micro)
    for (const { draw, array } of noise) fillDraw(draw, inputs.seed, micro, array.data)
    const running = (isMeasured ? program : quiet).run()
    if (running) await running
    for (const { target, next } of assigned) target.data.set(next.data)
    return isMeasured ? Object.fromEntries(metrics.map(([metric, { data }]) => [metric, data[0]!])) : {}
  }
  return {
    async move(t, isMeasured) {
      const results: Metrics[] = []
      for (let i = 0; i < count; i++) {
        results.push(await differentiate((t - 1) * count + i + 1, isMeasured))
        accumulate(i)
      }
      update(inputs.learningRate(t), t)
      return averageMetrics(results)
    },
    async dispose() {
      await program.dispose()
      if (quiet !== program) await quiet.dispose()
    },
  }
}

/** Adds a share of the gradient at hand to the average: total ← gradient / n + total, from zero at the first of n. */
async function openAccumulation(setup: ExecutorSetup, flat: FlatMemory): Promise<(i: number) => void> {
  if (!accumulates(setup)) return () => {}
  const kernel = await loadKernel("axpby", flat.memory)
  const vectors = ["gradient", total].map(flat.offset)
  return (i) => kernel(...vectors, flat.layout.length, 1 / setup.inputs.accumulate!, i === 0 ? 0 : 1)
}
