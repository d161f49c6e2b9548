/** What all commands that draw a run have in common: they open it, draw, and write one file. */
import { extname } from "node:path"
import type { Option } from "commander"
import { EidosError } from "../core/errors.ts"
import type { Drawing, Explored } from "../run/explored.ts"
import type { OpenRun } from "../run/open.ts"
import { type CommandSpec, type Context, defineCommand } from "./command.ts"
import { checkpointOption, deviceOption, placeOptions } from "./common-flags.ts"
import type { DeviceFlags } from "./device.ts"
import { flag, text, toggle } from "./flag.ts"
import type { RunFlags } from "./opened.ts"
import type { Output } from "./output.ts"
import { freePath, refuseTaken, writeTarget } from "./target.ts"

export interface PictureFlags extends RunFlags, DeviceFlags {
  readonly out?: string
  readonly force?: boolean
}

export const notAPicture = (path: string, endings: string): string =>
  `--out: ${path} does not say what to write; a name that ends in ${endings} is needed, or - for stdout.`
export const bytesAndJson = "--out - writes the picture to stdout, where --json would write too; choose one of them."

/** What a picture command adds: its words, its flags, and how it draws. */
export interface PictureSpec<F> extends Omit<CommandSpec<F>, "run" | "argument"> {
  /** Default file inside the run's folder, as in `plots/manifold.png`. */
  readonly file: string
  /** Whether the picture shows data, or needs them to be drawn; reading them takes a while. */
  needsData(run: OpenRun): boolean
  draw(run: Explored, flags: F): Promise<Drawing>
}

/** A command that draws one picture of a run. */
export const pictureCommand = <F extends PictureFlags>(spec: PictureSpec<F>): CommandSpec<F> =>
  defineCommand<F>({
    name: spec.name,
    purpose: spec.purpose,
    argument: ["<RUN>", "folder of a run"],
    examples: spec.examples,
    flags: [...spec.flags, ...outOptions(spec.file), ...placeOptions()],
    run: (context) => draw(context, spec),
  })

/** The flags of whatever writes a picture that a trained model gives. */
export const outOptions = (file: string): Option[] => [
  flag("-o, --out <file>", "PNG file to write; - for stdout", text("a file name"), { fallback: `RUN/${file}` }),
  toggle("--force", "Write over an existing file"),
  checkpointOption(),
  deviceOption(),
]

async function draw<F extends PictureFlags>(context: Context<F>, spec: PictureSpec<F>): Promise<void> {
  const { deviceAsked, deviceField } = await import("./device.ts")
  const { dataOf, noData, openedRun } = await import("./opened.ts")
  checkTarget(context.flags, context.output)
  const device = await deviceAsked(context.flags)
  const run = openedRun(context)
  const dataset = spec.needsData(run) ? await dataOf(context, run) : noData(run)
  const drawing = await spec.draw({ ...run, dataset, session: { device } }, context.flags)
  const path = context.flags.out ?? freePath(run.folder, spec.file)
  savePicture(path, drawing, context.output)
  if (path === "-") return
  const { caption } = drawing
  const { paint } = context.output
  context.output.result(
    { schemaVersion: 1, path, caption, run: run.folder, checkpoint: run.step, ...deviceField(device) },
    `${path}\n${paint.dim(caption)}`,
  )
}

const endings = [".png", ".svg"]

/** Refuses what cannot be written before anything is drawn. */
export function checkTarget({ out, force }: PictureFlags, output: Output): void {
  if (out === undefined) return
  if (out === "-" && output.json) throw new EidosError("usage", bytesAndJson)
  if (out === "-") return
  if (!endings.includes(extname(out).toLowerCase())) throw new EidosError("usage", notAPicture(out, ".png"))
  refuseTaken(out, force)
}

/** Writes a drawing where it was asked for; on stdout it is the result itself. */
export function savePicture(path: string, { caption, png, svg }: Drawing, output: Output): void {
  const wantsSvg = extname(path).toLowerCase() === ".svg"
  if (wantsSvg && svg === undefined) throw new EidosError("usage", notAPicture(path, ".png"))
  if (path === "-") {
    output.bytes(png)
    output.note(caption)
  } else writeTarget(path, wantsSvg ? svg! : png)
}

export const tooFewImages = (flag: string, came: number, split: string, count: number): string =>
  `${flag}: ${came} images were asked for, and the ${split} split has ${count}.`

/** Refuses more images than a split holds. */
export function checkCount(
  run: Explored,
  { flag: name, count, split }: { flag: string; count: number; split: "train" | "validation" | "test" },
) {
  const has = run.dataset.splits[split].count
  if (count > has) throw new EidosError("usage", tooFewImages(name, count, split, has))
}
