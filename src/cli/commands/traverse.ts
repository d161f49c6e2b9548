import { EidosError } from "../../core/errors.ts"
import { seed, splits } from "../common-flags.ts"
import { flag, positive, whole } from "../flag.ts"
import { checkCount, type PictureFlags, pictureCommand } from "../picture-command.ts"

interface TraverseFlags extends PictureFlags {
  readonly dimensions?: number
  readonly frames?: number
  readonly range?: number
  readonly row?: number
  readonly split?: "train" | "validation" | "test"
  readonly seed?: number
}

export const tooManyDimensions = (came: number, has: number): string =>
  `--dimensions: ${came} were asked for, and the code has ${has}.`

export const traverse = pictureCommand<TraverseFlags>({
  name: "traverse",
  purpose: "Move one code dimension at a time",
  flags: [
    flag("--dimensions <n>", "How many, the most active first", whole(1, 4096), { fallback: "10, or all there are" }),
    flag("--frames <n>", "Images in a row", whole(2, 100), { fallback: "11" }),
    flag("--range <x>", "From −x to x: the prior's scale, or standard deviations of an autoencoder's codes", positive, {
      fallback: "3",
    }),
    flag("--row <n>", "Image of the split whose code is moved", whole(0), { fallback: "chosen by --seed" }),
    flag("--split <name>", "Where it comes from", splits, { fallback: "test" }),
    flag("--seed <n>", "Which image", seed, { fallback: "the run's" }),
  ],
  examples: [
    "traverse runs/vae",
    "traverse runs/vae --dimensions 5 --range 2",
    "traverse runs/vae --row 42 --frames 15",
  ],
  file: "plots/traversals.png",
  needsData: () => true,
  async draw(run, { dimensions, frames = 11, range = 3, row, split = "test", seed = run.config.training.seed }) {
    const { drawTraversals } = await import("../../run/gallery.ts")
    const latent = run.trained.model.latent ?? 0
    if (dimensions !== undefined && dimensions > latent)
      throw new EidosError("usage", tooManyDimensions(dimensions, latent))
    if (row !== undefined) checkCount(run, { flag: "--row", count: row + 1, split })
    const shape = { split, dimensions: dimensions ?? 10, frames, range, seed }
    return drawTraversals(run, row === undefined ? shape : { ...shape, row })
  },
})
