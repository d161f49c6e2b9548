import { EidosError } from "../../core/errors.ts"
import { type Context, defineCommand } from "../command.ts"
import { placeOptions, seed, threadsOption } from "../common-flags.ts"
import { flag, text, whole } from "../flag.ts"
import { outOptions, type PictureFlags } from "../picture-command.ts"

interface BayesFlags extends PictureFlags {
  readonly classifier?: string
  readonly native?: string
  readonly label?: number
  readonly n?: number
  readonly proposals?: number
  readonly seed?: number
  readonly threads?: number
}

export const bayes = defineCommand<BayesFlags>({
  name: "bayes",
  purpose: "Draw from p(x|y) made of any p(x) and a classifier, beside a model that was told the class",
  argument: ["<RUN>", "folder of a run that draws samples"],
  flags: [
    flag("--classifier <run>", "Run of a classifier, p(y|x)", text("a folder")),
    flag("--label <n>", "Class to draw", whole(0, 255), { fallback: "every class" }),
    flag("--native <run>", "Run of a model conditioned on the class, drawn below", text("a folder")),
    flag("-n <n>", "Images of each class", whole(1, 1000), { fallback: "16" }),
    flag("--proposals <n>", "Draws from p(x) that are weighted", whole(2, 1_000_000), { fallback: "2000" }),
    flag("--seed <n>", "Seed of the draws", seed, { fallback: "the run's" }),
    threadsOption(),
    ...outOptions("samples/bayes.png"),
    ...placeOptions(),
  ],
  examples: [
    "bayes runs/vae --classifier runs/classifier --label 3",
    "bayes runs/vae --classifier runs/classifier --native runs/cvae",
    "bayes runs/gan --classifier runs/classifier --label 7 --proposals 10000 --out sevens.png",
  ],
  run: draw,
})

export const whichClassifier =
  "bayes: which classifier? A run that gives p(y|x) is needed, as in --classifier runs/classifier."

async function draw(context: Context<BayesFlags>): Promise<void> {
  const { classifierOf, composeRuns, drawComposed, samplerOf } = await import("../../run/compose.ts")
  const { openRun } = await import("../../run/open.ts")
  const { deviceAsked, deviceField } = await import("../device.ts")
  const { dataOf, openedRun } = await import("../opened.ts")
  const { checkTarget, savePicture } = await import("../picture-command.ts")
  const { freePath } = await import("../target.ts")
  const { composedText } = await import("../composed-text.ts")
  const { flags, output } = context
  if (flags.classifier === undefined) throw new EidosError("usage", whichClassifier)
  checkTarget(flags, output)
  const device = await deviceAsked(flags)
  const sampler = openedRun(context)
  const classifier = openRun(flags.classifier)
  samplerOf(sampler)
  const { labels: classes } = classifierOf(classifier).model
  const { n = 16, proposals = 2000, seed = sampler.config.training.seed, label, threads } = flags
  const labels = label === undefined ? Array.from({ length: classes }, (_, y) => y) : [label]
  const classifierData = await dataOf(context, classifier)
  output.note(`Drawing ${proposals} from ${sampler.config.model} …`)
  const composed = await composeRuns({
    ...{ sampler, classifier, classifierData, labels, n, proposals, seed, device },
    ...(flags.native !== undefined && { native: openRun(flags.native) }),
    ...(threads !== undefined && { threads }),
  })
  const drawing = drawComposed(composed, sampler.config.event, n)
  const path = flags.out ?? freePath(sampler.folder, "samples/bayes.png")
  savePicture(path, drawing, output)
  if (path === "-") return
  const rows = composed.classes.map(({ label: y, composed: c, native }) => ({
    label: y,
    effectiveSampleSize: c.effectiveSampleSize,
    proposals: c.proposals,
    classProbability: c.classProbability,
    agreement: { composed: c.agreement, ...(native && { native: native.agreement }) },
  }))
  const runs = { run: sampler.folder, classifier: classifier.folder, ...(flags.native && { native: flags.native }) }
  output.result(
    {
      ...{ schemaVersion: 1, ...runs, ...deviceField(device), pixels: composed.pixels, n, seed, classes: rows },
      ...{ path, caption: drawing.caption },
    },
    `${composedText(composed, output.paint)}\n\n${path}\n${output.paint.dim(drawing.caption)}`,
  )
}
