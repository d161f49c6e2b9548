/** Where a Markov chain over few binary units must stay: its distribution state by state, and how far draws are from it. */
import { ndarray } from "../../src/core/array.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/index.ts"
import { live, type Parameters } from "../../src/graph/parameter.ts"
import type { Chain, Model } from "../../src/model/capabilities.ts"
import { boltzmann } from "../../src/models/index.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { binaryRows, stateNumbers } from "./binary.ts"
import { feedsOf } from "./tiny.ts"

export type ChainModel = Model & Chain<any>

/** The probability of each state of a model's chain, from its density; none for a model that has none. */
export function stationary(model: ChainModel, parameters: Parameters): Float64Array | undefined {
  const s = ndarray([2 ** model.units, model.units], binaryRows(model.units))
  const scores = (f: (p: any, states: any) => any) => {
    const graph = graphOf({ f: f(live(model.params), input("s", s.shape)) })
    return interpret(graph, feedsOf(graph, parameters, { s }))["f"]!.data
  }
  const normalized = (logs: Float64Array) => {
    const total = logs.reduce((sum, value) => sum + Math.exp(value), 0)
    return logs.map((value) => Math.exp(value) / total)
  }
  if (model.density === "tractable") {
    // The states are those of a machine with the same weights whose units are all pixels.
    const visible = boltzmann.build({ hidden: 0 }, [1, 1, model.units])
    return normalized(scores((p, states) => visible.logProb(p, states)))
  }
  if (model.density !== "unnormalized" || !model.annealing) return undefined
  const [one, none] = [ndarray([], [1]), ndarray([model.units])]
  const at = { beta: input("beta", []), base: input("base", [model.units]) }
  const graph = graphOf({ f: model.annealing.logDensity(live(model.params), input("s", s.shape), at) })
  return normalized(interpret(graph, feedsOf(graph, parameters, { s, beta: one, base: none }))["f"]!.data)
}

/** Σ (observed − expected)² / expected, in standard deviations above its mean, over states with at least 5 expected. */
export function surprise(states: ArrayLike<number>, units: number, probabilities: Float64Array): number {
  const counts = new Float64Array(probabilities.length)
  const numbers = stateNumbers(states, units)
  for (const number of numbers) counts[number]!++
  const n = numbers.length
  const frequent = [...probabilities.keys()].filter((k) => n * probabilities[k]! >= 5)
  const rest = frequent.reduce((left, k) => left - probabilities[k]!, 1)
  const restSeen = frequent.reduce((left, k) => left - counts[k]!, n)
  const cells = frequent.map((k) => [counts[k]!, n * probabilities[k]!] as const)
  if (n * rest >= 5) cells.push([restSeen, n * rest])
  const chiSquare = cells.reduce((total, [seen, expected]) => total + (seen - expected) ** 2 / expected, 0)
  const freedom = cells.length - 1
  return (chiSquare - freedom) / Math.sqrt(2 * freedom)
}
