import { seed } from "../common-flags.ts"
import { flag, whole } from "../flag.ts"
import { type PictureFlags, pictureCommand } from "../picture-command.ts"

interface SampleFlags extends PictureFlags {
  readonly n?: number
  readonly seed?: number
}

export const sample = pictureCommand<SampleFlags>({
  name: "sample",
  purpose: "Draw new images from a trained model",
  flags: [
    flag("-n <n>", "Number of images", whole(1, 10_000), { fallback: "64" }),
    flag("--seed <n>", "Seed of the draws", seed, { fallback: "the run's" }),
  ],
  examples: [
    "sample runs/vae",
    "sample runs/vae -n 100 --seed 7 --out samples.png",
    "sample runs/vae --out - > samples.png",
  ],
  file: "samples/samples.png",
  needsData: ({ trained }) => trained.model.sampling !== "direct", // a plain autoencoder's codes are fitted first
  async draw(run, { n = 64, seed = run.config.training.seed }) {
    const { drawSamples } = await import("../../run/gallery.ts")
    return drawSamples(run, n, seed)
  },
})
