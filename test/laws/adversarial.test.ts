/** Two players: each moves its own weights only, the critic finds the density ratio, and losses are finite wherever they go. */
import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../../src/core/array.ts"
import { fillNormal } from "../../src/core/random.ts"
import type { Dataset } from "../../src/data/dataset.ts"
import { compileFor } from "../../src/evaluate/evaluator.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/index.ts"
import { leaves, live } from "../../src/graph/parameter.ts"
import { gradients } from "../../src/graph/pullback.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import { tracing } from "../../src/graph/trace.ts"
import type { Model, Player } from "../../src/model/capabilities.ts"
import { adam } from "../../src/optim/adam.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { gradientGraph, gradientOf } from "../../src/train/program.ts"
import { beginning, bytesOf, feedsOf, firstParameters, setupOf, sixPixels, tinies, tinyOf, trained } from "./tiny.ts"

const adversarial = tinies.filter(({ model }) => model.critic)
const only = (model: Model, name: string): Model => ({ ...model, players: { [name]: model.players[name]! } }) as Model

describe.each(adversarial)("$name", (tiny) => {
  const { model } = tiny
  const names = Object.keys(model.players)
  const movesOf = (name: string) => model.players[name]!.moves![0]!

  it.each(names)("leaves the weights of the others untouched, to the bit, when %s moves", async (name) => {
    const start = await beginning(tiny)
    const after = bytesOf((await trained(setupOf({ ...tiny, model: only(model, name) }, start))).parameters)
    for (const [path, before] of Object.entries(bytesOf(start.parameters)))
      expect([path, after[path] !== before]).toEqual([path, path.startsWith(`${movesOf(name)}.`)])
  })
  it("moves every weight with exactly one player", () => {
    const moved = names.flatMap((name) =>
      leaves(model.params).filter(({ path }) => path.startsWith(`${movesOf(name)}.`)),
    )
    expect(moved.map(({ path }) => path).sort()).toEqual(
      leaves(model.params)
        .map(({ path }) => path)
        .sort(),
    )
  })
  it("lets no gradient of the critic's loss into the generator: it is zero, not only unused", async () => {
    const outputs = await gradientsOf(model, model.players["critic"]!, await firstParameters(tiny))
    for (const [path, { data }] of Object.entries(outputs))
      expect([path, data.some((g) => g !== 0)]).toEqual([path, path.startsWith("critic.")])
  })
  it("lets the generator's gradient through the critic: it is none without it", async () => {
    const outputs = await gradientsOf(model, model.players["generator"]!, await firstParameters(tiny))
    expect(outputs["generator.0.w"]!.data.some((g) => g !== 0)).toBe(true)
    expect(outputs["critic.0.w"]!.data.some((g) => g !== 0)).toBe(true) // which is why `moves` must keep it from being applied
  })
  it("judges a datum the same whatever else is in the batch", async () => {
    const parameters = await firstParameters(tiny)
    const size = model.event.reduce((a, b) => a * b, 1)
    const values = fillNormal({ seed: 1, name: "data" }, new Float32Array(5 * size))
    const logits = async (rows: number) => {
      const program = await compileFor(
        model,
        (p, env) => ({ logits: model.critic!(p, input("x", [rows, ...model.event]), env) }),
        { rows },
      )
      const label = Float32Array.from({ length: rows * (model.classes ?? 0) }, (_, i) =>
        Number(i % model.classes! === 1),
      )
      const x = ndarray([rows, ...model.event], values.slice(0, rows * size))
      const given = model.classes === undefined ? { x } : { x, label: ndarray([rows, model.classes], label) }
      const outputs = await program.run(parameters, given)
      await program.dispose()
      return outputs["logits"]!.data
    }
    expect(Math.abs((await logits(5))[0]! - (await logits(1))[0]!)).toBeLessThan(1e-6)
  })
})

/** The gradients of a player's loss for all weights, whoever moves them. */
async function gradientsOf(model: Model, player: Player<any>, parameters: Map<string, NdArray>) {
  const p: any = live(model.params)
  const label = model.classes === undefined ? undefined : input("label", [4, model.classes])
  const { loss } = player.play(p, input("x", [4, ...model.event]), tracing(true, "noise", label))
  const paths = leaves(model.params).map(({ path }) => path)
  const tensors = paths.map((path) => path.split(".").reduce((node, name) => node[name], p) as Tensor)
  const graph = graphOf(Object.fromEntries(gradients(loss, tensors).map((g, i) => [paths[i]!, g])))
  const values = [...graph.inputs].flatMap(([name, { shape }]) => {
    if (parameters.has(name)) return []
    const length = shape.reduce((a, b) => a * b, 1)
    const data = fillNormal({ seed: 2, name }, new Float32Array(length))
    return [[name, { shape, data }] as const]
  })
  return interpret(graph, feedsOf(graph, parameters, Object.fromEntries(values)))
}

const pixels = { generator: [4], critic: [3], latent: 2 }
/** A GAN whose critic gives every x the same logit. */
async function sure(logit: number, config: object = {}) {
  const { model } = tinyOf("gan", "sure", { ...pixels, ...config }, sixPixels)
  const parameters = await firstParameters(tinyOf("gan", "sure", { ...pixels, ...config }, sixPixels))
  for (const [path, { data }] of parameters) if (path.startsWith("critic.")) data.fill(0)
  parameters.get("critic.1.b")!.data[0] = logit
  const outputsOf = (player: string) => {
    const graph = gradientGraph(model, player, 4)
    const x = { shape: [4, ...model.event], data: new Float32Array(24).fill(0.5) }
    return interpret(graph, feedsOf(graph, parameters, { x }))
  }
  return { critic: outputsOf("critic"), generator: outputsOf("generator") }
}
const scalar = (values: { data: Float64Array } | undefined): number => values!.data[0]!

describe("the losses of a GAN", () => {
  it("are V = −log 4 where the critic cannot tell", async () => {
    const { critic, generator } = await sure(0)
    expect(scalar(critic["critic.value"])).toBeCloseTo(-1.386294361, 8)
    expect(scalar(critic["critic.loss"])).toBeCloseTo(Math.log(4), 8)
    expect(scalar(generator["generator.loss"])).toBeCloseTo(Math.LN2, 8)
    expect([scalar(critic["critic.real"]), scalar(critic["critic.fake"])]).toEqual([0.5, 0.5])
  })
  it.each([100, -100])("are finite, and so are their gradients, where the logit is %i", async (logit) => {
    for (const loss of ["non-saturating", "saturating"]) {
      const { critic, generator } = await sure(logit, { loss })
      for (const { data } of [...Object.values(critic), ...Object.values(generator)])
        expect(data.every(Number.isFinite)).toBe(true)
      expect(scalar(critic["critic.loss"])).toBeCloseTo(100, 5)
    }
  })
  it("keep a gradient for the generator where the critic is sure of fakes, which the saturating one loses", async () => {
    const slope = (loss: string) => {
      const { model } = tinyOf("gan", loss, { ...pixels, loss }, sixPixels)
      const logits = input("logits", [])
      const graph = graphOf({ slope: gradients(model.samplerLoss!(logits), [logits])[0]! })
      return scalar(interpret(graph, { logits: ndarray([], [-20]) })["slope"])
    }
    expect(slope("non-saturating")).toBeCloseTo(-1, 6)
    expect(Math.abs(slope("saturating"))).toBeLessThan(1e-8)
    expect(slope("saturating")).toBeLessThan(0) // both push the logit up
  })
  it("with one-sided smoothing of 0.1 are at rest on data where D = 0.9, and are the same on samples", async () => {
    const logit = Math.log(0.9 / 0.1)
    // d/dℓ of softplus(ℓ) over samples is D = 0.9; what data add must be nothing.
    const slope = async (smoothing: number) =>
      scalar((await sure(logit, { smoothing })).critic[gradientOf("critic.1.b")])
    expect(await slope(0.1)).toBeCloseTo(0.9, 6)
    expect(await slope(0)).toBeCloseTo(0.9 - 0.1, 6)
  })
})

/** Reals drawn from N(mean, std²). */
function normals(mean: number, std: number): Dataset {
  const split = (name: string, count: number) => ({
    count,
    pixels: fillNormal({ seed: 4, name }, new Float32Array(count)).map((e) => mean + std * e),
  })
  const splits = { train: split("train", 20_000), validation: split("validation", 10), test: split("test", 10) }
  return { name: "normals", event: [1], levels: "real", classes: [], splits, digest: "", source: "Made by the test." }
}
const density = (x: number, mean: number, std: number) => Math.exp(-0.5 * ((x - mean) / std) ** 2) / std

describe("the critic of a frozen 1-D generator", () => {
  // p = N(0.5, 0.8²); the generator z ↦ 1.2 z − 0.5 makes q = N(−0.5, 1.2²).
  it("approaches p / (p + q) (Goodfellow et al. 2014, prop. 1)", async () => {
    const config = { latent: 1, generator: [], critic: [32, 32], activation: "tanh" }
    const tiny = tinyOf("gan", "frozen", config, normals(0.5, 0.8))
    const parameters = await firstParameters(tiny)
    parameters.get("generator.0.w")!.data[0] = 1.2
    parameters.get("generator.0.b")!.data[0] = -0.5
    const frozen = { ...tiny, model: only(tiny.model, "critic") }
    const schedule = { name: "linear", start: 5e-3, end: 1e-4, steps: 2500 } as const
    const setup = { steps: 2500, batchSize: 256, schedule, optimizer: adam({ beta1: 0.5 }) }
    const { parameters: learned } = await trained(setupOf(frozen, { step: 0, parameters, slots: new Map() }, setup))
    const at = Array.from({ length: 31 }, (_, i) => -2.2 + 0.14 * i) // where p + q has 94 % of its mass
    const program = await compileFor(tiny.model, (p, env) => ({
      logits: tiny.model.critic!(p, input("x", [at.length, 1]), env),
    }))
    const { logits } = await program.run(learned, { x: ndarray([at.length, 1], at) })
    await program.dispose()
    const errors = at.map((x, i) => {
      const [p, q] = [density(x, 0.5, 0.8), density(x, -0.5, 1.2)]
      return Math.abs(1 / (1 + Math.exp(-logits!.data[i]!)) - p / (p + q))
    })
    expect(Math.max(...errors)).toBeLessThan(0.04) // the ratio runs from 0.01 to 0.74
  }, 20_000)
})
