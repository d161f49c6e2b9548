import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import type { Shape } from "../core/shape.ts"
import { lowerLoop, stepsPort } from "../onnx/loop.ts"
import { carriedState } from "./carried-state.ts"
import type { Engine } from "./engine.ts"
import {
  type Executor,
  type ExecutorSetup,
  fillDraw,
  type Metrics,
  metricNames,
  newArray,
  slotsOf,
} from "./executor.ts"
import { batchPort, labelPort, scalarPort, stepGraph } from "./program.ts"

const capacity = 50 // steps a call; more buys nothing and delays the answer to a signal

/** Why this executor cannot average over batches. */
export const noAccumulation =
  "train: the loop of steps does not accumulate gradients; leave the executor out, or ask for the kernel."

/** Many steps in one ONNX Loop with the optimiser inside, state in flat vectors, one thread. */
export async function openLoop(setup: ExecutorSetup, engine: Engine): Promise<Executor> {
  const { model, optimizer, inputs } = setup
  if ((inputs.accumulate ?? 1) > 1) throw new EidosError("usage", noAccumulation)
  const { flats, layouts, held, state } = carriedState(setup)
  const graph = stepGraph(model, optimizer, layouts, inputs.batchSize)
  const carry = Object.fromEntries([...state].map(([port, { next }]) => [port, next]))
  const session = await engine.openModel(lowerLoop({ step: graph, carry, capacity }))
  const { Tensor } = engine.library
  const perStep = (shape: Shape) => newArray([capacity, ...shape])
  const batch = perStep([inputs.batchSize, ...model.event])
  const labels = model.classes === undefined ? undefined : perStep([inputs.batchSize, model.classes])
  const noise = [...graph.draws.values()].map((draw) => ({ draw, array: perStep(draw.shape) }))
  const scalars = optimizer.scalars(1e-3, 1).map(() => perStep([]))
  const row = ({ data }: NdArray, i: number) =>
    data.subarray((i * data.length) / capacity, ((i + 1) * data.length) / capacity)

  function fill(first: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const t = first + i
      inputs.fillBatch(t, row(batch, i), labels && row(labels, i))
      for (const { draw, array } of noise) fillDraw(draw, inputs.seed, t, row(array, i))
      for (const [j, value] of optimizer.scalars(inputs.learningRate(t), t).entries()) scalars[j]!.data[i] = value
    }
  }
  const fed = new Map<string, NdArray>([[batchPort, batch]])
  if (labels) fed.set(labelPort, labels)
  for (const { draw, array } of noise) fed.set(draw.attrs.name, array)
  for (const [i, array] of scalars.entries()) fed.set(scalarPort(i), array)
  for (const [port, { array }] of state) fed.set(port, array)
  const ports = [...graph.inputs.keys(), ...graph.draws.keys()]
  const feeds = Object.fromEntries(
    ports.map((port) => [port, new Tensor("float32", fed.get(port)!.data, fed.get(port)!.shape)]),
  )

  async function chunk(first: number, count: number): Promise<Metrics[]> {
    fill(first, count)
    const steps = new Tensor("int64", BigInt64Array.of(BigInt(count)), [])
    const results = await session.run({ ...feeds, [stepsPort]: steps })
    for (const [port, { array }] of state) array.data.set(results[`next.${port}`]!.data as Float32Array)
    return Array.from({ length: count }, (_, i) =>
      Object.fromEntries(metricNames(graph).map((name) => [name, (results[name]!.data as Float32Array)[i]!])),
    )
  }
  return {
    kind: "loop",
    async run(first, count) {
      const results: Metrics[] = []
      for (let done = 0; done < count; done += capacity)
        results.push(...(await chunk(first + done, Math.min(capacity, count - done))))
      await engine.pause()
      return results
    },
    parameters: () => held,
    slots: () => slotsOf(flats, optimizer),
    dispose: () => session.release(),
  }
}
