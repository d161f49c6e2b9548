/** Densities known up to log Z, and Markov chains: sums over all states agree, and a step leaves the distribution as it is. */
import { ndarray } from "../../../src/core/array.ts"
import { sizeOf } from "../../../src/core/shape.ts"
import type { Chain, Model, PathPoint, Unnormalized } from "../../../src/model/capabilities.ts"
import { binaryRows, drawnFrom } from "../../laws/binary.ts"
import { stationary, surprise } from "../../laws/stationary.ts"
import type { Values } from "../case.ts"
import { fed, firstOf, type Part, type Subject, sumExp, surroundings, unlike } from "./part.ts"

const logSumExp = (logs: readonly number[]): number => Math.log(sumExp(logs))
const allStates = (units: number) => ndarray([2 ** units, units], binaryRows(units))

/** Free energies of all images beside log Z over all states, and the path from a base to the model at both its ends. */
export function energyPart({ model, p }: Subject<Model & Unnormalized<any>>): Part {
  const { env } = surroundings(model, "energy", [])
  const pixels = sizeOf(model.event)
  const images = fed("images", ndarray([2 ** pixels, ...model.event], binaryRows(pixels)))
  const { enumeration, annealing, freeEnergyIs } = model
  const states = fed("states", allStates(enumeration!.units))
  const path = fed("path", allStates(annealing!.units))
  const base = fed(
    "base",
    ndarray(
      [annealing!.units],
      Array.from({ length: annealing!.units }, (_, i) => 0.3 * i - 0.5),
    ),
  )
  const [start, end] = [fed("β = 0", ndarray([], [0])), fed("β = 1", ndarray([], [1]))]
  const onPath = (beta: PathPoint["beta"]) => annealing!.logDensity(p, path.x, { beta, base: base.x })
  return {
    outputs: {
      freeEnergy: model.freeEnergy(p, images.x, env),
      logDensity: enumeration!.logDensity(p, states.x),
      "at base": onPath(start.x),
      "at model": onPath(end.x),
      "log Z of base": annealing!.baseLogPartition(p, base.x),
      expected: annealing!.expected(p, images.x, env),
    },
    feeds: { ...images.feeds, ...states.feeds, ...path.feeds, ...base.feeds, ...start.feeds, ...end.feeds },
    holds: (found, tolerance) => wrongSums(found, freeEnergyIs, tolerance),
  }
}

function wrongSums(found: Values, is: "exact" | "upper bound", tolerance: number): string | undefined {
  const logZ = logSumExp(found["logDensity"]!)
  const total = sumExp(found["freeEnergy"]!.map((f) => -f - logZ))
  return firstOf([
    is === "exact" && unlike("Σ exp(−F)/Z over all images", total, 1, tolerance),
    is !== "exact" && !(total < 1 && total > 0.8) && `Σ exp(−F)/Z of a bound is ${total}, not a little below 1`,
    unlike("log Z at β = 1", logSumExp(found["at model"]!), logZ, tolerance),
    unlike("log Z at β = 0", logSumExp(found["at base"]!), found["log Z of base"]![0]!, tolerance),
  ])
}

const chains = 10_000

/** One step of many chains drawn from where they must stay; starts and the events they stand for. */
export function chainPart({ model, p, parameters }: Subject<Model & Chain<any>>): Part {
  const { env } = surroundings(model, "chain", [])
  const start = model.start(p, 4, { ...env, rng: env.rng.fork("start") })
  const events = model.emit(p, start)
  const probabilities = stationary(model, parameters)
  const count = probabilities ? chains : 4
  const states =
    probabilities && ndarray([count, model.units], drawnFrom(probabilities, model.units, { seed: 1, n: count }))
  const from = states && fed("chains", states)
  return {
    outputs: { start, events, next: model.transition(p, from?.x ?? start, env) },
    feeds: { ...from?.feeds },
    ...(probabilities && { drawn: ["next"] }),
    holds: (found) =>
      firstOf([
        notEvents(found["events"]!, model.emits),
        probabilities && leaves(found["next"]!, [...states!.data], model.units, probabilities),
      ]),
  }
}

const notEvents = (values: readonly number[], emits: "sample" | "expectation"): string | false =>
  !values.every((value) => (emits === "sample" ? value === 0 || value === 1 : value >= 0 && value <= 1)) &&
  "the chain stands for what is no event"

/** πT = π, by χ² over all states, within 4 standard deviations. */
function leaves(next: readonly number[], states: readonly number[], units: number, probabilities: Float64Array) {
  const deviations = surprise(next, units, probabilities)
  return firstOf([
    !(deviations < 4) && `one step moves chains ${deviations} standard deviations from their distribution`,
    next.every((value, i) => value === states[i]) && "one step moves no chain",
  ])
}
