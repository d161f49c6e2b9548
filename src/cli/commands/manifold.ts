import { labelOption } from "../common-flags.ts"
import { flag, whole } from "../flag.ts"
import { type PictureFlags, pictureCommand } from "../picture-command.ts"

interface ManifoldFlags extends PictureFlags {
  readonly n?: number
  readonly label?: number
}

export const manifold = pictureCommand<ManifoldFlags>({
  name: "manifold",
  purpose: "Decode the plane of 2-D codes on a grid",
  flags: [flag("-n <n>", "Images along each side", whole(2, 100), { fallback: "20" }), labelOption("0")],
  examples: ["manifold runs/vae", "manifold runs/vae -n 30 --out manifold.png", "manifold runs/vae --checkpoint last"],
  file: "plots/manifold.png",
  needsData: ({ trained }) => trained.model.density !== "bounded", // its prior says where codes lie; others' codes must be seen
  async draw(run, { n = 20, label }) {
    const { drawManifold } = await import("../../run/gallery.ts")
    return drawManifold(run, n, label)
  },
})
