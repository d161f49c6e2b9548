/** Every optimiser goes where PyTorch's goes: in 64 bits as a graph, in 32 as fused kernels and as a graph in ONNX Runtime. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { ndarray } from "../../src/core/array.ts"
import type { Shape } from "../../src/core/shape.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/index.ts"
import type { Optimizer } from "../../src/optim/optimizer.ts"
import { type OptimizerSettings, optimizerNames, optimizerOf } from "../../src/optim/settings.ts"
import { flatMemory, layoutOf } from "../../src/runtime/flat.ts"
import { compile } from "../../src/runtime/ort-node.ts"
import { openPasses } from "../../src/runtime/passes.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { worst } from "../laws/tiny.ts"

type Kept = Readonly<Record<string, readonly number[]>>
interface Case {
  readonly settings: OptimizerSettings
  readonly rate: number
  /** After the step that is the key. */
  readonly parameters: Kept
  readonly averages?: Kept
}
const path = new URL("optimizers.json", import.meta.url)
const { shapes, cases } = JSON.parse(readFileSync(path, "utf8")) as { shapes: Shape[]; cases: Case[] }

const size = 40
const steps = Array.from({ length: 100 }, (_, i) => i + 1)

/** Start, stiffness and centre of each parameter, as scripts/golden-optimizers.py draws them. */
function problem(): { start: number[]; gradient: (p: ArrayLike<number>, t: number) => number[] } {
  let state = 1
  const uniform = () => {
    state = Number((1664525n * BigInt(state) + 1013904223n) % 2n ** 32n)
    return state / 2 ** 32
  }
  const rows = Array.from({ length: size }, () => [4 * uniform() - 2, 0.5 + uniform(), 2 * uniform() - 1] as const)
  const gradient = (p: ArrayLike<number>, t: number) =>
    rows.map(([, stiffness, centre], i) => {
      const [before, here, after] = [p[(i + size - 1) % size]!, p[i]!, p[(i + 1) % size]!]
      const ties = Math.tanh(here - after) - Math.tanh(before - here)
      return stiffness * (here - centre) + ties + 0.3 * Math.sin(t + i)
    })
  return { start: rows.map(([first]) => first), gradient }
}
const { start, gradient } = problem()

interface Moment {
  readonly parameters: ArrayLike<number>
  readonly averages: ArrayLike<number> | undefined
}

const stateNames = ({ slots }: Optimizer) => ["p", ...slots]

function updateGraph(optimizer: Optimizer) {
  const port = (name: string) => input(name, [size])
  const scalars = optimizer.scalars(1, 1).map((_, i) => input(`scalar/${i}`, []))
  const next = optimizer.update(port("p"), port("g"), optimizer.slots.map(port), scalars)
  const outputs = [next.p, ...next.slots].map((tensor, i) => [`next/${stateNames(optimizer)[i]}`, tensor])
  return graphOf(Object.fromEntries(outputs))
}

/** What the graph gave, under the names of its ports. */
const renamed = <T>(outputs: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name.replace("next/", ""), value]))

const scalarFeeds = (optimizer: Optimizer, rate: number, t: number) =>
  Object.fromEntries(optimizer.scalars(rate, t).map((value, i) => [`scalar/${i}`, ndarray([], [value])]))

/** By the graph form, in 64 bits. */
function byReference({ settings, rate }: Case): Moment[] {
  const optimizer = optimizerOf(settings)
  const graph = updateGraph(optimizer)
  const vector = (data: ArrayLike<number>): { shape: Shape; data: Float64Array } => ({
    shape: [size],
    data: Float64Array.from(data),
  })
  let state = Object.fromEntries(stateNames(optimizer).map((name) => [name, vector(new Float64Array(size))]))
  state["p"] = vector(start)
  return steps.map((t) => {
    const scalars = optimizer.scalars(rate, t).map((value, i) => [`scalar/${i}`, { shape: [], data: [value] }] as const)
    const g = vector(gradient(state["p"]!.data, t))
    state = renamed(interpret(graph, { ...state, ...Object.fromEntries(scalars), g }))
    return { parameters: state["p"]!.data, averages: state["ema"]?.data }
  })
}

/** By the graph form in ONNX Runtime, in 32 bits. */
async function byRuntime({ settings, rate }: Case): Promise<Moment[]> {
  const optimizer = optimizerOf(settings)
  const program = await compile(updateGraph(optimizer))
  let state = Object.fromEntries(stateNames(optimizer).map((name) => [name, ndarray([size])]))
  state["p"] = ndarray([size], start)
  const moments: Moment[] = []
  for (const t of steps) {
    const g = ndarray([size], gradient(state["p"]!.data, t))
    state = renamed(await program.run({ ...state, ...scalarFeeds(optimizer, rate, t), g }))
    moments.push({ parameters: state["p"]!.data, averages: state["ema"]?.data })
  }
  await program.dispose()
  return moments
}

/** By the fused kernels, in 32 bits, over two arrays with gaps behind them. */
async function byKernels({ settings, rate }: Case): Promise<Moment[]> {
  const optimizer = optimizerOf(settings)
  const flat = flatMemory(layoutOf(shapes.map((shape, i) => [`${i}`, shape] as const)), [
    ...stateNames(optimizer),
    "gradient",
  ])
  const write = (name: string, values: readonly number[]) => {
    let from = 0
    for (const { data } of flat.arrays(name).values()) {
      data.set(values.slice(from, from + data.length))
      from += data.length
    }
  }
  const read = (name: string) => [...flat.arrays(name).values()].flatMap(({ data }) => [...data])
  const update = await openPasses(optimizer, flat)
  write("p", start)
  return steps.map((t) => {
    write("gradient", gradient(read("p"), t))
    update(rate, t)
    return { parameters: read("p"), averages: settings.ema === undefined ? undefined : read("ema") }
  })
}

const titled = cases.map((one) => ({ title: `${JSON.stringify(one.settings)} at ${one.rate}`, ...one }))

/** The largest distance from PyTorch's numbers, relative where they are large, over the steps that are kept. */
const distance = (moments: readonly Moment[], { parameters, averages }: Case): number =>
  Math.max(
    ...Object.entries(parameters).map(([t, golden]) => worst(moments[Number(t) - 1]!.parameters, golden)),
    ...Object.entries(averages ?? {}).map(([t, golden]) => worst(moments[Number(t) - 1]!.averages ?? [], golden)),
  )

describe.each(titled)("$title", (golden) => {
  it("is PyTorch's as a graph, to 10⁻¹⁰ in 64 bits", () =>
    expect(distance(byReference(golden), golden)).toBeLessThan(1e-10))
  it("is PyTorch's as fused kernels, to 10⁻⁶ in 32 bits", async () =>
    expect(distance(await byKernels(golden), golden)).toBeLessThan(1e-6))
  it("is PyTorch's as a graph in ONNX Runtime, to 10⁻⁶ in 32 bits", async () =>
    expect(distance(await byRuntime(golden), golden)).toBeLessThan(1e-6))
})

describe("the golden numbers", () => {
  it("are of every optimiser, of both ways to clip and of averages", () => {
    expect(new Set(cases.map(({ settings }) => settings.optimizer.name))).toEqual(new Set(optimizerNames))
    for (const key of ["norm", "value"]) expect(cases.some(({ settings: { clip } }) => clip && key in clip)).toBe(true)
    expect(cases.some(({ averages }) => averages !== undefined)).toBe(true)
  })
  it("would notice one constant that is another", async () => {
    const [plain] = cases.filter(({ settings }) => settings.optimizer.name === "rmsprop")
    const other: Case = { ...plain!, settings: { optimizer: { name: "rmsprop", beta2: 0.98 } } }
    expect(distance(await byKernels(other), plain!)).toBeGreaterThan(1e-3)
  })
})
