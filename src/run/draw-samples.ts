/** Samples of a model as a picture. */
import type { NdArray } from "../core/array.ts"
import { codesOf } from "../evaluate/reconstruction.ts"
import { decodeCodes, drawCodes, fitCodeGaussian } from "../explore/latent.ts"
import { samplesOf } from "../explore/samples.ts"
import type { Model } from "../model/capabilities.ts"
import { grid } from "../picture/grid.ts"
import { encodePng } from "../picture/image.ts"
import { capable, type Drawing, type Explored, evaluationDataOf, eventsAt, labelsAsked, someRows } from "./explored.ts"
import { drawPointsOverData, isPlane, pointsShown } from "./points.ts"

/** Samples shown unless told: a picture's worth, whole rows of all classes where the model is conditional. */
export function samplesShown({ trained, config }: Pick<Explored, "trained" | "config">): number {
  const { classes } = trained.model
  if (isPlane(config.event)) return pointsShown
  return classes === undefined ? 64 : classes * Math.max(1, Math.round(64 / classes))
}

/** Samples: of the model itself, or of a diagonal Gaussian fitted to a plain autoencoder's training codes; of a conditional model with one label, or with all in turn. */
export async function drawSamples(run: Explored, n: number, seed: number, label?: number): Promise<Drawing> {
  const { model } = run.trained
  const labels = labelsAsked(run, label, n)
  const hasSampler = model.sampling !== "none"
  const events = hasSampler
    ? await samplesOf({ ...run.trained, model }, n, { ...run.session, seed, ...(labels && { labels }) })
    : await samplesOfCodes(run, n, seed)
  const datum = isPlane(run.config.event) ? "point" : "image"
  const caption = hasSampler
    ? `${n} samples of ${run.config.model}${ofClass(run, label)}${howDrawn(model, datum)}.`
    : `${n} decoded draws from the diagonal Gaussian fitted to the training codes: a plain autoencoder has no sampler of its own.`
  if (isPlane(run.config.event)) {
    const known = eventsAt(run, "test", someRows(run, "test", pointsShown, seed))
    return drawPointsOverData({ title: `Samples of ${run.config.model}`, caption, samples: events, known })
  }
  const columns = label === undefined && model.classes !== undefined ? { columns: model.classes } : {}
  return { png: encodePng(grid(events.data, n, run.config.event, columns)), events, caption }
}

/** Which labels the samples have. */
function ofClass({ trained, dataset }: Explored, label: number | undefined): string {
  if (label !== undefined) return ` with label ${dataset.classes[label] ?? label}`
  return trained.model.classes === undefined ? "" : ", labels in turn (a column each)"
}

/** What a sample shown is, where it is not simply one draw of the model. */
function howDrawn(model: Model, datum: string): string {
  if (model.density === "bounded") return `: the expected ${datum} of each code drawn from the prior`
  if (model.sampling !== "chain") return ""
  const shown = model.emits === "expectation" ? `, each the expected ${datum} given its hidden units` : ""
  return `: where Markov chains stand after ${model.burnIn} steps${shown}`
}

async function samplesOfCodes(run: Explored, n: number, seed: number): Promise<NdArray> {
  const trained = capable(run, ["encode", "decode"])
  const codes = await codesOf(trained, evaluationDataOf(run, "train"), run.session)
  return decodeCodes(trained, drawCodes(fitCodeGaussian(codes, trained.model.latent), n, seed), undefined, run.session)
}
