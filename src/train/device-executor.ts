/**
 * Whole steps on a device, the optimiser in the graph. On WebGPU weights and slots stay in the device's memory: what a step
 * gives is fed to the next, and only batches, noise and the metrics of measured steps travel. ONNX Runtime's Node binding
 * knows no such memory on CUDA, so there they come back with each step.
 */
import type { Tensor } from "onnxruntime-web"
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { input } from "../graph/ops/source.ts"
import { carriedState } from "./carried-state.ts"
import type { Engine } from "./engine.ts"
import {
  type Executor,
  type ExecutorSetup,
  fillDraw,
  labelArray,
  type Metrics,
  metricNames,
  newArray,
  runSteps,
  slotsOf,
} from "./executor.ts"
import { batchPort, labelPort, scalarPort, stepGraph } from "./program.ts"

/** Why this executor cannot average over batches. */
export const noAccumulation =
  "train: gradients are accumulated on the processor only; use --device cpu, or a larger batch in place of --accumulate."

/** Steps on the device of the setup; on the processor too, where the other executors are faster. */
export async function openDevice(setup: ExecutorSetup, engine: Engine): Promise<Executor> {
  const { model, optimizer, inputs, measures } = setup
  if ((inputs.accumulate ?? 1) > 1) throw new EidosError("usage", noAccumulation)
  const { flats, layouts, held, state } = carriedState(setup)
  const { Tensor } = engine.library
  const toTensor = ({ data, shape }: NdArray) => new Tensor("float32", data, shape)
  const outputs = [...state.values()].map(({ next }) => next)
  const open = async (graph: Graph, resident: readonly string[] = []) => ({
    session: await engine.openGraph(graph, resident),
    ports: [...graph.inputs.keys(), ...graph.draws.keys()],
  })
  const traced = (withMetrics: boolean) => stepGraph(model, optimizer, layouts, inputs.batchSize, { withMetrics })
  const graph = traced(true)
  const measured = await open(graph, engine.keepsResults ? outputs : [])
  const quiet = measures ? await open(traced(false), engine.keepsResults ? outputs : []) : measured
  // The data of a tensor in WebGPU memory cannot be asked for in Node: that ends the process. A copy can be computed.
  const reader = engine.keepsResults ? await open(copying(state)) : undefined

  const batch = newArray([inputs.batchSize, ...model.event])
  const labels = labelArray(setup)
  const noise = [...graph.draws.values()].map((draw) => ({ draw, array: newArray(draw.shape) }))
  const scalars = optimizer.scalars(1e-3, 1).map(() => newArray([]))
  const fed = new Map<string, Tensor>([
    [batchPort, toTensor(batch)],
    ...(labels ? [[labelPort, toTensor(labels)] as const] : []),
    ...noise.map(({ draw, array }) => [draw.attrs.name as string, toTensor(array)] as const),
    ...scalars.map((array, i) => [scalarPort(i), toTensor(array)] as const),
    ...[...state].map(([port, { array }]) => [port, toTensor(array)] as const),
  ])
  const run = ({ session, ports }: typeof measured) =>
    session.run(Object.fromEntries(ports.map((port) => [port, fed.get(port)!])))

  async function step(t: number, isMeasured: boolean): Promise<Metrics> {
    inputs.fillBatch(t, batch.data, labels?.data)
    for (const { draw, array } of noise) fillDraw(draw, inputs.seed, t, array.data)
    for (const [i, value] of optimizer.scalars(inputs.learningRate(t), t).entries()) scalars[i]!.data[0] = value
    const results = await run(isMeasured ? measured : quiet)
    for (const [port, { next }] of state) {
      fed.get(port)!.dispose()
      fed.set(port, results[next]!)
    }
    if (!isMeasured) return {}
    return Object.fromEntries(metricNames(graph).map((name) => [name, (results[name]!.data as Float32Array)[0]!]))
  }
  return {
    kind: "device",
    async run(first, count) {
      const results = await runSteps(first, count, measures, step)
      await engine.pause()
      return results
    },
    async sync() {
      const copies = reader && (await run(reader))
      for (const [port, { array }] of state)
        array.data.set((copies ? copies[copyOf(port)]! : fed.get(port)!).data as Float32Array)
    },
    parameters: () => new Map(held),
    slots: () => slotsOf(flats, optimizer),
    async dispose() {
      for (const port of state.keys()) fed.get(port)!.dispose()
      for (const program of new Set([measured, quiet, reader])) await program?.session.release()
    },
  }
}

const copyOf = (port: string): string => `copy/${port}`

/** The state as it is, to be fetched where the step's own outputs stay on the device. */
const copying = (state: ReadonlyMap<string, { readonly array: NdArray }>): Graph =>
  graphOf(Object.fromEntries([...state].map(([port, { array }]) => [copyOf(port), input(port, array.shape)])))
