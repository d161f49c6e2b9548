/** What each stage takes from a model to an ONNX Runtime session, for graphs of some twenty thousand nodes. */
import { mapTree } from "../../src/core/tree.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/source.ts"
import { isLeaf, leaves } from "../../src/graph/parameter.ts"
import { gradients } from "../../src/graph/pullback.ts"
import { simplify } from "../../src/graph/simplify.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import { tracing } from "../../src/graph/trace.ts"
import { verify } from "../../src/graph/verify.ts"
import type { Model } from "../../src/model/capabilities.ts"
import { isWorthOptimizing, lower } from "../../src/onnx/lower.ts"
import { openSession } from "../../src/runtime/ort-node.ts"
import { median } from "../median.ts"
import { denseVae, stackedLstm } from "./networks.ts"

export const stages = ["trace", "differentiate", "simplify", "verify", "lower", "session"] as const
export type Stage = (typeof stages)[number]

export interface Compilation {
  readonly name: string
  /** Nodes as traced and differentiated, and after simplification. */
  readonly nodes: readonly [traced: number, simplified: number]
  /** Medians over the rounds, in milliseconds. */
  readonly ms: Readonly<Record<Stage, number>>
}

const batch = 2 // small: what is measured does not depend on it, and the session plans no large memory

const subjects = (scale: number) => [
  {
    name: "LSTM",
    size: "steps",
    count: Math.ceil(600 * scale),
    build: (n: number) => stackedLstm({ width: 8, depth: 1 }, n),
  },
  {
    name: "dense VAE",
    size: "layers a side",
    count: Math.ceil(1260 * scale),
    build: (n: number) => denseVae({ width: 8, depth: n }),
  },
]

/** The gradient of the model's first player, stage by stage, each with its milliseconds. */
async function compileOnce(model: Model): Promise<Omit<Compilation, "name">> {
  const ms = {} as Record<Stage, number>
  const timed = <R>(stage: Stage, work: () => R): R => {
    const start = performance.now()
    const result = work()
    ms[stage] = performance.now() - start
    return result
  }
  const tensors = new Map(leaves(model.params).map(({ path, value }) => [path, input(path, value.shape)]))
  const weights = leaves(model.params).filter(({ value }) => value.kind === "weight")
  const [player] = Object.values(model.players)
  const { loss } = timed("trace", () => {
    const p = mapTree(model.params, isLeaf, (_, path) => tensors.get(path)!)
    const label = model.classes === undefined ? undefined : input("label", [batch, model.classes])
    return player!.play(p, input("x", [batch, ...model.event]), tracing(true, "noise", label))
  })
  const traced = timed("differentiate", () => {
    const found = gradients(
      loss,
      weights.map(({ path }) => tensors.get(path)!),
    )
    return graphOf(
      Object.fromEntries([
        ["loss", loss],
        ...weights.map(({ path }, i): [string, Tensor] => [`gradient/${path}`, found[i]!]),
      ]),
    )
  })
  const graph = timed("simplify", () => simplify(traced))
  timed("verify", () => verify(graph))
  const bytes = timed("lower", () => lower(graph, { target: { provider: "cpu" } }))
  const start = performance.now()
  const session = await openSession(bytes, { optimize: isWorthOptimizing(graph) }) // as training opens it
  ms.session = performance.now() - start
  await session.release()
  return { nodes: [traced.nodes.length, graph.nodes.length], ms }
}

// What takes a minute is measured once: ONNX Runtime's optimiser is quadratic in the number of weights fed.
const isPatient = (run: Pick<Compilation, "ms">): boolean => totalOf(run) < 60_000

/** Our own stages, without the session. */
export const oursOf = ({ ms }: Compilation): number => totalOf({ ms }) - ms.session
export const totalOf = ({ ms }: Pick<Compilation, "ms">): number => stages.reduce((sum, stage) => sum + ms[stage], 0)

/** Medians of so many compilations each; `scale` 1 gives graphs of some twenty thousand nodes. */
export async function measureCompilation(rounds: number, scale = 1): Promise<Compilation[]> {
  const found: Compilation[] = []
  for (const { name, size, count, build } of subjects(scale)) {
    const runs: Omit<Compilation, "name">[] = []
    while (runs.length < rounds && runs.every(isPatient)) runs.push(await compileOnce(build(count)))
    const ms = Object.fromEntries(stages.map((stage) => [stage, median(runs.map((run) => run.ms[stage]))]))
    found.push({ name: `${name}, ${count} ${size}`, nodes: runs[0]!.nodes, ms: ms as Compilation["ms"] })
  }
  return found
}

/** What tracing and differentiation add to all later stages. */
export function tracingShare(each: Compilation): number {
  const tracing = each.ms.trace + each.ms.differentiate
  return tracing / (totalOf(each) - tracing)
}
