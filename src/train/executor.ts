/** Two ways to run training steps, chosen by size; both keep parameters and slots in flat memory and give the same mathematics. */
import ort from "onnxruntime-node"
import type { NdArray } from "../core/array.ts"
import { fillNormal, fillUniform } from "../core/random.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import type { Graph } from "../graph/graph.ts"
import { leaves, type Parameters } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Model, Player } from "../model/capabilities.ts"
import { lowerLoop, stepsPort } from "../onnx/loop.ts"
import { lower } from "../onnx/lower.ts"
import type { Optimizer } from "../optim/optimizer.ts"
import { type FlatMemory, flatMemory, layoutOf, loadKernel } from "../runtime/flat.ts"
import { openSession, type SessionOptions, toTensor } from "../runtime/ort-node.ts"
import { batchPort, gradientGraph, gradientOf, movedBy, scalarPort, stateNames, stepGraph } from "./program.ts"

/** Metric name → value of one step. */
export type Metrics = Readonly<Record<string, number>>

/** What steps are made of, as pure functions of the step's number (1, 2, …). */
export interface StepInputs {
  readonly seed: number
  readonly batchSize: number
  learningRate(step: number): number
  /** Writes the batch of this step, [batchSize, ...event]. */
  fillBatch(step: number, out: Float32Array): void
}

/** Runs steps in place. */
export interface Executor {
  readonly kind: "kernel" | "loop"
  /** Runs steps `first` … `first + count − 1` and returns the metrics of those that are measured. */
  run(first: number, count: number): Promise<Metrics[]>
  /** Parameters by path; views of live memory. */
  parameters(): Parameters
  /** Optimiser slots as `m/decoder.0.w`; views of live memory. */
  slots(): Parameters
  dispose(): Promise<void>
}

export interface ExecutorSetup {
  readonly model: Model
  readonly player: Player<any>
  readonly optimizer: Optimizer
  readonly inputs: StepInputs
  readonly parameters: Parameters
  readonly slots?: Parameters
  readonly session?: SessionOptions
  /** Which way; by the number of weights unless told. */
  readonly kind?: "kernel" | "loop"
  /**
   * Whether a step's metrics are computed; always unless told. Gradients do not need the loss itself, and leaving it out
   * changes none of their bits.
   */
  readonly measures?: (step: number) => boolean
}

// Below this many weights a step is bound by the cost of nodes, not of products, and a loop of steps wins; where exactly it starts to win was not measured here.
const loopBelow = 50_000
const loopCapacity = 50

/** The executor that suits the model's size. */
export async function openExecutor(setup: ExecutorSetup): Promise<Executor> {
  const weights = movedBy(setup.player, setup.model.params).reduce((n, { value }) => n + sizeOf(value.shape), 0)
  const kind = setup.kind ?? (weights < loopBelow && loopable(setup) ? "loop" : "kernel")
  return kind === "loop" ? openLoop(setup) : openKernel(setup)
}

const loopable = ({ model, player }: ExecutorSetup): boolean =>
  movedBy(player, model.params).length === leaves(model.params).length

/** Flat memory holding the given parameters and slots. */
function stateMemory(
  { model, player, optimizer, parameters, slots }: ExecutorSetup,
  extra: readonly string[],
): FlatMemory {
  const moved = movedBy(player, model.params)
  const layout = layoutOf(moved.map(({ path, value }) => [path, value.shape] as const))
  const flat = flatMemory(layout, ["p", ...optimizer.slots, ...extra])
  for (const [path, { data }] of flat.arrays("p")) data.set(parameters.get(path)!.data)
  for (const slot of optimizer.slots)
    for (const [path, { data }] of flat.arrays(slot)) {
      const saved = slots?.get(`${slot}/${path}`)
      if (saved) data.set(saved.data)
    }
  return flat
}

const slotsOf = (flat: FlatMemory, optimizer: Optimizer): Map<string, NdArray> =>
  new Map(
    optimizer.slots.flatMap((slot) =>
      [...flat.arrays(slot)].map(([path, array]) => [`${slot}/${path}`, array] as const),
    ),
  )

const fillers = { normal: fillNormal, uniform: fillUniform } as const
/** Fills a draw of one step. */
const fillDraw = (draw: Tensor, seed: number, step: number, out: Float32Array): Float32Array =>
  fillers[draw.attrs.distribution as keyof typeof fillers]({ seed, name: draw.attrs.name, step }, out)

const metricNames = (graph: Graph): string[] =>
  [...graph.outputs.keys()].filter((name) => !/^(gradient|next)\//.test(name))

/** Gradients by ONNX Runtime straight into flat memory, then one fused kernel over all weights in place. */
async function openKernel(setup: ExecutorSetup): Promise<Executor> {
  const { model, player, optimizer, inputs, measures } = setup
  const graph = gradientGraph(model, player, inputs.batchSize)
  const flat = stateMemory(setup, ["gradient"])
  const kernel = await loadKernel(optimizer.kernel, flat.memory)
  const held = new Map([...setup.parameters, ...flat.arrays("p")])
  const batch: NdArray = newArray([inputs.batchSize, ...model.event])
  const noise = [...graph.draws.values()].map((draw) => ({ draw, array: newArray(draw.shape) }))
  const feeds: Record<string, ort.Tensor> = {}
  for (const name of graph.inputs.keys()) feeds[name] = toTensor(name === batchPort ? batch : held.get(name)!)
  for (const { draw, array } of noise) feeds[draw.attrs.name] = toTensor(array)
  const metrics = metricNames(graph).map((name) => ({ name, array: newArray([]) }))
  const gradients = [...flat.arrays("gradient")].map(([path, array]) => [gradientOf(path), toTensor(array)] as const)
  const measured = metrics.map(({ name, array }) => [name, toTensor(array)] as const)
  const quietly = measures ? gradientGraph(model, player, inputs.batchSize, { withMetrics: false }) : graph
  const session = await openSession(lower(graph), setup.session)
  const quiet = quietly === graph ? session : await openSession(lower(quietly), setup.session)
  const [fetches, quietFetches] = [Object.fromEntries([...measured, ...gradients]), Object.fromEntries(gradients)]
  const quietFeeds = Object.fromEntries(
    [...quietly.inputs.keys(), ...quietly.draws.keys()].map((name) => [name, feeds[name]!]),
  )
  const vectors = ["p", ...optimizer.slots, "gradient"].map(flat.offset)

  async function step(t: number, isMeasured: boolean): Promise<void> {
    inputs.fillBatch(t, batch.data)
    for (const { draw, array } of noise) fillDraw(draw, inputs.seed, t, array.data)
    if (isMeasured) await session.run(feeds, fetches)
    else await quiet.run(quietFeeds, quietFetches)
    kernel(...vectors, flat.layout.length, ...optimizer.constants, ...optimizer.scalars(inputs.learningRate(t), t))
  }
  return {
    kind: "kernel",
    async run(first, count) {
      const results: Metrics[] = []
      for (let t = first; t < first + count; t++) {
        const isMeasured = measures?.(t) ?? true
        await step(t, isMeasured)
        if (isMeasured) results.push(Object.fromEntries(metrics.map(({ name, array }) => [name, array.data[0]!])))
      }
      return results
    },
    parameters: () => held,
    slots: () => slotsOf(flat, optimizer),
    async dispose() {
      await session.release()
      if (quiet !== session) await quiet.release()
    },
  }
}

const newArray = (shape: Shape): NdArray => ({ shape, data: new Float32Array(sizeOf(shape)) })

/** Many steps in one ONNX Loop with the optimiser inside, state in flat vectors, one thread. */
async function openLoop(setup: ExecutorSetup): Promise<Executor> {
  const { model, player, optimizer, inputs } = setup
  const flat = stateMemory(setup, [])
  const graph = stepGraph(model, player, optimizer, flat.layout, inputs.batchSize)
  const states = stateNames(optimizer)
  const carry = Object.fromEntries(states.map((name) => [name, `next/${name}`]))
  const session = await openSession(lowerLoop({ step: graph, carry, capacity: loopCapacity }), { threads: 1 })
  const perStep = (shape: Shape) => newArray([loopCapacity, ...shape])
  const batch = perStep([inputs.batchSize, ...model.event])
  const noise = [...graph.draws.values()].map((draw) => ({ draw, array: perStep(draw.shape) }))
  const scalars = optimizer.scalars(1e-3, 1).map(() => perStep([]))
  const vectors = ["p", ...optimizer.slots].map(flat.vector)
  const row = ({ data }: NdArray, i: number) =>
    data.subarray((i * data.length) / loopCapacity, ((i + 1) * data.length) / loopCapacity)

  function fill(first: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const t = first + i
      inputs.fillBatch(t, row(batch, i))
      for (const { draw, array } of noise) fillDraw(draw, inputs.seed, t, row(array, i))
      for (const [j, value] of optimizer.scalars(inputs.learningRate(t), t).entries()) scalars[j]!.data[i] = value
    }
  }
  const feeds: Record<string, ort.Tensor> = { [batchPort]: toTensor(batch) }
  for (const { draw, array } of noise) feeds[draw.attrs.name] = toTensor(array)
  for (const [i, array] of scalars.entries()) feeds[scalarPort(i)] = toTensor(array)
  for (const [i, name] of states.entries()) feeds[name] = toTensor({ shape: [flat.layout.length], data: vectors[i]! })

  async function chunk(first: number, count: number): Promise<Metrics[]> {
    fill(first, count)
    const steps = new ort.Tensor("int64", BigInt64Array.of(BigInt(count)), [])
    const results = await session.run({ ...feeds, [stepsPort]: steps })
    for (const [i, name] of states.entries()) vectors[i]!.set(results[`next.${name}`]!.data as Float32Array)
    return Array.from({ length: count }, (_, i) =>
      Object.fromEntries(metricNames(graph).map((name) => [name, (results[name]!.data as Float32Array)[i]!])),
    )
  }
  return {
    kind: "loop",
    async run(first, count) {
      const results: Metrics[] = []
      for (let done = 0; done < count; done += loopCapacity)
        results.push(...(await chunk(first + done, Math.min(loopCapacity, count - done))))
      return results
    },
    parameters: () => new Map([...setup.parameters, ...flat.arrays("p")]),
    slots: () => slotsOf(flat, optimizer),
    dispose: () => session.release(),
  }
}
