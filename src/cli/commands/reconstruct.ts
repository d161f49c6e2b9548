import { seed, splits } from "../common-flags.ts"
import { flag, whole } from "../flag.ts"
import { checkCount, type PictureFlags, pictureCommand } from "../picture-command.ts"

interface ReconstructFlags extends PictureFlags {
  readonly n?: number
  readonly split?: "train" | "validation" | "test"
  readonly seed?: number
}

export const reconstruct = pictureCommand<ReconstructFlags>({
  name: "reconstruct",
  purpose: "Show images above their reconstructions",
  flags: [
    flag("-n <n>", "Number of images", whole(1, 1000), { fallback: "16" }),
    flag("--split <name>", "Where they come from", splits, { fallback: "test" }),
    flag("--seed <n>", "Which images", seed, { fallback: "the run's" }),
  ],
  examples: [
    "reconstruct runs/vae",
    "reconstruct runs/vae -n 20 --split train",
    "reconstruct runs/vae --seed 3 --out recon.png",
  ],
  file: "recon/reconstructions.png",
  needsData: () => true,
  async draw(run, { n = 16, split = "test", seed = run.config.training.seed }) {
    const { drawReconstructions } = await import("../../run/gallery.ts")
    checkCount(run, { flag: "-n", count: n, split })
    return drawReconstructions(run, split, n, seed)
  },
})
