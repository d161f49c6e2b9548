import { EidosError } from "../../core/errors.ts"
import type { Space } from "../../run/gallery.ts"
import { seed, splits } from "../common-flags.ts"
import { choice, flag, whole } from "../flag.ts"
import { checkCount, type PictureFlags, pictureCommand } from "../picture-command.ts"

interface InterpolateFlags extends PictureFlags {
  readonly pairs?: number
  readonly frames?: number
  readonly space?: Space
  readonly split?: "train" | "validation" | "test"
  readonly seed?: number
}

export const noModelBetween = "--device: --space pixel mixes images without the model; leave one of the two out."

export const interpolate = pictureCommand<InterpolateFlags>({
  name: "interpolate",
  purpose: "Show the way from one image to another",
  flags: [
    flag(
      "--space <name>",
      "Along the line of codes, their great circle, or pixels",
      choice("latent", "slerp", "pixel"),
      {
        fallback: "latent",
      },
    ),
    flag("--pairs <n>", "Pairs of images, one a row", whole(1, 500), { fallback: "6" }),
    flag("--frames <n>", "Images in a row, both ends included", whole(2, 100), { fallback: "11" }),
    flag("--split <name>", "Where the ends come from", splits, { fallback: "test" }),
    flag("--seed <n>", "Which images", seed, { fallback: "the run's" }),
  ],
  examples: [
    "interpolate runs/vae",
    "interpolate runs/vae --space pixel --out pixel.png",
    "interpolate runs/vae --pairs 3 --frames 15 --seed 2",
  ],
  file: "plots/interpolations.png",
  needsData: () => true,
  async draw(run, { pairs = 6, frames = 11, space = "latent", split = "test", device, ...flags }) {
    const { drawInterpolations } = await import("../../run/gallery.ts")
    const { seed = run.config.training.seed } = flags
    if (space === "pixel" && device !== undefined) throw new EidosError("usage", noModelBetween)
    checkCount(run, { flag: "--pairs", count: 2 * pairs, split })
    return drawInterpolations(run, { split, pairs, frames, space, seed })
  },
})
