/** Lower bounds of log p(x): they are below it, and their importance weights average to p(x). */
import { ndarray } from "../../../src/core/array.ts"
import { sizeOf } from "../../../src/core/shape.ts"
import { eventsOf } from "../../../src/evaluate/evaluator.ts"
import { meanOf } from "../../../src/evaluate/statistics.ts"
import { tracing } from "../../../src/graph/trace.ts"
import type { Bounded, Decodes, Model } from "../../../src/model/capabilities.ts"
import { byQuadrature } from "../../laws/plain-vae.ts"
import type { Values } from "../case.ts"
import { allImages } from "./images.ts"
import { fed, firstOf, type Part, type Subject, sumOf, surroundings } from "./part.ts"

type Latent = Model & Bounded<any> & Decodes<any>
const draws = 8
const times = 8 // each image stands so often: then the error of the means is a tenth of a nat

/** The two terms of the bound and log-weights on the same rows, each with its own noise; and, of pixels, p(x|z) over a grid of z. */
export function boundPart(subject: Subject<Latent>): Part {
  const { model, p } = subject
  const isBinary = model.support === "binary"
  const { rows, labels } = isBinary ? imagesOf(model) : eventsAgain(subject)
  const { env, feeds: given } = surroundings(model, "bound", labels)
  const { x, feeds } = fed("x", rows)
  const grid = isBinary ? decodedGrid(subject) : undefined
  const weights = { ...tracing(false, "noise of weights"), ...(env.label && { label: env.label }) }
  return {
    outputs: { ...model.elbo(p, x, env), weights: model.logWeights(p, x, draws, weights), ...grid?.outputs },
    feeds: { ...feeds, ...given, ...grid?.feeds },
    holds: (found) => notABound(found, grid ? grid.exact(found) : byPlainSums(subject, [...rows.data])),
  }
}

function imagesOf(model: Model) {
  const { labels, pixels, shape } = allImages(model)
  const again = <T>(values: readonly T[]) => [...Array(times)].flatMap(() => values)
  return { rows: ndarray([times * shape[0]!, ...model.event], again(pixels)), labels: again(labels) }
}

/** 4 events, about as many rows as over all images. */
function eventsAgain({ tiny, model }: Subject<Latent>) {
  const indices = Array.from({ length: 512 }, (_, row) => row % 4)
  return { rows: eventsOf({ ...tiny, split: "test" }, model.event, indices), labels: [] }
}

const side = 41 // points over ±6 of z
const grid = Array.from({ length: side ** 2 }, (_, i) => [i % side, Math.floor(i / side)]).map((at) =>
  at.map((cell) => -6 + (12 * cell) / (side - 1)),
)
const prior = grid.map(([a, b]) => (Math.exp(-0.5 * (a! * a! + b! * b!)) / (2 * Math.PI)) * (12 / (side - 1)) ** 2)

/** E[x|z] over the grid of two latents for each class, and log p(x) of all images as the sum over it. */
function decodedGrid({ model, p }: Subject<Latent>) {
  const classes = model.classes ?? 1
  const labels = Array.from({ length: classes * grid.length }, (_, row) => Math.floor(row / grid.length))
  const { env, feeds: given } = surroundings(model, "grid", labels)
  const { x: z, feeds } = fed(
    "grid",
    ndarray(
      [labels.length, 2],
      [...Array(classes)].flatMap(() => grid.flat()),
    ),
  )
  return {
    outputs: { means: model.decode(p, z, env) },
    feeds: { ...feeds, ...given },
    exact: ({ means }: Values) => exactLogs(model, means!),
  }
}

function exactLogs(model: Model, means: readonly number[]): number[] {
  const pixels = sizeOf(model.event)
  const { labels, pixels: bits } = allImages(model)
  const likelihood = (row: number, point: number) => {
    let product = 1
    for (let d = 0; d < pixels; d++) {
      const mean = means[point * pixels + d]!
      product *= bits[row * pixels + d] ? mean : 1 - mean
    }
    return product
  }
  return labels.map((label, row) =>
    Math.log(prior.reduce((total, weight, i) => total + weight * likelihood(row, label * grid.length + i), 0)),
  )
}

/** log p(x) of the first 4 rows with one latent, by quadrature in plain loops. */
function byPlainSums({ model, parameters }: Subject<Latent>, x: number[]): number[] {
  const dimensions = sizeOf(model.event)
  const plain = {
    latent: 1,
    dimensions,
    layers: 2,
    activation: "tanh",
    likelihood: "gaussian",
    varianceFloor: 1e-3,
  } as const
  return [0, 1, 2, 3].map((i) => byQuadrature(plain, parameters, x.slice(i * dimensions, (i + 1) * dimensions)).logProb)
}

/** `exact` repeats over the rows. */
function notABound({ reconstruction, kl, weights }: Values, exact: readonly number[]): string | undefined {
  const exactOf = (row: number) => exact[row % exact.length]!
  const elbo = reconstruction!.map((nats, row) => nats - kl![row]!)
  const logs = elbo.map((_, row) => weights!.slice(row * draws, (row + 1) * draws))
  const ratios = meanOf(logs.map((row, i) => sumOf(row.map((w) => Math.exp(w - exactOf(i)))) / draws))
  const gap = meanOf(elbo.map((bound, row) => bound - exactOf(row)))
  const difference = meanOf(elbo.map((bound, row) => bound - sumOf(logs[row]!) / draws))
  return firstOf([
    !kl!.every((nats) => nats >= 0) && "KL(q ‖ p) is negative",
    !(gap.value < 4 * gap.standardError) && `the ELBO is ${gap.value} ± ${gap.standardError} above log p(x)`,
    !isNear(difference, 0) && `the ELBO is ${difference.value} ± ${difference.standardError} off the mean log-weight`,
    !isNear(ratios, 1) && `weights average to ${ratios.value} ± ${ratios.standardError} of p(x)`,
  ])
}

const isNear = ({ value, standardError }: ReturnType<typeof meanOf>, expected: number): boolean =>
  Math.abs(value - expected) <= 4 * standardError + 1e-3 // the grid's error
