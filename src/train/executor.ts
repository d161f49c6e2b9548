/** What runs training steps, and what every way of running them shares: all lay parameters and slots out flat and give the same mathematics. */
import type { NdArray } from "../core/array.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import type { Soon } from "../core/soon.ts"
import type { Graph } from "../graph/graph.ts"
import { confine, type Leaf, leaves, type Parameters } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Model } from "../model/capabilities.ts"
import type { Optimizer } from "../optim/optimizer.ts"
import { type FlatMemory, flatMemory, type Layout, layoutOf } from "../runtime/flat.ts"
import { fillNormal, fillUniform } from "../runtime/noise.ts"
import { movedBy } from "./program.ts"

/** Metric name → value of one step. */
export type Metrics = Readonly<Record<string, number>>

/** The average of each metric; nothing of nothing. */
export function averageMetrics(results: readonly Metrics[]): Metrics {
  if (results.length === 1) return results[0]!
  const names = Object.keys(results[0] ?? {})
  const average = (name: string) => results.reduce((total, metrics) => total + metrics[name]!, 0) / results.length
  return Object.fromEntries(names.map((name) => [name, average(name)]))
}

/**
 * What steps are made of, as pure functions of the step's number (1, 2, …). Where gradients are accumulated, batches and noise
 * are of micro-steps: step t has those of (t − 1)·accumulate + 1 … t·accumulate.
 */
export interface StepInputs {
  readonly seed: number
  readonly batchSize: number
  /** Batches over whose gradients a step averages; 1 unless told. */
  readonly accumulate?: number
  learningRate(step: number): number
  /** Writes the batch of this micro-step, [batchSize, ...event], and its one-hot labels, [batchSize, classes], where the model is conditional. */
  fillBatch(step: number, out: Float32Array, labels: Float32Array | undefined): void
}

/** Runs steps in place; in each, every player moves once, in the order the model lists them. */
export interface Executor {
  readonly kind: "kernel" | "loop" | "device"
  /** Runs steps `first` … `first + count − 1` and returns the metrics of those that are measured. */
  run(first: number, count: number): Promise<Metrics[]>
  /** Parameters by path; views of live memory. */
  parameters(): Parameters
  /** Optimiser slots as `m/decoder.0.w`; views of live memory. */
  slots(): Parameters
  /** Brings the views up to date, where a device holds the state between steps. */
  sync?(): Promise<void>
  dispose(): Promise<void>
}

export interface ExecutorSetup {
  readonly model: Model
  readonly optimizer: Optimizer
  readonly inputs: StepInputs
  readonly parameters: Parameters
  readonly slots?: Parameters
  /** Shares of the batch that are worked on side by side; by the work in a step and the threads unless told. */
  readonly shares?: number
  /**
   * Whether a step's metrics are computed; always unless told. Gradients do not need the loss itself, and leaving it out
   * changes none of their bits.
   */
  readonly measures?: (step: number) => boolean
}

export interface PlayerMemory {
  /** Vectors beside the weights and slots. */
  readonly extra?: readonly string[]
  /** Floats a vector from which on threads can share the memory; never unless told. */
  readonly sharedFrom?: number
  /** Arrays behind the vectors. */
  readonly beside?: Layout
}

/** One player's weights and slots in flat memory, filled with the given ones. */
export function playerMemory(
  setup: ExecutorSetup,
  name: string,
  { extra = [], sharedFrom = Number.POSITIVE_INFINITY, beside = layoutOf([]) }: PlayerMemory = {},
): FlatMemory {
  const { model, optimizer, parameters, slots } = setup
  const moved = movedBy(model.players[name]!, model.params)
  const layout = layoutOf(moved.map(({ path, value }) => [path, value.shape] as const))
  const flat = flatMemory(layout, ["p", ...optimizer.slots, ...extra], {
    shared: layout.length >= sharedFrom,
    beside,
  })
  const weights = flat.arrays("p")
  for (const { path, value } of moved) {
    const { data } = weights.get(path)!
    data.set(parameters.get(path)!.data)
    confine(data, value)
  }
  for (const slot of optimizer.slots)
    for (const [path, { data }] of flat.arrays(slot)) {
      const saved = slots?.get(`${slot}/${path}`)
      if (saved) data.set(saved.data)
    }
  return flat
}

/** All parameters by path: those in flat memory as views of it, the rest as copies that players may assign. */
export function heldParameters(
  { model, parameters }: ExecutorSetup,
  flats: readonly FlatMemory[],
  make = newArray,
): Map<string, NdArray> {
  const views = new Map(flats.flatMap((flat) => [...flat.arrays("p")]))
  const copy = (path: string, value: Leaf): NdArray => {
    const array = make(value.shape)
    array.data.set(parameters.get(path)!.data)
    confine(array.data, value)
    return array
  }
  return new Map(leaves(model.params).map(({ path, value }) => [path, views.get(path) ?? copy(path, value)]))
}

/** Optimiser slots of all players as `m/decoder.0.w`. */
export const slotsOf = (flats: readonly FlatMemory[], { slots }: Optimizer): Map<string, NdArray> =>
  new Map(
    flats.flatMap((flat) =>
      slots.flatMap((slot) => [...flat.arrays(slot)].map(([path, array]) => [`${slot}/${path}`, array] as const)),
    ),
  )

const fillers = { normal: fillNormal, uniform: fillUniform } as const
/** Fills a draw of one step. */
export const fillDraw = (draw: Tensor, seed: number, step: number, out: Float32Array): Float32Array =>
  fillers[draw.attrs.distribution as keyof typeof fillers]({ seed, name: draw.attrs.name, step }, out)

/** Outputs of a step that are neither gradients nor state. */
export const metricNames = (graph: Graph): string[] =>
  [...graph.outputs.keys()].filter((name) => !/^(gradient|next|assign)\//.test(name))

/** Makes an array of zeros. */
export type NewArray = (shape: Shape) => NdArray
export const newArray: NewArray = (shape) => ({ shape, data: new Float32Array(sizeOf(shape)) })
/** In memory that threads share. */
export const newSharedArray: NewArray = (shape) => ({
  shape,
  data: new Float32Array(new SharedArrayBuffer(4 * sizeOf(shape))),
})

/** Where a step's one-hot labels go; nowhere for an unconditional model. */
export const labelArray = ({ model, inputs }: ExecutorSetup, make = newArray): NdArray | undefined =>
  model.classes === undefined ? undefined : make([inputs.batchSize, model.classes])

/** Takes steps `first` … `first + count − 1` one by one and returns the metrics of those that are measured. */
export async function runSteps(
  first: number,
  count: number,
  measures: ExecutorSetup["measures"],
  step: (t: number, isMeasured: boolean) => Soon<Metrics>,
): Promise<Metrics[]> {
  const results: Metrics[] = []
  for (let t = first; t < first + count; t++) {
    const isMeasured = measures?.(t) ?? true
    const soon = step(t, isMeasured)
    const metrics = soon instanceof Promise ? await soon : soon
    if (isMeasured) results.push(metrics)
  }
  return results
}
