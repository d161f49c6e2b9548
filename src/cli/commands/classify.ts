import { EidosError } from "../../core/errors.ts"
import type { OpenRun } from "../../run/open.ts"
import type { Device } from "../../runtime/device.ts"
import { type Context, defineCommand } from "../command.ts"
import { choice, flag, real, text, toggle } from "../flag.ts"
import { type OutlierFlags, outlierOptions } from "../outlier-flags.ts"
import { interruptible } from "../signals.ts"

interface ClassifyFlags extends OutlierFlags {
  readonly rejectWith?: string
  readonly rejectBy?: string
  readonly accept?: number
  readonly out?: string
  readonly force?: boolean
}

export const classify = defineCommand<ClassifyFlags>({
  name: "classify",
  purpose: "Label data with a trained classifier, and say what rejecting some of them is worth",
  argument: ["<RUN>", "folder of a classifier's run"],
  flags: [
    flag("--reject-with <run>", "Run of a density model whose score rejects", text("a folder"), {
      fallback: "confidence alone",
    }),
    flag("--reject-by <score>", "Score of that model that rejects", choice("raw", "typicality", "complexity"), {
      fallback: "complexity, or typicality where images have no compressed size",
    }),
    flag("--accept <x>", "Share of the validation data that the threshold accepts", real({ min: 0, max: 1 }), {
      fallback: "0.95",
    }),
    flag("-o, --out <file>", "PNG or SVG file of the risk–coverage curves", text("a file name"), {
      fallback: "RUN/plots/risk-coverage.png",
    }),
    toggle("--force", "Write over an existing file"),
    ...outlierOptions("Labelled data to classify"),
  ],
  examples: [
    "classify runs/classifier",
    "classify runs/classifier --reject-with runs/vae --reject-by typicality --data mnist",
    "classify runs/classifier --reject-with runs/vae --accept 0.9 --against glyphs,rotated --json",
  ],
  run: (context) => interruptible(context.io, (signal) => label(context, signal)),
})

async function label(context: Context<ClassifyFlags>, signal: AbortSignal): Promise<void> {
  const { classifierOf } = await import("../../run/compose.ts")
  const { classifyRun } = await import("../../run/classify.ts")
  const { openRun } = await import("../../run/open.ts")
  const { deviceAsked } = await import("../device.ts")
  const { dataOf, openedRun } = await import("../opened.ts")
  const { dataShown, loadOther, setsFor } = await import("../outlier-flags.ts")
  const { checkTarget } = await import("../picture-command.ts")
  const { openProgress } = await import("../progress.ts")
  const { flags, io, output } = context
  checkTarget(flags, output)
  const device = await deviceAsked(flags)
  const classifier = openedRun(context)
  classifierOf(classifier) // refused before data are read
  const { n = dataShown, accept = 0.95, k, threads, rejectWith, rejectBy } = flags
  if (rejectBy !== undefined && rejectWith === undefined) throw new EidosError("usage", scoreWithoutRejector)
  if (k !== undefined && rejectWith === undefined) throw new EidosError("usage", kWithoutRejector)
  const own = await dataOf(context, classifier, signal)
  const load = (name: string) => loadOther(context, classifier, name, signal)
  const data = flags.data === undefined ? own : await load(flags.data)
  const run = rejectWith === undefined ? undefined : openRun(rejectWith)
  const rejector = run && { run, own: await dataOf(context, run, signal) }
  const progress = openProgress(io, output, "classify")
  const onProgress = (done: number) => progress.update(done, [])
  const classified = await classifyRun({
    ...{ classifier, own, data, n, accept, load, device, signal, onProgress },
    against: setsFor(flags.against, data),
    ...(rejector && { rejector }),
    ...(rejectBy !== undefined && { rejectBy }),
    ...(k !== undefined && { k }),
    ...(threads !== undefined && { threads }),
  }).finally(() => progress.stop())
  await show(context, { run: classifier, device, data: data.name, classified })
}

export const scoreWithoutRejector = "--reject-by is a score of the model that rejects; add --reject-with."
export const kWithoutRejector = "--k is the number of importance samples of the model that rejects; add --reject-with."

type Classified = Awaited<ReturnType<typeof import("../../run/classify.ts")["classifyRun"]>>

interface Shown {
  readonly run: OpenRun
  readonly device: Device
  readonly data: string
  readonly classified: Classified
}

async function show(
  { flags, output }: Context<ClassifyFlags>,
  { run: { folder, config, step }, device, data, classified }: Shown,
): Promise<void> {
  const { riskCurves } = await import("../../picture/risk.ts")
  const { svgToPng } = await import("../../picture/raster.ts")
  const { classifiedText } = await import("../classified-text.ts")
  const { deviceField, deviceWords } = await import("../device.ts")
  const { savePicture } = await import("../picture-command.ts")
  const { freePath } = await import("../target.ts")
  const { n, accuracy, accept } = classified
  const lines = classified.rejections.map(({ by, points }) => ({ name: by, points }))
  const svg = riskCurves({ title: `${config.model} on ${n} test data of ${data}`, lines })
  const picture = flags.out ?? freePath(folder, "plots/risk-coverage.png")
  savePicture(picture, { svg, png: svgToPng(svg), caption: "Risk over coverage." }, output)
  if (picture === "-") return
  const rejections = classified.rejections.map(({ points: _, ...rejection }) => rejection)
  const head = `${config.model} of ${folder}, step ${step}, on ${n} test data of ${data}${deviceWords(device)}`
  output.result(
    {
      ...{ schemaVersion: 1, run: folder, checkpoint: step, ...deviceField(device), data, split: "test", n },
      ...{ accuracy, accept, rejections, picture },
    },
    `${head}\n${classifiedText(classified, output.paint)}\n\n${picture}`,
  )
}
