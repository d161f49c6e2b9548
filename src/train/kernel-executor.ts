import type { NdArray } from "../core/array.ts"
import { after, type Soon } from "../core/soon.ts"
import type { Graph } from "../graph/graph.ts"
import type { Parameters } from "../graph/parameter.ts"
import type { Lane, Ports } from "../runtime/bound.ts"
import { openPasses } from "../runtime/passes.ts"
import type { Engine } from "./engine.ts"
import {
  averageMetrics,
  type Executor,
  type ExecutorSetup,
  heldParameters,
  labelArray,
  type Metrics,
  newArray,
  newSharedArray,
  playerMemory,
  runSteps,
  slotsOf,
} from "./executor.ts"
import { gradientVector, openGradient, type PlayerPlace, sharesOf } from "./gradient-program.ts"
import { batchPort, gradientGraph, labelPort } from "./program.ts"
import { layoutOfRows, rowSumsOf } from "./row-sums.ts"

/** Gradients by ONNX Runtime straight into flat memory, then fused kernels over all weights in place; player by player. */
export async function openKernel(setup: ExecutorSetup, engine: Engine): Promise<Executor> {
  const { model, inputs } = setup
  const plans = Object.keys(model.players).map((name) => {
    const graph = gradientGraph(model, name, inputs.batchSize)
    return { name, graph, shares: sharesOf(setup, name, graph, engine) }
  })
  const most = Math.max(...plans.map(({ shares }) => shares))
  const lanes = most === 1 ? [engine.own] : await engine.openLanes(most) // players move in turn, on the same threads
  const canBeHad = (shares: number) => setup.shares !== undefined || shares <= lanes.length
  try {
    const possible = plans.map((plan) => (canBeHad(plan.shares) ? plan : { ...plan, shares: 1 }))
    return await openPlayers(setup, engine, possible, lanes)
  } catch (fault) {
    await disposeOf(lanes)
    throw fault
  }
}

async function disposeOf(opened: readonly { dispose(): Promise<void> }[]): Promise<void> {
  for (const each of opened) await each.dispose()
}

interface Plan {
  readonly name: string
  /** The gradient of the whole batch. */
  readonly graph: Graph
  /** In which the batch is worked on. */
  readonly shares: number
}

async function openPlayers(setup: ExecutorSetup, engine: Engine, plans: readonly Plan[], lanes: readonly Lane[]) {
  const { model, optimizer, inputs, measures } = setup
  const seesShared = ({ shares }: Plan) => shares > 1 && engine.lanesSee === "shared"
  const make = plans.some(seesShared) ? newSharedArray : newArray
  const hasCrew = engine.isDirect && engine.threads > 1
  const places = plans.map((plan) => {
    const { name, graph, shares } = plan
    const sums = engine.isDirect && shares === 1 ? rowSumsOf(graph) : new Map()
    const gradients = Array.from({ length: shares }, (_, share) => gradientVector(share))
    const sharedFrom = seesShared(plan) ? 0 : hasCrew ? crewFrom : Number.POSITIVE_INFINITY
    const extra = accumulates(setup) ? [...gradients, total] : gradients
    return { ...plan, sums, flat: playerMemory(setup, name, { extra, sharedFrom, beside: layoutOfRows(sums) }) }
  })
  const kernels = [...new Set([...optimizer.passes.map(({ kernel }) => kernel), "axpby" as const])]
  const crews = places.map(({ flat }) => engine.openCrew(flat, kernels))
  const flats = places.map(({ flat }) => flat)
  const held = heldParameters(setup, flats, make)
  const batch = make([inputs.batchSize, ...model.event])
  const labels = labelArray(setup, make)
  const shared: Ports = new Map([...held, [batchPort, batch], ...(labels ? [[labelPort, labels] as const] : [])])
  let filled = 0 // the micro-step whose batch lies there
  const fill = (micro: number) => {
    if (filled !== micro) inputs.fillBatch(micro, batch.data, labels?.data)
    filled = micro
  }
  const players: OpenPlayer[] = []
  try {
    for (const [i, { name, ...own }] of places.entries())
      players.push(await openPlayer(setup, name, { engine, lanes, shared, make, crew: crews[i]!, ...own }, fill))
  } catch (fault) {
    await disposeOf([...players, ...crews])
    throw fault
  }

  const step = (t: number, isMeasured: boolean): Soon<Metrics> =>
    players.reduce<Soon<Metrics>>(
      (before, player) =>
        after(before, (metrics) =>
          after(player.move(t, isMeasured), (own) => (isMeasured ? { ...metrics, ...own } : own)),
        ),
      {},
    )
  return {
    kind: "kernel" as const,
    async run(first: number, count: number) {
      const results = await runSteps(first, count, measures, step)
      await engine.pause()
      return results
    },
    parameters: () => unshared(held),
    slots: () => unshared(slotsOf(flats, optimizer)),
    dispose: () => disposeOf([...players, ...crews, ...lanes]),
  }
}

const crewFrom = 300_000 // floats in a vector: a thread that sleeps takes 0.1 ms to come, in which one thread moves 100,000

/** Arrays that anyone may read: those in memory that threads share are copied, since the runtime's binding refuses them. */
const unshared = (arrays: Parameters): Parameters =>
  new Map([...arrays].map(([path, array]) => [path, isOwn(array) ? array : { ...array, data: array.data.slice() }]))
const isOwn = ({ data }: NdArray): boolean => data.buffer instanceof ArrayBuffer

const total = "accumulated" // the vector that holds the average over micro-steps
const accumulates = ({ inputs }: ExecutorSetup): boolean => (inputs.accumulate ?? 1) > 1

interface OpenPlayer {
  /** Moves the player's weights once; metrics only where the step is measured. */
  move(step: number, isMeasured: boolean): Soon<Metrics>
  dispose(): Promise<void>
}

async function openPlayer(
  setup: ExecutorSetup,
  name: string,
  place: PlayerPlace,
  fillBatch: (micro: number) => void,
): Promise<OpenPlayer> {
  const { optimizer, inputs } = setup
  const gradient = await openGradient(setup, name, place)
  const update = await openPasses(optimizer, place.flat, accumulates(setup) ? total : gradientVector(), place.crew)
  const accumulate = await openAccumulation(setup, place)
  const count = inputs.accumulate ?? 1
  const once = (micro: number, isMeasured: boolean): Soon<Metrics> => {
    fillBatch(micro)
    return gradient.run(micro, isMeasured)
  }
  const accumulated = async (t: number, isMeasured: boolean): Promise<Metrics> => {
    const results: Metrics[] = []
    for (let i = 0; i < count; i++) {
      results.push(await once((t - 1) * count + i + 1, isMeasured))
      accumulate(i)
    }
    return averageMetrics(results)
  }
  const gradientOf = accumulates(setup) ? accumulated : once
  return {
    move: (t, isMeasured) =>
      after(gradientOf(t, isMeasured), (metrics) => {
        update(inputs.learningRate(t), t)
        return metrics
      }),
    dispose: gradient.dispose,
  }
}

/** Adds a share of the gradient at hand to the average: total ← gradient / n + total, from zero at the first of n. */
async function openAccumulation(setup: ExecutorSetup, { flat, crew }: PlayerPlace): Promise<(i: number) => void> {
  if (!accumulates(setup)) return () => {}
  const kernel = await crew.load("axpby", 2)
  const vectors = [gradientVector(), total].map(flat.offset)
  return (i) => kernel(...vectors, flat.layout.length, 1 / setup.inputs.accumulate!, i === 0 ? 0 : 1)
}
