import { EidosError } from "../../core/errors.ts"
import { type Context, defineCommand } from "../command.ts"
import { deviceOption, placeOptions } from "../common-flags.ts"
import type { DeviceFlags } from "../device.ts"
import type { PlaceFlags } from "../environment.ts"
import { flag, text, toggle, whole } from "../flag.ts"
import { interruptible } from "../signals.ts"

interface FilmFlags extends PlaceFlags, DeviceFlags {
  readonly frames?: number
  readonly still?: boolean
  readonly out?: string
  readonly force?: boolean
}

export const film = defineCommand<FilmFlags>({
  name: "film",
  purpose: "Draw how a model of points in the plane changed while it trained, as an animated PNG",
  argument: ["<RUN>", "folder of a run"],
  flags: [
    flag("--frames <n>", "Frames at most, spread over the run", whole(1, 1000), { fallback: "40" }),
    toggle("--still", "Only the last frame, as an ordinary PNG"),
    flag("-o, --out <file>", "PNG file to write; - for stdout", text("a file name"), {
      fallback: "RUN/plots/film.png",
    }),
    toggle("--force", "Write over an existing file"),
    deviceOption(),
    ...placeOptions(),
  ],
  examples: ["film runs/gan", "film runs/gan --frames 20 --out film.png", "film runs/gan --still --out - > last.png"],
  run: (context) => interruptible(context.io, (signal) => draw(context, signal)),
})

async function draw(context: Context<FilmFlags>, signal: AbortSignal): Promise<void> {
  const { drawFilm, notAPlane } = await import("../../run/film.ts")
  const { dataOfRun, readRunConfig } = await import("../../run/open.ts")
  const { isPlane } = await import("../../run/points.ts")
  const { deviceAsked, deviceField } = await import("../device.ts")
  const { placesOf } = await import("../environment.ts")
  const { checkTarget, notAPicture, savePicture } = await import("../picture-command.ts")
  const { openProgress } = await import("../progress.ts")
  const { freePath } = await import("../target.ts")
  const { argument: folder, flags, io, output } = context
  checkTarget(flags, output)
  if (flags.out?.endsWith(".svg")) throw new EidosError("usage", notAPicture(flags.out, ".png"))
  const device = await deviceAsked(flags)
  const config = readRunConfig(folder)
  if (!isPlane(config.event)) throw new EidosError("usage", notAPlane(config.event))
  output.note(`Reading ${config.data.name} …`)
  const dataset = await dataOfRun({ folder, config }, placesOf(flags, io.env, config.data.dataDir, signal))
  const progress = openProgress(io, output, "film")
  const onProgress = (done: number) => progress.update(done, [])
  const { frames: most, still = false } = flags
  const drawn = await drawFilm({
    folder,
    config,
    dataset,
    device,
    signal,
    onProgress,
    ...(most !== undefined && { frames: most }),
  }).finally(() => progress.stop())
  const { animation, caption, frames } = drawn
  const path = flags.out ?? freePath(folder, still ? "plots/film-still.png" : "plots/film.png")
  savePicture(path, { png: still ? drawn.still : animation, caption }, output)
  if (path === "-") return
  const last = frames.at(-1)!
  output.result(
    { schemaVersion: 1, path, caption, run: folder, ...deviceField(device), frames },
    `${path}\n${output.paint.dim(`${caption}\nAt step ${last.step}: ${last.words}`)}`,
  )
}
