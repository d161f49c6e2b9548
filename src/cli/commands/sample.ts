import { labelOption, seed } from "../common-flags.ts"
import { flag, whole } from "../flag.ts"
import { type PictureFlags, pictureCommand } from "../picture-command.ts"

interface SampleFlags extends PictureFlags {
  readonly n?: number
  readonly label?: number
  readonly seed?: number
}

export const sample = pictureCommand<SampleFlags>({
  name: "sample",
  purpose: "Draw new images from a trained model",
  flags: [
    flag("-n <n>", "Number of images or points", whole(1, 10_000), { fallback: "64, or 2000 points" }),
    labelOption("all in turn, a column each"),
    flag("--seed <n>", "Seed of the draws", seed, { fallback: "the run's" }),
  ],
  examples: [
    "sample runs/vae",
    "sample runs/vae -n 100 --seed 7 --out samples.png",
    "sample runs/vae --label 3 --out threes.png",
  ],
  file: "samples/samples.png",
  // A plain autoencoder's codes are fitted first, and points are drawn over the data's.
  needsData: ({ trained, config }) => trained.model.sampling === "none" || config.event.length === 1,
  async draw(run, { n, seed = run.config.training.seed, label }) {
    const { drawSamples, samplesShown } = await import("../../run/draw-samples.ts")
    return drawSamples(run, n ?? samplesShown(run), seed, label)
  },
})
