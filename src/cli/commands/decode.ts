import { EidosError } from "../../core/errors.ts"
import { labelOption } from "../common-flags.ts"
import { flag, list, real } from "../flag.ts"
import { type PictureFlags, pictureCommand } from "../picture-command.ts"

interface DecodeFlags extends PictureFlags {
  readonly z?: readonly number[]
  readonly label?: number
}

export const noCode = "decode: no code came; give one as --z=-1,5."

export const decode = pictureCommand<DecodeFlags>({
  name: "decode",
  purpose: "Show the image that a code stands for",
  flags: [flag("--z <list>", "The code, as in --z=-1,5", list(real({}), "numbers")), labelOption("0")],
  examples: [
    "decode runs/vae --z=-1,5",
    "decode runs/vae --z=0,0 --out origin.png",
    "decode runs/vae --z=1.5,-0.5 --json",
  ],
  file: "plots/decoded.png",
  needsData: () => false,
  async draw(run, { z, label }) {
    const { drawCode } = await import("../../run/gallery.ts")
    if (z === undefined) throw new EidosError("usage", noCode)
    return drawCode(run, z, label)
  },
})
