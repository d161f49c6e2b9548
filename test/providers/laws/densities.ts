/** Densities of real numbers, and samples of any exact density: they integrate to 1, and score as their entropy says. */
import { ndarray } from "../../../src/core/array.ts"
import { sizeOf } from "../../../src/core/shape.ts"
import { labelsInTurn } from "../../../src/evaluate/evaluator.ts"
import { meanOf } from "../../../src/evaluate/statistics.ts"
import { exp, sub } from "../../../src/graph/ops/index.ts"
import type { Direct, Invertible, Model, Tractable } from "../../../src/model/capabilities.ts"
import type { Tiny } from "../../laws/tiny.ts"
import type { Values } from "../case.ts"
import { fed, type Part, type Subject, sumOf, surroundings, unlike } from "./part.ts"

/** Cells of the plane that hold all of a tiny density: reals within ±10, pixels within one of [0, 1] on each side. */
function cellsFor({ dataset }: Tiny): { readonly points: number[]; readonly area: number } {
  const side = 48
  const [low, width] = dataset.levels === "real" ? [-10, 20] : [-1, 3]
  const middle = (cell: number) => low + (width * (cell + 0.5)) / side
  const points = Array.from({ length: side ** 2 }, (_, i) => [middle(i % side), middle(Math.floor(i / side))])
  return { points: points.flat(), area: (width / side) ** 2 }
}

// The error of so coarse a grid on densities as wide as these.
const gridTolerance = 1e-3

/** p(x) over the plane integrates to 1. */
export function planePart({ tiny, model, p }: Subject<Model & Tractable<any>>): Part {
  const { points, area } = cellsFor(tiny)
  const { x, feeds } = fed("plane", ndarray([points.length / 2, ...model.event], points))
  const { env } = surroundings(model, "plane", [])
  return {
    outputs: { density: exp(model.logProb(p, x, env)) }, // zero where the logarithm is −∞
    feeds,
    holds: ({ density }) => unlike("∫ p(x) dx", sumOf(density!) * area, 1, gridTolerance),
  }
}

const samples = 999 // a multiple of 3 classes, which take turns

/** Samples of an exact density, with their log p(x), and for flows that of the noise they were made from. */
export function samplesPart(subject: Subject<Model & Tractable<any> & Direct<any>>): Part {
  const { model, p } = subject
  const { env, feeds } = surroundings(model, "samples", labelsInTurn(model, samples))
  const drawn = model.sample(p, samples, env)
  const logProb = model.logProb(p, drawn, env)
  const ofNoise = isFlow(model) && { "log p of noise": sub(logProb, model.forward(p, drawn, env).logDet) }
  const outputs = { samples: drawn, "log p of samples": logProb, ...ofNoise }
  return {
    outputs,
    feeds,
    // A flow moves noise; all others compare it with probabilities somewhere.
    ...(!ofNoise && { drawn: Object.keys(outputs) }),
    holds: (found) => wrongEntropy(found["log p of noise"] ?? found["log p of samples"]!, entropyOf(subject, found)),
  }
}

const isFlow = (model: Model): model is Model & Invertible<any> => model.forward !== undefined

function wrongEntropy(logs: readonly number[], entropy: number): string | undefined {
  const { value, standardError } = meanOf(logs)
  const isRight = Math.abs(value + entropy) <= 4 * standardError + gridTolerance
  return isRight ? undefined : `samples score ${value} ± ${standardError} on average, −entropy is ${-entropy}`
}

/** −∫ p log p in nats, of a flow that of its noise: from the results on all events, or by formula. */
function entropyOf({ tiny, model, parameters }: Subject, found: Values): number {
  const dimensions = sizeOf(model.event)
  const numbersOf = (path: string) => [...parameters.get(path)!.data]
  // Entropies of one dimension: standard logistic 2, standard normal ½ log 2πe.
  const normal = 0.5 * Math.log(2 * Math.PI * Math.E)
  if (model.forward) return dimensions * (/logistic/.test(tiny.name) ? 2 : normal)
  if (model.support === "binary") return -sumOf(found["logProb"]!.map((log) => log * Math.exp(log)))
  if (parameters.has("noise")) {
    const [variances, noise] = [numbersOf("variances"), numbersOf("noise")[0]!]
    const logDet = sumOf(variances.map(Math.log)) + (dimensions - variances.length) * Math.log(noise)
    return dimensions * normal + 0.5 * logDet
  }
  if (parameters.has("logMass")) return -sumOf(numbersOf("logMass").map((log) => (log + Math.log(256)) * Math.exp(log)))
  return -sumOf(found["density"]!.map((q) => (q > 0 ? q * Math.log(q) : 0))) * cellsFor(tiny).area
}
