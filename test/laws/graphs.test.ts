/** Programs keep their meaning: simplification changes no value and adds no work, and golden files show every change. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ShapeError } from "../../src/core/errors.ts"
import { fillUniform } from "../../src/core/random.ts"
import { type Shape, sizeOf } from "../../src/core/shape.ts"
import { type Graph, graphOf } from "../../src/graph/graph.ts"
import * as ops from "../../src/graph/ops/index.ts"
import { leaves, live } from "../../src/graph/parameter.ts"
import { print } from "../../src/graph/print.ts"
import { gradients } from "../../src/graph/pullback.ts"
import { simplify } from "../../src/graph/simplify.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import { type Env, tracing } from "../../src/graph/trace.ts"
import { verify } from "../../src/graph/verify.ts"
import type { Chain } from "../../src/model/capabilities.ts"
import { adam } from "../../src/optim/adam.ts"
import { layoutOf } from "../../src/runtime/flat.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { assignedOf, gradientGraph, gradientOf, movedBy, stepGraph } from "../../src/train/program.ts"
import { feedsOf, firstParameters, playersOf, type Tiny, tinies, trainable, worst } from "./tiny.ts"

const batchSize = 4
const xOf = ({ model }: Tiny) => ops.input("x", [batchSize, ...model.event])
const eventsOf = ({ model }: Tiny) => {
  const shape = [batchSize, ...model.event]
  return { shape, data: fillUniform({ seed: 2, name: "events" }, new Float32Array(sizeOf(shape))) }
}

/** Tensors that cost something at run time: constants are free, and so are ports. */
const work = ({ nodes }: Graph): number => nodes.filter(({ inputs }) => inputs.length > 0).length

/** An environment with the model's labels, where it has classes, as one port. */
const surroundings = ({ model: { classes } }: Tiny) => {
  const label = classes === undefined ? undefined : ops.input("label", [batchSize, classes])
  return (training: boolean, root?: string) => tracing(training, root, label)
}
const labelFeed = ({ model: { classes } }: Tiny) =>
  classes === undefined ? {} : { label: { shape: [batchSize, classes], data: oneHot(classes) } }
const oneHot = (classes: number) =>
  Float32Array.from({ length: batchSize * classes }, (_, i) =>
    Number(i % classes === Math.floor(i / classes) % classes),
  )

/** A player of a model, named by the model alone where it has no other. */
interface Part {
  readonly name: string
  readonly tiny: Tiny
  readonly player: string
}
const parts: readonly Part[] = trainable.flatMap((tiny) => {
  const players = Object.keys(tiny.model.players)
  return players.map((player) => ({ name: players.length > 1 ? `${tiny.name} ${player}` : tiny.name, tiny, player }))
})

/** The gradient of a player exactly as the pullback writes it. */
function rawGradients({ tiny, player }: Part): Graph {
  const p: any = live(tiny.model.params)
  const isAlone = playersOf(tiny).length === 1
  const env = surroundings(tiny)(true, isAlone ? "noise" : `noise/${player}`)
  const { loss, metrics = {}, assign = [] } = tiny.model.players[player]!.play(p, xOf(tiny), env)
  const paths = movedBy(tiny.model.players[player]!, tiny.model.params).map(({ path }) => path)
  const at = (path: string) => path.split(".").reduce((node, name) => node[name], p) as Tensor
  const tensors = paths.map(at)
  const pathOf = (target: Tensor) => leaves(tiny.model.params).find(({ path }) => at(path) === target)!.path
  const grads = gradients(loss, tensors)
  const named = Object.entries({ loss, ...metrics }).map(([name, value]) => [
    isAlone ? name : `${player}.${name}`,
    value,
  ])
  return graphOf({
    ...Object.fromEntries(named),
    ...Object.fromEntries(paths.map((path, i) => [gradientOf(path), grads[i]!])),
    ...Object.fromEntries(assign.map(([target, next]) => [assignedOf(pathOf(target)), next])),
  })
}

/** Everything a model can be asked in evaluation, as one graph. */
function everything(tiny: Tiny): Graph {
  const { model } = tiny
  const p = live(model.params)
  const x = xOf(tiny)
  const env = surroundings(tiny)
  const elbo = model.density === "bounded" ? model.elbo(p, x, env(false, "elbo")) : {}
  return graphOf({
    ...elbo,
    ...(model.density === "bounded" && { logWeights: model.logWeights(p, x, 3, env(false, "weights")) }),
    ...(model.density === "tractable" && { logProb: model.logProb(p, x, env(false)) }),
    ...(model.sampling === "direct" && { sample: model.sample(p, batchSize, env(false, "sample")) }),
    ...(model.encode && { encode: model.encode(p, x, env(false)) }),
    ...(model.decode && { decode: model.decode(p, ops.input("z", [batchSize, model.latent!]), env(false)) }),
    ...(model.density === "unnormalized" && { freeEnergy: model.freeEnergy(p, x, env(false)) }),
    ...(model.sampling === "chain" && { walked: walked(model, p, env(false, "chain")) }),
    ...(model.critic && { critic: model.critic(p, x, env(false)) }),
  })
}

/** What the chains of a model stand for a step after their beginning. */
const walked = (model: Chain<any>, p: any, env: Env): Tensor =>
  model.emit(p, model.transition(p, model.start(p, batchSize, { ...env, rng: env.rng.fork("start") }), env))

function valuesDiffer(a: Graph, b: Graph, feeds: Parameters<typeof interpret>[1]): number {
  const [before, after] = [interpret(a, feeds), interpret(b, feeds)]
  expect(Object.keys(after)).toEqual(Object.keys(before))
  return Math.max(...Object.keys(before).map((name) => worst(after[name]!.data, before[name]!.data)))
}

describe.each(tinies)("$name", (tiny) => {
  it("means the same after simplification, in every function it has", async () => {
    const graph = everything(tiny)
    const simple = simplify(graph)
    const { latent = 1 } = tiny.model
    const z = {
      shape: [batchSize, latent],
      data: Float32Array.from({ length: batchSize * latent }, (_, i) => Math.sin(i)),
    }
    const given = { x: eventsOf(tiny), z, ...labelFeed(tiny) }
    const feeds = feedsOf(graph, await firstParameters(tiny), given)
    expect(valuesDiffer(graph, simple, feeds)).toBeLessThan(1e-9)
    expect(work(simple)).toBeLessThanOrEqual(work(graph))
    verify(graph)
    verify(simple)
  })
})

const layoutsOf = ({ model }: Tiny) =>
  new Map(
    Object.entries(model.players).map(([name, player]) => {
      const moved = movedBy(player, model.params)
      return [name, layoutOf(moved.map(({ path, value }) => [path, value.shape] as const))]
    }),
  )

describe.each(parts)("the gradient of $name", (part) => {
  const { tiny, player, name } = part
  it("means the same after simplification, with fewer tensors", async () => {
    const raw = rawGradients(part)
    const simple = gradientGraph(tiny.model, player, batchSize)
    const feeds = feedsOf(raw, await firstParameters(tiny), { x: eventsOf(tiny), ...labelFeed(tiny) })
    expect(valuesDiffer(raw, simple, feeds)).toBeLessThan(1e-9)
    expect(work(simple)).toBeLessThan(work(raw))
    verify(raw)
    verify(simple)
  })
  it("is simple: simplifying again changes nothing", () => {
    const simple = gradientGraph(tiny.model, player, batchSize)
    expect(print(simplify(simple))).toBe(print(simple))
  })
  it("is the same program without the metrics beside it, alone and in a step with its optimiser", () => {
    const layouts = layoutsOf(tiny)
    const pairs = [true, false].map((withMetrics) => [
      gradientGraph(tiny.model, player, batchSize, { withMetrics }),
      stepGraph(tiny.model, adam(), layouts, batchSize, { withMetrics }),
    ])
    for (const [i, quiet] of pairs[1]!.entries()) {
      const whole = pairs[0]![i]!
      const kept = [...quiet.outputs.keys()].map((output) => [output, whole.outputs.get(output)!] as const)
      expect(print(graphOf(Object.fromEntries(kept)))).toBe(print(quiet))
    }
  })
  it("is the program of its golden file", async () => {
    const graph = gradientGraph(tiny.model, player, batchSize)
    await expect(print(graph)).toMatchFileSnapshot(`../golden/graphs/${name.replaceAll(" ", "-")}.txt`)
  })
  it("is verified inside a step with its optimiser", () => {
    verify(stepGraph(tiny.model, adam(), layoutsOf(tiny), batchSize))
  })
})

// Random programs: each step of a recipe takes operands from what is there already. All ops are smooth, so that rounding
// cannot flip a comparison, and tanh keeps numbers small.
const leafShapes: readonly Shape[] = [[2, 3], [3], [3, 2], [2, 1], [], [2, 3]]
const sources = leafShapes.map((shape, i) => ops.input(`x${i}`, shape))
const numbers = [0, 1, -1, 2, 0.5, -3]
const steps: readonly ((a: Tensor, b: Tensor, c: number) => Tensor)[] = [
  ops.add,
  ops.sub,
  ops.mul,
  (a, _, c) => ops.mul(a, c),
  (a, _, c) => ops.mul(c, a),
  (a, _, c) => ops.add(c, a),
  (a, _, c) => ops.sub(a, c),
  (a, _, c) => ops.div(a, c === 0 ? 4 : c),
  (a, b) => ops.div(a, ops.add(ops.square(b), 1)),
  (a) => ops.tanh(a),
  (a) => ops.sigmoid(a),
  (a) => ops.square(ops.tanh(a)),
  (a) => ops.stopGradient(a),
  (a, b) => ops.bernoulliLogProb(a, ops.sigmoid(b)),
  (a, b) => ops.broadcastTo(a, b.shape),
  (a) => ops.broadcastTo(ops.sum(a, 0, true), a.shape),
  (a, _, c) => ops.broadcastTo(ops.constant(c), a.shape),
  (a) => ops.reshape(a, [...a.shape].reverse()),
  (a) => ops.reshape(a, [sizeOf(a.shape)]),
  (a) => ops.transpose(a),
  (a) => ops.sum(a, -1),
  (a) => ops.sum(ops.sum(a, -1), 0),
  (a, b) => ops.sub(a, ops.neg(b)),
  (a, b) => ops.add(ops.neg(a), b),
  (a, b) => ops.mul(ops.mul(a, 3), ops.mul(b, 0.5)),
  (a, b) => ops.matmul(a, b),
  (a, b) => ops.add(ops.matmul(a, ops.mul(b, 2)), sources[1]!),
  (a, b) => ops.matmul(ops.transpose(a), b),
  (a, b) => ops.matmul(a, b, { transB: true, alpha: 0.5 }),
  (a, b) => ops.concat([a, b], 0),
  (a) => ops.slice(a, -1, 0, 1),
  (a) => ops.add(ops.pad(ops.slice(a, 0, 0, 1), 0, 0, 1), ops.pad(ops.slice(a, 0, 1, 2), 0, 1, 0)),
  (a) => ops.pad(a, 0, 1, 0),
  (a) => ops.logSumExp(a, 0),
]
const recipe = fc.array(fc.record({ step: fc.nat(), a: fc.nat(), b: fc.nat(), c: fc.constantFrom(...numbers) }), {
  minLength: 3,
  maxLength: 14,
})

type Instruction = { step: number; a: number; b: number; c: number }

/** The last three tensors of a recipe. */
function cooked(instructions: readonly Instruction[]): Tensor[] {
  const pool: Tensor[] = [...sources]
  for (const { step, a, b, c } of instructions) {
    const newest = pool.length - 1
    try {
      pool.push(steps[step % steps.length]!(pool[newest - (a % pool.length)]!, pool[newest - (b % pool.length)]!, c))
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error // operands that do not fit make a shorter program
    }
  }
  return pool.slice(-3)
}

const programOf = (results: readonly Tensor[]): Graph =>
  graphOf(Object.fromEntries(results.map((y, i) => [`y${i}`, y])))

function programWithGradients(results: readonly Tensor[]): Graph {
  const scalar = results.map((y) => ops.sum(ops.tanh(y))).reduce(ops.add)
  const grads = gradients(scalar, sources)
  return graphOf({
    ...Object.fromEntries(results.map((y, i) => [`y${i}`, y])),
    ...Object.fromEntries(grads.map((g, i) => [`g${i}`, g])),
  })
}

const randomFeeds = Object.fromEntries(
  leafShapes.map((shape, i) => [
    `x${i}`,
    { shape, data: fillUniform({ seed: 4, name: `x${i}` }, new Float32Array(sizeOf(shape))).map((u) => 2 * u - 1) },
  ]),
)
/** A graph that also gives out every value on the way, to know how large they get. */
const isTame = (graph: Graph): boolean =>
  Object.values(
    interpret(graphOf(Object.fromEntries(graph.nodes.map((node, i) => [`n${i}`, node]))), randomFeeds),
  ).every(
    ({ data }) => data.every((value) => Math.abs(value) < 1e4), // beyond, rounding alone exceeds the tolerance
  )

describe("random programs and their gradients", () => {
  it("mean the same after simplification", () => {
    fc.assert(
      fc.property(recipe, (instructions) => {
        const graph = verify(programWithGradients(cooked(instructions)))
        fc.pre(isTame(graph))
        expect(valuesDiffer(graph, verify(simplify(graph)), randomFeeds)).toBeLessThan(1e-9)
      }),
      { numRuns: 500, seed: 1 },
    )
  })
  it("never grow by simplification", () => {
    fc.assert(
      fc.property(recipe, (instructions) => {
        const results = cooked(instructions)
        for (const graph of [programOf(results), programWithGradients(results)])
          expect(work(simplify(graph))).toBeLessThanOrEqual(work(graph))
      }),
      { numRuns: 500, seed: 1 },
    )
  })
})

describe("verify", () => {
  const x = ops.input("x", [2, 3])
  it("refuses a shape that the op's rule does not give", () =>
    expect(() => verify(graphOf({ y: { ...ops.tanh(x), shape: [3, 2] } }))).toThrow("its rule gives [2, 3]"))
  it("refuses constants that are not finite", () =>
    expect(() => verify(graphOf({ y: ops.mul(x, Number.NaN) }))).toThrow("must be finite"))
  it("refuses an order in which an operand comes late", () => {
    const graph = graphOf({ y: ops.tanh(ops.relu(x)) })
    expect(() => verify({ ...graph, nodes: [...graph.nodes].reverse() })).toThrow("before one of its operands")
  })
  it("refuses an output from elsewhere", () =>
    expect(() => verify({ ...graphOf({ y: x }), outputs: new Map([["y", ops.relu(x)]]) })).toThrow("not in the graph"))
})

describe("names", () => {
  it("are given once: two inputs of one name are refused", () =>
    expect(() => graphOf({ y: ops.add(ops.input("x", [2]), ops.input("x", [2])) })).toThrow('called "x"'))
  it("are drawn once: the same noise twice is refused, and a fork is another noise", () => {
    const { rng } = tracing(true)
    rng.normal([2])
    expect(() => rng.normal([2])).toThrow('"noise" is drawn twice')
    expect(rng.fork("other").normal([2]).attrs.name).toBe("noise/other")
    expect(() => rng.fork("other").uniform([2])).toThrow('"noise/other" is drawn twice')
  })
})
