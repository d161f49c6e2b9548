/** Training steps on onnxruntime-web: what `src/train`'s two executors do in Node, from what a page has. */
import type { NdArray } from "../../src/core/array.ts"
import type { Shape } from "../../src/core/shape.ts"
import type { Graph } from "../../src/graph/graph.ts"
import { lowerLoop, stepsPort } from "../../src/onnx/loop.ts"
import type { FlatMemory } from "../../src/runtime/flat.ts"
import { compile } from "../../src/runtime/ort-web.ts"
import { openPasses } from "../../src/runtime/passes.ts"
import { createSession } from "../../src/runtime/program.ts"
import {
  type Executor,
  type ExecutorSetup,
  fillDraw,
  heldParameters,
  labelArray,
  type Metrics,
  metricNames,
  newArray,
  playerMemory,
  runSteps,
  slotsOf,
} from "../../src/train/executor.ts"
import {
  assignedOf,
  batchPort,
  gradientGraph,
  gradientOf,
  labelPort,
  nextOf,
  scalarPort,
  stateNames,
  stepGraph,
  unmoved,
} from "../../src/train/program.ts"

/** What a page gives a training: its model, and threads of WebAssembly. */
export interface WebSetup extends ExecutorSetup {
  readonly threads: number
}

/** Gradients by onnxruntime-web, then fused kernels over flat memory in place; player by player. */
export async function openWebKernel(setup: WebSetup): Promise<Executor> {
  const { model, optimizer, inputs, measures } = setup
  const names = Object.keys(model.players)
  const flats = names.map((name) => playerMemory(setup, name, ["gradient"]))
  const held = heldParameters(setup, flats)
  const batch = newArray([inputs.batchSize, ...model.event])
  const labels = labelArray(setup)
  const shared = new Map([...held, [batchPort, batch], ...(labels ? [[labelPort, labels] as const] : [])])
  const players = await Promise.all(names.map((name, i) => openPlayer(setup, name, flats[i]!, shared)))

  async function step(t: number, isMeasured: boolean): Promise<Metrics> {
    inputs.fillBatch(t, batch.data, labels?.data)
    const metrics: Record<string, number> = {}
    for (const player of players) Object.assign(metrics, await player.move(t, isMeasured))
    return metrics
  }
  return {
    kind: "kernel",
    run: (first, count) => runSteps(first, count, measures, step),
    parameters: () => held,
    slots: () => slotsOf(flats, optimizer),
    async dispose() {
      for (const player of players) await player.dispose()
    },
  }
}

interface OpenPlayer {
  /** Moves the player's weights once; metrics only where the step is measured. */
  move(step: number, isMeasured: boolean): Promise<Metrics>
  dispose(): Promise<void>
}

async function openPlayer(
  { model, optimizer, inputs, measures, threads }: WebSetup,
  name: string,
  flat: FlatMemory,
  shared: ReadonlyMap<string, NdArray>,
): Promise<OpenPlayer> {
  const graph = gradientGraph(model, name, inputs.batchSize)
  const quietly = measures ? gradientGraph(model, name, inputs.batchSize, { withMetrics: false }) : graph
  const noise = [...graph.draws.values()].map((draw) => ({ draw, array: newArray(draw.shape) }))
  const feeds = Object.fromEntries([
    ...shared,
    ...noise.map(({ draw, array }) => [draw.attrs.name as string, array] as const),
  ])
  const open = (program: Graph) => compile(program, { provider: "wasm", threads })
  const program = await open(graph)
  const quiet = quietly === graph ? program : await open(quietly)
  const update = await openPasses(optimizer, flat)
  const targets = new Map([...flat.arrays("gradient")].map(([path, array]) => [gradientOf(path), array]))
  for (const output of quietly.outputs.keys())
    if (output.startsWith(assignedOf(""))) targets.set(output, shared.get(output.slice(assignedOf("").length))!)

  return {
    async move(t, isMeasured) {
      for (const { draw, array } of noise) fillDraw(draw, inputs.seed, t, array.data)
      const results = await (isMeasured ? program : quiet).run(feeds)
      for (const [output, { data }] of targets) data.set(results[output]!.data)
      update(inputs.learningRate(t), t)
      return isMeasured ? metricsOf(graph, (metric) => results[metric]!.data[0]!) : {}
    },
    async dispose() {
      await program.dispose()
      if (quiet !== program) await quiet.dispose()
    },
  }
}

const metricsOf = (graph: Graph, value: (metric: string) => number): Metrics =>
  Object.fromEntries(metricNames(graph).map((metric) => [metric, value(metric)]))

/** Steps `capacity` at a time in one ONNX Loop with the optimiser inside, state in flat vectors. */
export async function openWebLoop(setup: WebSetup, capacity: number): Promise<Executor> {
  const { model, optimizer, inputs, threads } = setup
  const names = Object.keys(model.players)
  const flats = names.map((name) => playerMemory(setup, name, []))
  const layouts = new Map(names.map((name, i) => [name, flats[i]!.layout]))
  const graph = stepGraph(model, optimizer, layouts, inputs.batchSize)
  const held = heldParameters(setup, flats)
  const state = new Map<string, { readonly data: Float32Array; readonly next: string }>()
  for (const [i, name] of names.entries())
    for (const [j, port] of stateNames(name, optimizer).entries())
      state.set(port, { data: flats[i]!.vector(["p", ...optimizer.slots][j]!), next: nextOf(port) })
  for (const path of unmoved(model, layouts)) state.set(path, { data: held.get(path)!.data, next: assignedOf(path) })
  const carry = Object.fromEntries([...state].map(([port, { next }]) => [port, next]))

  const ort = await import("#ort-wasm")
  ort.env.wasm.numThreads = threads
  const session = await createSession(ort, lowerLoop({ step: graph, carry, capacity }), {
    executionProviders: ["wasm"],
  })
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
  for (const [port, { data }] of state) fed.set(port, { shape: graph.inputs.get(port)!.shape, data })
  const ports = [...graph.inputs.keys(), ...graph.draws.keys()]
  const feeds = Object.fromEntries(
    ports.map((port) => [port, new ort.Tensor("float32", fed.get(port)!.data, fed.get(port)!.shape)]),
  )

  async function chunk(first: number, count: number): Promise<Metrics[]> {
    fill(first, count)
    const steps = new ort.Tensor("int64", BigInt64Array.of(BigInt(count)), [])
    const results = await session.run({ ...feeds, [stepsPort]: steps })
    for (const [port, { data }] of state) data.set(results[`next.${port}`]!.data as Float32Array)
    return Array.from({ length: count }, (_, i) =>
      metricsOf(graph, (name) => (results[name]!.data as Float32Array)[i]!),
    )
  }
  return {
    kind: "loop",
    async run(first, count) {
      const results: Metrics[] = []
      for (let done = 0; done < count; done += capacity)
        results.push(...(await chunk(first + done, Math.min(capacity, count - done))))
      return results
    },
    parameters: () => held,
    slots: () => slotsOf(flats, optimizer),
    dispose: () => session.release(),
  }
}
