/** Distributions over a few binary pixels: they sum to 1, and pixelwise ones depend on nothing that comes later. */
import { ndarray } from "../../../src/core/array.ts"
import { sizeOf } from "../../../src/core/shape.ts"
import { concat, constant, reshape, slice } from "../../../src/graph/ops/index.ts"
import type { Tensor } from "../../../src/graph/tensor.ts"
import type { Ancestral, Model, Tractable } from "../../../src/model/capabilities.ts"
import { visitsOf } from "../../../src/nn/order.ts"
import { binaryRows } from "../../laws/binary.ts"
import type { Values } from "../case.ts"
import { fed, firstOf, type Part, type Subject, sumExp, sumOf, surroundings, unlike, unlikeRows } from "./part.ts"

/** All images of each class, one class after the other. */
export function allImages({ event, classes = 1 }: Model) {
  const count = 2 ** sizeOf(event)
  const labels = Array.from({ length: classes * count }, (_, row) => Math.floor(row / count))
  const pixels = [...Array(classes)].flatMap(() => [...binaryRows(sizeOf(event))])
  return { count, labels, pixels, shape: [labels.length, ...event] }
}

/** Rows of one class after the other. */
export const byClass = <T>(rows: readonly T[], count: number): T[][] =>
  Array.from({ length: rows.length / count }, (_, label) => rows.slice(label * count, (label + 1) * count))

/** log p(x) of all images of all classes, and where pixels are drawn in turn, their conditionals. */
export function imagesPart({ model, p }: Subject<Model & Tractable<any>>): Part {
  const { count, labels, pixels, shape } = allImages(model)
  const { env, feeds } = surroundings(model, "images", labels)
  const { x, feeds: images } = fed("images", ndarray(shape, pixels))
  const pixelwise = model.sampling === "ancestral" ? inTurn(model, p, x, env, pixels) : undefined
  return {
    outputs: { logProb: model.logProb(p, x, env), ...pixelwise?.outputs },
    feeds: { ...images, ...feeds },
    holds: (found, tolerance) =>
      firstOf([notSummingToOne(found, count, tolerance), pixelwise?.holds(found, tolerance)]),
  }
}

function notSummingToOne({ logProb }: Values, count: number, tolerance: number): string | undefined {
  const each = byClass(logProb!, count)
  return firstOf(
    each.map((logs, label) => unlike(`Σ p(x) of class ${label} over all images`, sumExp(logs), 1, tolerance)),
  )
}

type Pixelwise = Model & Ancestral<any>

function inTurn(model: Pixelwise, p: any, x: Tensor, env: Parameters<Pixelwise["conditional"]>[3], bits: number[]) {
  const pixels = sizeOf(model.event)
  const flat = (logits: Tensor) => reshape(logits, [x.shape[0]!, pixels])
  const orders = model.orders.map((_, k) => [`logits ${k}`, flat(model.conditional(p, x, k, env))] as const)
  const recurrent = byRecurrence(model, p, flat(x))
  return {
    outputs: { ...Object.fromEntries(orders), ...(recurrent && { recurrent }) },
    holds: (found: Values, tolerance: number) => {
      const inOrder = model.orders.map((_, k) => byClass(found[`logits ${k}`]!, pixels))
      return firstOf([
        unlikeRows("log p(x) beside Π p(x_i | x_<i)", found["logProb"]!, logMeans(inOrder, bits), tolerance),
        ...inOrder.map((logits, k) => notCausal(logits, model.orders[k]!, tolerance)),
        found["recurrent"] &&
          unlikeRows("the recurrence's logit", found["recurrent"], visited(inOrder[0]!, model.orders[0]!), tolerance),
      ])
    },
  }
}

/** Logits [rows, pixels] in the order of visits, pixel after pixel with the values of `x`. */
function byRecurrence({ recurrence, orders }: Pixelwise, p: any, x: Tensor): Tensor | undefined {
  if (!recurrence) return undefined
  let state = recurrence.start(p, x.shape[0]!)
  const logits = orders[0]!.map((pixel, visit) => {
    const at = constant(ndarray([1], [visit]))
    const own = recurrence.logits(p, state, at)
    state = recurrence.after(p, state, at, slice(x, 1, pixel, pixel + 1))
    return own
  })
  return concat(logits, 1)
}

const visited = (logits: number[][], order: readonly number[]): number[] =>
  logits.flatMap((row) => order.map((pixel) => row[pixel]!))

/** log mean over orders of Π p(x_i | x_<i), image by image. */
function logMeans(inOrder: number[][][], bits: readonly number[]): number[] {
  const pixels = inOrder[0]![0]!.length
  const logBernoulli = (x: number, logit: number) => -Math.log1p(Math.exp(x === 1 ? -logit : logit))
  const product = (logits: number[], image: number) =>
    Math.exp(sumOf(logits.map((logit, d) => logBernoulli(bits[image * pixels + d]!, logit))))
  return inOrder[0]!.map((_, image) =>
    Math.log(sumOf(inOrder.map((logits) => product(logits[image]!, image))) / inOrder.length),
  )
}

/** Flips each pixel of each image: a logit moves with some pixel before its own, and with no other. */
function notCausal(logits: number[][], order: readonly number[], tolerance: number): string | undefined {
  const [visits, pixels] = [visitsOf(order), order.length]
  const moved = (i: number, j: number) =>
    Math.max(...logits.map((row, image) => Math.abs(row[i]! - logits[image ^ (1 << (pixels - 1 - j))]![i]!)))
  const pairs = order.flatMap((i) => order.map((j) => ({ i, j, moves: moved(i, j) > tolerance })))
  const wrong = pairs.find(({ i, j, moves }) => moves !== visits[j]! < visits[i]!)
  return wrong && `logit ${wrong.i} ${wrong.moves ? "moves" : "does not move"} with pixel ${wrong.j}`
}
