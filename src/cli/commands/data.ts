import { permutation } from "../../core/random.ts"
import type { Dataset } from "../../data/dataset.ts"
import { datasetChoice } from "../../data/names.ts"
import type { Preprocessing } from "../../data/preprocess.ts"
import type { Drawing } from "../../run/explored.ts"
import type { Paint } from "../colour.ts"
import { type Context, defineCommand } from "../command.ts"
import { placeOptions, seed } from "../common-flags.ts"
import { type PlaceFlags, placesOf } from "../environment.ts"
import { choice, flag, list, text, toggle, whole } from "../flag.ts"
import { interruptible } from "../signals.ts"

interface DataFlags extends PlaceFlags {
  readonly digits?: readonly number[]
  readonly limit?: number
  readonly validation?: number
  readonly binarize?: Preprocessing["binarize"]
  readonly seed?: number
  readonly n?: number
  readonly out?: string
  readonly force?: boolean
}

export const data = defineCommand<DataFlags>({
  name: "data",
  purpose: "Show what a data set holds and what trivial models reach on it",
  argument: ["<NAME>", datasetChoice],
  flags: [
    flag("--digits <list>", "Classes to keep, as in 1,5,6", list(whole(0, 255), "class numbers"), { fallback: "all" }),
    flag("--limit <n>", "At most this many images in each split", whole(1)),
    flag("--validation <n>", "Images set aside for validation; glyphs and mnist only", whole(1), { fallback: "5000" }),
    flag("--binarize <how>", "Baselines of zeros and ones, in nats", choice("none", "threshold", "dynamic"), {
      fallback: "none: of grey levels, in bits/dim",
    }),
    flag("--seed <n>", "Draws what is drawn on the spot, splits files, and chooses the images shown", seed, {
      fallback: "0",
    }),
    flag("-n <n>", "Images or points in the picture", whole(1, 10_000), { fallback: "100, or 3000 points" }),
    flag("-o, --out <file>", "PNG file to draw training images or points to; - for stdout", text("a file name")),
    toggle("--force", "Write over an existing file"),
    ...placeOptions(),
  ],
  examples: ["data glyphs --out glyphs.png", "data mnist --digits 1,5,6", "data two-moons --out moons.svg"],
  run: (context) => interruptible(context.io, (signal) => show(context, signal)),
})

async function show(context: Context<DataFlags>, signal: AbortSignal): Promise<void> {
  const { loadDataset } = await import("../../data/load.ts")
  const { defined } = await import("../../run/request.ts")
  const { checkTarget, savePicture } = await import("../picture-command.ts")
  const { argument, flags, io, output } = context
  checkTarget(flags, output)
  output.note(`Reading ${argument} …`)
  const { digits, limit, validation, seed } = flags
  const places = placesOf(flags, io.env, undefined, signal)
  const dataset = await loadDataset(defined({ ...places, data: argument, digits, limit, validation, seed }))
  if (flags.out !== undefined) savePicture(flags.out, await picture(dataset, flags), output)
  if (flags.out !== "-") await card(context, dataset, signal)
}

/** Training images as they are stored, or as they are binarized; points of the plane as they lie. */
async function picture(dataset: Dataset, { n, seed = 0, binarize = "none" }: DataFlags): Promise<Drawing> {
  const { eventsOf } = await import("../../evaluate/evaluator.ts")
  const { drawData } = await import("../../run/gallery.ts")
  const { drawPoints, isPlane } = await import("../../run/points.ts")
  const { count, labels } = dataset.splits.train
  const shows = isPlane(dataset.event)
  const rows = permutation({ seed, name: "explore/rows" }, count).subarray(0, n ?? (shows ? 3000 : 100))
  const shown = { dataset, split: "train" as const, preprocessing: { binarize, dequantize: false } }
  const events = eventsOf(shown, dataset.event, rows)
  if (!shows)
    return { ...drawData(events, dataset.event), caption: `${rows.length} training images of ${dataset.name}.` }
  const caption = `${rows.length} training points of ${dataset.name}.`
  return drawPoints(events, {
    title: dataset.name,
    caption,
    classes: dataset.classes,
    ...(labels && { labels: Array.from(rows, (row) => labels[row]!) }),
  })
}

/** Grey levels are measured with noise, without which they have no density. */
const preprocessingOf = ({ levels }: Dataset, binarize: Preprocessing["binarize"] = "none"): Preprocessing => ({
  binarize,
  dequantize: levels === 256 && binarize === "none",
})

async function card({ flags, output }: Context<DataFlags>, dataset: Dataset, signal: AbortSignal): Promise<void> {
  const { describePreprocessing } = await import("../../data/preprocess.ts")
  const { likelihoodBaselines } = await import("../../evaluate/baselines.ts")
  const { estimatesTable } = await import("../estimates-table.ts")
  const preprocessing = preprocessingOf(dataset, flags.binarize)
  const described = describePreprocessing(preprocessing, dataset)
  output.note("Measuring baselines on the test split …")
  const baselines = await likelihoodBaselines({ dataset, split: "test", preprocessing }, dataset.event)
  signal.throwIfAborted()
  const { name, source, event, levels, classes, digest, splits } = dataset
  const counts = { train: splits.train.count, validation: splits.validation.count, test: splits.test.count }
  const facts = { name, source, event, levels, classes, counts, digest }
  const made = flags.out === undefined ? {} : { picture: flags.out }
  const lines = factLines({ ...facts, ...made, measured: described }, output.paint)
  output.result(
    { schemaVersion: 1, ...facts, preprocessing: described, baselines, ...made },
    `${lines}\n\n${estimatesTable(baselines, output.paint, output.columns)}`,
  )
}

const factLines = (facts: Readonly<Record<string, unknown>>, paint: Paint): string =>
  Object.entries(facts)
    .map(([label, value]) => `${paint.bold(label.padEnd(9))} ${written(value)}`)
    .join("\n")

function written(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? value.join(", ") : "none"
  if (typeof value !== "object" || value === null) return String(value)
  return Object.entries(value)
    .map(([name, n]) => `${n.toLocaleString("en")} ${name}`)
    .join(", ")
}
