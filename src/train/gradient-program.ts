/**
 * The gradient of one player as ONNX Runtime computes it into flat memory: the whole batch in one program, or, where the loss is
 * a mean over data, shares of the batch in programs of one thread each, side by side. Threads that work on data of their own
 * wait for each other once a step instead of once an operator (ADR 0007).
 */
import { type NdArray, rows } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { sameShape, sizeOf } from "../core/shape.ts"
import { after, type Soon } from "../core/soon.ts"
import { elements, multiplications } from "../graph/cost.ts"
import type { Graph } from "../graph/graph.ts"
import type { Tensor } from "../graph/tensor.ts"
import type { Lane, LaneProgram, Ports } from "../runtime/bound.ts"
import type { Crew } from "../runtime/crew.ts"
import type { FlatMemory } from "../runtime/flat.ts"
import type { Engine } from "./engine.ts"
import { averageMetrics, type ExecutorSetup, fillDraw, type Metrics, metricNames, type NewArray } from "./executor.ts"
import { assignedOf, batchPort, gradientGraph, gradientOf, labelPort, movedBy } from "./program.ts"
import { openRowSums, type RowSum, withRows } from "./row-sums.ts"

/** The vector of flat memory that a player's gradient is written to; shares after the first have one each. */
export const gradientVector = (share = 0): string => (share === 0 ? "gradient" : `gradient/${share}`)

export interface OpenGradient {
  /** Computes the gradient of the batch that lies in the shared ports, with the noise of this micro-step, and moves the buffers. */
  run(micro: number, isMeasured: boolean): Soon<Metrics>
  dispose(): Promise<void>
}

const mostShares = 4 // each has a gradient of its own to average; more threads work inside the shares
// Work in a step's gradient, in multiplications and elements written: below it a second thread costs more than it brings.
const oneThreadBelow = 30_000_000

export const cannotShare = (player: string): string =>
  `train: the batch of "${player}" cannot be shared out; its loss is not said to be a mean over data, or its noise has no row for each.`

// Multiplications a weight takes part in for each step: below it, as in dense layers, writing every weight's gradient once a
// share costs more than threads that wait for each other.
const reuse = 1000

/** How many shares a player's batch is worked on in: as many as threads where that is faster and gives the same mathematics. */
export function sharesOf(setup: ExecutorSetup, name: string, graph: Graph, engine: Engine): number {
  const { model, inputs, shares } = setup
  const { perDatum = false } = model.players[name]!
  const splits = (n: number) => {
    if (!perDatum || inputs.batchSize % n !== 0 || assignmentsOf(graph).length > 0) return false
    const part = gradientGraph(model, name, inputs.batchSize / n)
    return [...graph.draws.values()].every((draw) => kindOf(draw, part, n) !== undefined)
  }
  if (shares !== undefined) {
    if (shares > 1 && !splits(shares)) throw new EidosError("usage", cannotShare(name))
    return shares
  }
  const most = Math.min(mostShares, engine.threads)
  if (!perDatum || most === 1 || engine.lanesSee === "nothing") return 1
  const weights = movedBy(model.players[name]!, model.params).reduce(
    (total, { value }) => total + sizeOf(value.shape),
    0,
  )
  const suits = workOf(graph) >= oneThreadBelow && multiplications(graph) >= reuse * weights
  return suits && splits(most) ? most : 1
}

const workOf = (graph: Graph): number => multiplications(graph) + elements(graph)

const assignmentsOf = (graph: Graph): string[] =>
  [...graph.outputs.keys()].filter((output) => output.startsWith(assignedOf("")))

/** Whether every share has rows of a draw of its own, or all see the same; undefined where it is neither. */
function kindOf(draw: Tensor, part: Graph, shares: number): "rows" | "common" | undefined {
  const own = part.draws.get(draw.attrs.name)
  if (!own) return undefined
  if (sameShape(own.shape, draw.shape)) return "common"
  const [length = 0, ...rest] = own.shape
  return sameShape([length * shares, ...rest], draw.shape) ? "rows" : undefined
}

/** What a player computes, and where: its flat memory and the threads on it, the ports all players read, the shares of its batch and the threads for them. */
export interface PlayerPlace {
  readonly engine: Engine
  /** Of the whole batch. */
  readonly graph: Graph
  /** Gradients whose rows are added up beside the program, which flat memory has room for; none where there are shares. */
  readonly sums: ReadonlyMap<string, RowSum>
  readonly flat: FlatMemory
  readonly crew: Crew
  readonly shared: Ports
  readonly shares: number
  /** What shares run on; the whole batch runs on the engine's own. */
  readonly lanes: readonly Lane[]
  /** Makes arrays that these see. */
  readonly make: NewArray
}

/** Opens a player's gradient over its flat memory, which holds a gradient vector for each share. */
export async function openGradient(setup: ExecutorSetup, name: string, place: PlayerPlace): Promise<OpenGradient> {
  const { engine, graph: whole, sums, flat, crew, shared, shares, make } = place
  const { model, inputs } = setup
  const part = shares === 1 ? whole : gradientGraph(model, name, inputs.batchSize / shares)
  const noise = [...whole.draws.values()].map((draw) => ({ draw, array: make(draw.shape) }))
  const sources = (share: number): Map<string, NdArray> => {
    const rowsOf = (array: NdArray) => {
      const length = array.shape[0]! / shares
      return rows(array, share * length, (share + 1) * length)
    }
    const isSplit = (port: string) => port === batchPort || port === labelPort
    return new Map([
      ...[...shared].map(([port, array]) => [port, isSplit(port) ? rowsOf(array) : array] as const),
      ...noise.map(({ draw, array }) => {
        const isRows = shares > 1 && kindOf(draw, part, shares) === "rows"
        return [draw.attrs.name as string, isRows ? rowsOf(array) : array] as const
      }),
    ])
  }
  const assigned = assignmentsOf(whole).map((output) => {
    const target = shared.get(output.slice(assignedOf("").length))!
    return { output, target, next: make(target.shape) }
  })
  const gradients = (share: number): Ports =>
    new Map([...flat.arrays(gradientVector(share))].map(([path, array]) => [gradientOf(path), array]))
  const written = new Map(assigned.map(({ output, next }) => [output, next]))
  const lanes = shares === 1 ? [engine.own] : place.lanes
  const open = (share: number) => {
    const lane = lanes[share % lanes.length]!
    const outputs = new Map([...written, ...gradients(share), ...flat.beside()])
    return openShare(setup, name, place, lane, part, sources(share), outputs)
  }
  const parts: Share[] = []
  for (let share = 0; share < shares; share++) parts.push(await open(share))
  const average = await openAverage(flat, crew, shares)
  const addUp = await openRowSums(sums, flat, gradients(0))
  return {
    run(micro, isMeasured) {
      for (const { draw, array } of noise) fillDraw(draw, inputs.seed, micro, array.data)
      const begun = parts.map((part) => (isMeasured ? part.program : part.quiet).begin())
      return after(endOf(begun), () => {
        average()
        addUp()
        for (const { target, next } of assigned) target.data.set(next.data)
        return isMeasured ? averageMetrics(parts.map(metricsOf)) : {}
      })
    },
    async dispose() {
      for (const { program, quiet } of parts) {
        await program.dispose()
        if (quiet !== program) await quiet.dispose()
      }
    },
  }
}

const metricsOf = ({ metrics }: Share): Metrics =>
  Object.fromEntries(metrics.map(([metric, { data }]) => [metric, data[0]!]))

/** Comes to the end of every run, whatever another one threw. */
function endOf(runs: readonly (() => Soon<void>)[]): Soon<void> {
  const faults: unknown[] = []
  const waiting: Promise<unknown>[] = []
  for (const run of runs) {
    try {
      const running = run()
      if (running) waiting.push(running.catch((fault) => faults.push(fault)))
    } catch (fault) {
      faults.push(fault)
    }
  }
  const settle = () => {
    if (faults.length > 0) throw faults[0]
  }
  return waiting.length === 0 ? settle() : Promise.all(waiting).then(settle)
}

interface Share {
  readonly program: LaneProgram
  /** The same without metrics. */
  readonly quiet: LaneProgram
  readonly metrics: readonly (readonly [string, NdArray])[]
}

async function openShare(
  setup: ExecutorSetup,
  name: string,
  { engine, sums, shares, make }: PlayerPlace,
  lane: Lane,
  graph: Graph,
  sources: Ports,
  outputs: Ports,
): Promise<Share> {
  const { model, inputs, measures } = setup
  const quietly = measures ? gradientGraph(model, name, inputs.batchSize / shares, { withMetrics: false }) : graph
  const metrics = metricNames(graph).map((metric) => [metric, make([])] as const)
  const portsOf = ({ inputs: ports, draws }: Graph) =>
    new Map([...ports.keys(), ...draws.keys()].map((port) => [port, sources.get(port)!]))
  const threads = workOf(graph) * shares < oneThreadBelow ? 1 : Math.max(1, Math.floor(engine.threads / shares))
  const open = (form: Graph, written: Ports) => lane.bind(withRows(form, sums), portsOf(form), written, threads)
  const program = await open(graph, new Map([...metrics, ...outputs]))
  const quiet = quietly === graph ? program : await open(quietly, outputs)
  return { program, quiet, metrics }
}

/** gradient ← mean of the shares' gradients. */
async function openAverage(flat: FlatMemory, crew: Crew, shares: number): Promise<() => void> {
  if (shares === 1) return () => {}
  const kernel = await crew.load("axpby", 2)
  const [sum, ...others] = Array.from({ length: shares }, (_, share) => flat.offset(gradientVector(share)))
  return () => {
    for (const [i, other] of others.entries())
      kernel(other, sum!, flat.layout.length, 1 / shares, i === 0 ? 1 / shares : 1)
  }
}
