import { splits } from "../common-flags.ts"
import { flag, whole } from "../flag.ts"
import { type PictureFlags, pictureCommand } from "../picture-command.ts"

interface ScatterFlags extends PictureFlags {
  readonly n?: number
  readonly split?: "train" | "validation" | "test"
}

export const scatter = pictureCommand<ScatterFlags>({
  name: "scatter",
  purpose: "Plot 2-D codes coloured by class",
  flags: [
    flag("-n <n>", "Points to draw at most", whole(1, 100_000), { fallback: "3000" }),
    flag("--split <name>", "Whose codes", splits, { fallback: "test" }),
  ],
  examples: ["scatter runs/vae", "scatter runs/vae --split train -n 10000", "scatter runs/vae --out codes.svg"],
  file: "plots/scatter.png",
  needsData: () => true,
  async draw(run, { n = 3000, split = "test" }) {
    const { drawScatter } = await import("../../run/gallery.ts")
    return drawScatter(run, split, n)
  },
})
