/** What holds for every model that knows p(x) up to log Z, and for the ways to find log Z. */
import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../../src/core/array.ts"
import { type Shape, sizeOf } from "../../src/core/shape.ts"
import { barsAndStripes } from "../../src/data/bars-and-stripes.ts"
import { annealedPartition, evenBetas, unevenBetas, weigh } from "../../src/evaluate/ais.ts"
import { logLikelihood } from "../../src/evaluate/likelihood.ts"
import { exactPartition, tooManyToList } from "../../src/evaluate/partition.ts"
import { meanOf } from "../../src/evaluate/statistics.ts"
import { summarize } from "../../src/evaluate/summary.ts"
import { freeEnergies } from "../../src/evaluate/unnormalized.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/index.ts"
import { live, type Parameters } from "../../src/graph/parameter.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import { tracing } from "../../src/graph/trace.ts"
import type { Model, Unnormalized } from "../../src/model/capabilities.ts"
import { configure } from "../../src/model/define.ts"
import { boltzmann, dbm, rbm } from "../../src/models/index.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { assignedOf, gradientGraph, gradientOf } from "../../src/train/program.ts"
import { binaryRows, drawnFrom, randomParameters } from "./binary.ts"
import { beginning, feedsOf, setupOf, sixBits, type Tiny, tinies, tinyOf, trained } from "./tiny.ts"

const rbmOf = (config: object, event: Shape) => rbm.build(configure(rbm, config), event)
const dbmOf = (config: object, event: Shape) => dbm.build(configure(dbm, config), event)
const sumExp = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + Math.exp(value), 0)

/** Outputs of a function of a model in 64 bits. */
function evaluated(
  model: Pick<Model, "params">,
  parameters: Parameters,
  f: (p: any) => Record<string, Tensor>,
  feeds: Record<string, NdArray> = {},
): Record<string, Float64Array> {
  const graph = graphOf(f(live(model.params)))
  const outputs = interpret(graph, feedsOf(graph, parameters, feeds))
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]))
}

/** F of all images of a model's few binary pixels, in 64 bits. */
function allFreeEnergies(model: Model & Unnormalized<any>, parameters: Parameters): Float64Array {
  const x = ndarray([2 ** sizeOf(model.event), ...model.event], binaryRows(sizeOf(model.event)))
  return evaluated(model, parameters, (p) => ({ f: model.freeEnergy(p, input("x", x.shape), tracing(false)) }), { x })[
    "f"
  ]!
}
/** log Z over the model's enumerable states, in 64 bits. */
function logZOf({ enumeration, params }: Model & Unnormalized<any>, parameters: Parameters): number {
  const { units, logDensity } = enumeration!
  const s = ndarray([2 ** units, units], binaryRows(units))
  return Math.log(
    sumExp(evaluated({ params }, parameters, (p) => ({ d: logDensity(p, input("s", s.shape)) }), { s })["d"]!),
  )
}

const unnormalized = tinies.filter(({ model }) => model.density === "unnormalized")

describe.each(unnormalized)("$name", (tiny) => {
  const model = tiny.model as Model & Unnormalized<any>
  const parameters = randomParameters(model, { seed: 1, scale: 0.8 })

  it("has exp(−F)/Z that sums to 1 over all 64 images, or to less where F is a bound", () => {
    const total = sumExp(allFreeEnergies(model, parameters).map((f) => -f - logZOf(model, parameters)))
    if (model.freeEnergyIs === "exact") expect(total).toBeCloseTo(1, 10)
    else {
      expect(total).toBeLessThan(1)
      expect(total).toBeGreaterThan(0.8)
    }
  })
  it("has in ONNX Runtime the log Z that 64-bit sums give", async () =>
    expect(await exactPartition({ model, parameters } as any)).toBeCloseTo(logZOf(model, parameters), 4))
  it("says −log p(x) exactly, or as a bound where F is one, for so few states", async () => {
    const estimates = await summarize({ model, parameters }, { ...tiny, split: "test" }, { k: 0 })
    const own = estimates.filter(({ kind }) => kind !== "baseline")
    expect(own.map(({ quantity, kind }) => `${quantity}: ${kind}`)).toEqual([
      `−log p(x): ${model.freeEnergyIs === "exact" ? "exact" : "bound"}`,
      "log Z: exact",
    ])
    const energy = meanOf(await freeEnergies({ model, parameters } as any, { ...tiny, split: "test" }))
    expect(own[0]!.value).toBeCloseTo(energy.value + logZOf(model, parameters), 4)
  })
  it("offers no reconstruction error as progress, neither while training nor after", async () => {
    const { metrics = {} } = Object.values(model.players)[0]!.play(
      live(model.params),
      input("x", [2, ...model.event]),
      tracing(true),
    )
    const estimates = await summarize({ model, parameters }, { ...tiny, split: "test" }, { k: 0 })
    const offered = [...Object.keys(metrics), ...estimates.map(({ quantity }) => quantity)].join()
    expect(offered).not.toMatch(/reconstruct|error|mse/i)
  })
  it("lowers its exact −log p of the data when trained", async () => {
    const before = await beginning(tiny)
    const end = await trained(setupOf(tiny, before, { steps: 1500, executor: "loop" }))
    const [start, late] = [await lossOf(tiny, before.parameters), await lossOf(tiny, end.parameters)]
    expect(start).toBeGreaterThan(4) // 6 log 2 = 4.16
    expect(late).toBeLessThan(start - 0.03 * start)
  })
})

/** Mean F(x) + log Z over the training data. */
async function lossOf(tiny: Tiny, parameters: Parameters): Promise<number> {
  const model = tiny.model as Model & Unnormalized<any>
  const { value } = meanOf(await freeEnergies({ model, parameters } as any, { ...tiny, split: "train" }))
  return value + logZOf(model, parameters)
}

describe("an RBM with W_ij = sin(1 + 3i + 7j), b_i = 0.3 cos i, c_j = −0.2 + 0.1j", () => {
  const model = rbmOf({ hidden: 4 }, [1, 2, 3])
  const parameters = new Map([
    [
      "w",
      ndarray(
        [6, 4],
        Float32Array.from({ length: 24 }, (_, at) => Math.sin(1 + 3 * (at >> 2) + 7 * (at & 3))),
      ),
    ],
    [
      "b",
      ndarray(
        [6],
        Float32Array.from({ length: 6 }, (_, i) => 0.3 * Math.cos(i)),
      ),
    ],
    [
      "c",
      ndarray(
        [4],
        Float32Array.from({ length: 4 }, (_, j) => -0.2 + 0.1 * j),
      ),
    ],
  ])
  // 32-bit parameters: the golden values hold to about 1e-7.
  it("has log Z = 9.120437102, summed over v and summed over h", () => {
    expect(model.enumeration!.units).toBe(4)
    expect(logZOf(model, parameters)).toBeCloseTo(9.120437102, 6)
    expect(Math.log(sumExp(allFreeEnergies(model, parameters).map((f) => -f)))).toBeCloseTo(9.120437102, 6)
  })
  it("has log p(101100) = −5.150130479", () => {
    const f = allFreeEnergies(model, parameters)[0b101100]!
    expect(-f - logZOf(model, parameters)).toBeCloseTo(-5.150130479, 6)
  })
})

describe("the player of an RBM", () => {
  const model = rbmOf({ hidden: 3, chains: 2000, gibbs: 2 }, [1, 2, 3])
  const x = ndarray([3, 1, 2, 3], [1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0])
  const graph = gradientGraph(model, "likelihood", 3)
  const parameters = randomParameters(model, { seed: 2, scale: 0.7 })
  const [w, b, c] = ["w", "b", "c"].map((path) => parameters.get(path)!.data)
  const stateProbabilities = () => {
    const logZ = logZOf(model, parameters)
    return allFreeEnergies(model, parameters).map((f) => Math.exp(-f - logZ))
  }
  const posterior = (v: ArrayLike<number>, j: number) =>
    1 / (1 + Math.exp(-(c![j]! + Array.from({ length: 6 }, (_, i) => v[i]! * w![i * 3 + j]!).reduce((s, t) => s + t))))
  const rowsOf = (states: ArrayLike<number>) =>
    Array.from({ length: states.length / 6 }, (_, n) => Array.from({ length: 6 }, (_, i) => states[n * 6 + i]!))
  const average = (states: ArrayLike<number>, f: (v: number[]) => number) => meanOf(rowsOf(states).map(f)).value

  it("has the gradient E_data − E_chains of v, h and vhᵀ with p(h|v) in place of sampled h, at the chains' last states", () => {
    const outputs = interpret(graph, feedsOf(graph, parameters, { x }))
    const chains = outputs[assignedOf("chains")]!.data
    expect(new Set(chains)).toEqual(new Set([0, 1]))
    const difference = (f: (v: number[]) => number) => average(chains, f) - average(x.data, f)
    for (let j = 0; j < 3; j++) {
      expect(outputs[gradientOf("c")]!.data[j]).toBeCloseTo(
        difference((v) => posterior(v, j)),
        10,
      )
      for (let i = 0; i < 6; i++)
        expect(outputs[gradientOf("w")]!.data[i * 3 + j]).toBeCloseTo(
          difference((v) => v[i]! * posterior(v, j)),
          10,
        )
    }
    for (let i = 0; i < 6; i++)
      expect(outputs[gradientOf("b")]!.data[i]).toBeCloseTo(
        difference((v) => v[i]!),
        10,
      )
  })
  it("has on average the gradient of the exact −log p(x), by finite differences, once its chains stand at the model", () => {
    const nats = (at: Parameters) =>
      meanOf(rowsOf(x.data).map((v) => allFreeEnergies(model, at)[Number.parseInt(v.join(""), 2)]!)).value +
      logZOf(model, at)
    const slope = (path: string, i: number) => {
      const moved = (by: number) => {
        const data = parameters.get(path)!.data.slice()
        data[i]! += by
        return nats(new Map(parameters).set(path, { ...parameters.get(path)!, data }))
      }
      return (moved(0.01) - moved(-0.01)) / 0.02
    }
    const runs = Array.from({ length: 12 }, (_, step) => {
      const chains = ndarray([2000, 6], drawnFrom(stateProbabilities(), 6, { seed: 4, n: 2000, step }))
      return interpret(graph, feedsOf(graph, parameters, { x, chains }, { seed: 4, step }))
    })
    for (const [path, i] of [
      ["b", 2],
      ["c", 1],
      ["w", 4],
      ["w", 13],
    ] as const) {
      const { value, standardError } = meanOf(runs.map((outputs) => outputs[gradientOf(path)]!.data[i]!))
      expect(Math.abs(value - slope(path, i))).toBeLessThan(4 * standardError + 1e-4)
      expect(standardError).toBeLessThan(0.01)
    }
    expect(Math.abs(slope("b", 2))).toBeGreaterThan(0.05) // there is a gradient to agree with
    expect(b).toHaveLength(6)
  })
  it("keeps its persistent particles: a step begins where the last one ended", () => {
    const step = (chains: NdArray, t: number) =>
      interpret(graph, feedsOf(graph, parameters, { x, chains }, { step: t }))[assignedOf("chains")]!
    const start = ndarray([2000, 6], new Float32Array(12_000))
    const once = step(start, 1)
    const twice = step({ shape: once.shape, data: Float32Array.from(once.data) }, 2)
    expect(twice.data).not.toEqual(step(start, 2).data)
  })
})

describe("the player of a Boltzmann machine", () => {
  it("has the gradient of the exact −log p(x) that finite differences give", () => {
    const model = boltzmann.build({ hidden: 2 }, [1, 2, 2])
    const parameters = randomParameters(model, { seed: 3, scale: 0.6 })
    const x = ndarray([3, 1, 2, 2], [1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0])
    const graph = gradientGraph(model, "likelihood", 3)
    const outputs = interpret(graph, feedsOf(graph, parameters, { x }))
    // −log p(x) from the definition, with every state listed and no code of the model
    const nats = (at: Parameters) => {
      const [theta, w] = [at.get("biases")!.data, at.get("couplings")!.data]
      const states = Array.from({ length: 64 }, (_, n) => Array.from({ length: 6 }, (_, i) => (n >> i) & 1))
      const score = (s: number[]) => {
        let [total, pair] = [0, 0]
        for (let i = 0; i < 6; i++) total += theta[i]! * s[i]!
        for (let i = 0; i < 6; i++) for (let j = i + 1; j < 6; j++) total += w[pair++]! * s[i]! * s[j]!
        return total
      }
      const logZ = Math.log(sumExp(states.map(score)))
      const ofDatum = (v: number[]) =>
        Math.log(sumExp(states.filter((s) => v.every((bit, i) => s[i] === bit)).map(score)))
      return meanOf([0, 1, 2].map((n) => logZ - ofDatum(Array.from(x.data.subarray(4 * n, 4 * n + 4))))).value
    }
    expect(outputs["negativeLogLikelihood"]!.data[0]).toBeCloseTo(nats(parameters), 9)
    for (const path of ["biases", "couplings"]) {
      const { shape, data } = parameters.get(path)!
      for (const i of data.keys()) {
        const moved = (by: number) =>
          nats(new Map(parameters).set(path, { shape, data: data.map((v, k) => v + (k === i ? by : 0)) }))
        expect(outputs[gradientOf(path)]!.data[i]).toBeCloseTo((moved(0.01) - moved(-0.01)) / 0.02, 4)
      }
    }
  })
  it("is refused more units than can be summed at every step", () =>
    expect(() => boltzmann.build({ hidden: 8 }, [1, 3, 3])).toThrow("2^17 states"))
  it("learns bars and stripes to within 0.1 nats of their entropy, log 14", async () => {
    const dataset = barsAndStripes({ side: 3 })
    const tiny = tinyOf("boltzmann", "bars", { hidden: 3 }, dataset)
    const rate = { name: "linear", start: 3e-2, end: 3e-3, steps: 1500 } as const
    const { parameters } = await trained(
      setupOf(tiny, await beginning(tiny), { steps: 1500, batchSize: 100, schedule: rate, executor: "loop" }),
    )
    const logProbs = await logLikelihood({ model: tiny.model, parameters } as any, { ...tiny, split: "test" })
    expect(-meanOf(logProbs).value).toBeLessThan(Math.log(14) + 0.1)
  })
})

describe("persistent chains", () => {
  it("reach a better exact likelihood than one step of contrastive divergence, on bars and stripes", async () => {
    const dataset = barsAndStripes({ side: 3 })
    const nats = async (config: object) => {
      const tiny = tinyOf("rbm", "bars", { hidden: 16, ...config }, dataset)
      const rate = { name: "linear", start: 3e-2, end: 1e-4, steps: 6000 } as const
      const setup = setupOf(tiny, await beginning(tiny), {
        steps: 6000,
        batchSize: 50,
        schedule: rate,
        executor: "loop",
      })
      return lossOf(tiny, (await trained(setup)).parameters)
    }
    const [cd, pcd] = [await nats({ algorithm: "cd" }), await nats({ algorithm: "pcd", chains: 100 })]
    expect(pcd).toBeLessThan(cd - 0.1)
    expect(pcd).toBeLessThan(2.9) // of log 14 = 2.64
  })
})

describe("the free energy of a deep Boltzmann machine", () => {
  const model = dbmOf({ hidden: [3, 2], meanField: 50, chains: 4 }, [1, 1, 4])
  const parameters = randomParameters(model, { seed: 5, scale: 0.8 })
  /** −log Σ_{h¹, h²} exp(b·v + c·h¹ + d·h² + vᵀW¹h¹ + h¹ᵀW²h²), every state listed. */
  function exactFreeEnergy(v: readonly number[]): number {
    const at = (path: string) => parameters.get(path)!.data
    const scores = Array.from({ length: 32 }, (_, n) => {
      const h1 = [0, 1, 2].map((j) => (n >> j) & 1)
      const h2 = [3, 4].map((k) => (n >> k) & 1)
      let total = v.reduce((sum, bit, i) => sum + bit * at("b")[i]!, 0)
      for (const [j, h] of h1.entries()) {
        total += h * at("c")[j]!
        for (const [i, bit] of v.entries()) total += bit * h * at("w1")[i * 3 + j]!
        for (const [k, top] of h2.entries()) total += h * top * at("w2")[j * 2 + k]!
      }
      return h2.reduce((sum, top, k) => sum + top * at("d")[k]!, total)
    })
    return -Math.log(sumExp(scores))
  }
  const bounds = allFreeEnergies(model, parameters)
  const exact = Float64Array.from({ length: 16 }, (_, n) =>
    exactFreeEnergy([...n.toString(2).padStart(4, "0")].map(Number)),
  )

  it("is an upper bound for each image, and not far above", () => {
    for (const [n, bound] of bounds.entries()) {
      expect(bound).toBeGreaterThan(exact[n]! - 1e-9)
      expect(bound).toBeLessThan(exact[n]! + 0.5)
    }
    expect(Math.max(...bounds.map((bound, n) => bound - exact[n]!))).toBeGreaterThan(1e-4) // a bound, not F itself
  })
  it("has the log Z that listing all three layers gives", () =>
    expect(logZOf(model, parameters)).toBeCloseTo(Math.log(sumExp(exact.map((f) => -f))), 9))
  it("does not rise with more mean-field updates", () => {
    const after = (meanField: number) =>
      meanOf(allFreeEnergies(dbmOf({ hidden: [3, 2], meanField, chains: 4 }, [1, 1, 4]), parameters)).value
    const falling = [1, 2, 5, 20].map(after)
    for (const [i, value] of falling.entries()) if (i > 0) expect(value).toBeLessThan(falling[i - 1]! + 1e-12)
  })
})

const data = {
  ...sixBits,
  dataset: sixBits,
  preprocessing: { binarize: "none", dequantize: false },
  split: "test",
} as const

describe("annealed importance sampling", () => {
  const random = Array.from({ length: 20 }, (_, seed) => {
    const model = rbmOf({ hidden: 5 + (seed % 4), chains: 100 }, [1, 2, 3])
    return { model, parameters: randomParameters(model, { seed: 10 + seed, scale: 1.2 }) }
  })
  it("comes within 3 standard errors of the enumerated log Z, on 20 random RBMs", async () => {
    const errors: number[] = []
    for (const of of random) {
      const options = { chains: 200, betas: evenBetas(60), burnIn: 50, seed: 3, threads: 1 }
      const { value, standardError, effectiveChains } = await annealedPartition(of as any, data, options)
      const exact = logZOf(of.model as any, of.parameters)
      errors.push((value - exact) / standardError)
      expect(Math.abs(value - exact)).toBeLessThan(3 * standardError)
      expect(standardError).toBeLessThan(0.2)
      expect(effectiveChains).toBeGreaterThan(20)
    }
    // Were the standard errors far too large, the law would hold for any estimate: they are of the right size.
    expect(Math.sqrt(meanOf(errors.map((e) => e ** 2)).value)).toBeGreaterThan(0.4)
  })
  it("brackets it: forward is below and backward above, on average over RBMs, when β takes few steps", async () => {
    const gaps = { forward: [] as number[], reverse: [] as number[] }
    for (const of of random) {
      const found = await annealedPartition(of as any, data, {
        chains: 10,
        betas: evenBetas(2),
        burnIn: 200,
        seed: 5,
        threads: 1,
      })
      const exact = logZOf(of.model as any, of.parameters)
      gaps.forward.push(found.value - exact)
      gaps.reverse.push(found.reverse.value - exact)
    }
    const [forward, reverse] = [meanOf(gaps.forward), meanOf(gaps.reverse)]
    expect(forward.value).toBeLessThan(-2 * forward.standardError)
    expect(reverse.value).toBeGreaterThan(2 * reverse.standardError)
  })
  it("does the same for a deep Boltzmann machine, over its first hidden layer", async () => {
    const model = dbmOf({ hidden: [6, 4], chains: 10 }, [1, 2, 3])
    const parameters = randomParameters(model, { seed: 8, scale: 0.9 })
    const options = { chains: 400, betas: evenBetas(100), seed: 1, threads: 1 }
    const { value, standardError, reverse } = await annealedPartition({ model, parameters } as any, data, options)
    const exact = logZOf(model as any, parameters)
    expect(Math.abs(value - exact)).toBeLessThan(3 * standardError)
    expect(Math.abs(reverse.value - exact)).toBeLessThan(4 * reverse.standardError)
    expect(standardError).toBeLessThan(0.1)
  })
  it("averages weights, never their logarithms", () => {
    const { value, effectiveChains, standardError } = weigh([Math.log(1), Math.log(3)])
    expect(value).toBeCloseTo(Math.log(2), 12)
    expect(effectiveChains).toBeCloseTo(16 / 10, 12)
    expect(standardError).toBeCloseTo(Math.sqrt(2) / 2 / Math.sqrt(2), 12) // sd(1, 3) = √2, mean 2, √n = √2
    expect(weigh([1000, 1000]).value).toBeCloseTo(1000, 9)
  })
  it("has schedules from 0 to 1 that never turn back, the usual one with the published proportions", () => {
    for (const betas of [evenBetas(7), unevenBetas(1), unevenBetas(29), unevenBetas(14_500)]) {
      expect([betas[0], betas.at(-1)]).toEqual([0, 1])
      expect(betas.every((beta, i) => i === 0 || beta > betas[i - 1]!)).toBe(true)
    }
    expect(unevenBetas(29)).toHaveLength(30)
    const long = unevenBetas(14_500)
    expect([long[500], long[4500]]).toEqual([0.5, 0.9])
  })
  it("stops at a signal", async () => {
    const signal = AbortSignal.abort()
    await expect(annealedPartition(random[0]! as any, data, { signal, threads: 1 })).rejects.toThrow(/abort/i)
  })
})

describe("a model whose states are too many to list", () => {
  const model = rbmOf({ hidden: 21, chains: 100 }, [1, 5, 5])
  const dataset = barsAndStripes({ side: 5, train: 200 })
  const parameters = randomParameters(model, { seed: 1, scale: 0.3 })
  const own = async () =>
    (
      await summarize(
        { model, parameters },
        { dataset, preprocessing: data.preprocessing, split: "test" },
        { k: 0, threads: 1 },
      )
    ).filter(({ kind }) => kind !== "baseline")

  it("is refused the sum", () => expect(exactPartition({ model, parameters } as any)).rejects.toThrow(tooManyToList))
  it("is measured by an estimate that says so, with the errors of data and log Z together and its settings in a note", async () => {
    const [nats, logZ, backwards] = await own()
    expect([nats!.quantity, nats!.kind, logZ!.quantity, logZ!.kind]).toEqual([
      "−log p(x)",
      "estimate",
      "log Z",
      "estimate",
    ])
    expect(nats!.note).toMatch(
      /AIS, 100 chains × 5000 β, \d+ effective(, too few to trust the ±)?; too good on average/,
    )
    expect(backwards!.note).toContain("reverse AIS")
    const energy = meanOf(
      await freeEnergies({ model, parameters } as any, { dataset, preprocessing: data.preprocessing, split: "test" }),
    )
    expect(nats!.standardError).toBeCloseTo(Math.hypot(energy.standardError, logZ!.standardError!), 6)
    expect(nats!.value).toBeCloseTo(energy.value + logZ!.value, 3)
  })
})
