import { EidosError } from "../../core/errors.ts"
import { formatEstimate } from "../../core/estimate.ts"
import { type Context, defineCommand } from "../command.ts"
import { placeOptions, seed, threadsOption } from "../common-flags.ts"
import { flag, text, whole } from "../flag.ts"
import { outOptions, type PictureFlags } from "../picture-command.ts"

interface MixingFlags extends PictureFlags {
  readonly classifier?: string
  readonly chains?: number
  readonly steps?: number
  readonly skip?: number
  readonly seed?: number
  readonly threads?: number
}

export const mixing = defineCommand<MixingFlags>({
  name: "mixing",
  purpose: "Measure how many steps a model's Markov chains stay in one class, and draw them",
  argument: ["<RUN>", "folder of a run that samples by a chain"],
  flags: [
    flag("--classifier <run>", "Run of a classifier that says which class an image is", text("a folder")),
    flag("--chains <n>", "Chains side by side", whole(1, 10_000), { fallback: "100" }),
    flag("--steps <n>", "Steps that are watched", whole(1, 100_000), { fallback: "200" }),
    flag("--skip <n>", "Steps before the first that is watched", whole(0, 1_000_000), { fallback: "0" }),
    flag("--seed <n>", "Seed of the chains", seed, { fallback: "the run's" }),
    threadsOption(),
    ...outOptions("samples/mixing.png"),
    ...placeOptions(),
  ],
  examples: [
    "mixing runs/gsn --classifier runs/classifier",
    "mixing runs/rbm --classifier runs/classifier --skip 1000 --steps 500",
    "mixing runs/gsn --classifier runs/classifier --chains 20 --out chains.png --json",
  ],
  run: measure,
})

export const whichClassifier =
  "mixing: which classifier? A run that gives p(y|x) is needed, as in --classifier runs/classifier."

async function measure(context: Context<MixingFlags>): Promise<void> {
  const { classifierOf } = await import("../../run/compose.ts")
  const { mixingOfRun } = await import("../../run/mixing.ts")
  const { openRun } = await import("../../run/open.ts")
  const { deviceAsked, deviceField, deviceWords } = await import("../device.ts")
  const { openedRun } = await import("../opened.ts")
  const { checkTarget, savePicture } = await import("../picture-command.ts")
  const { openProgress } = await import("../progress.ts")
  const { freePath } = await import("../target.ts")
  const { flags, io, output } = context
  if (flags.classifier === undefined) throw new EidosError("usage", whichClassifier)
  checkTarget(flags, output)
  const device = await deviceAsked(flags)
  const run = openedRun(context)
  const classifier = openRun(flags.classifier)
  classifierOf(classifier) // refused before chains are run
  const { chains = 100, steps = 200, skip = 0, seed = run.config.training.seed, threads } = flags
  const progress = openProgress(io, output, "chains")
  const onProgress = (done: number) => progress.update(done, [])
  const mixed = await mixingOfRun({
    ...{ run, classifier, chains, steps, skip, seed, device, onProgress },
    ...(threads !== undefined && { threads }),
  }).finally(() => progress.stop())
  const path = flags.out ?? freePath(run.folder, "samples/mixing.png")
  savePicture(path, mixed.drawing, output)
  if (path === "-") return
  const { steps: stay, changes, taken, drawing } = mixed
  output.result(
    {
      schemaVersion: 1,
      ...{ run: run.folder, classifier: classifier.folder, chains, skip, steps: stay, changes, taken, path },
      ...deviceField(device),
    },
    `${stay.quantity}: ${formatEstimate(stay)}; ${changes} changes in ${taken} steps of ${chains} chains${deviceWords(device)}\n\n${path}\n${output.paint.dim(drawing.caption)}`,
  )
}
