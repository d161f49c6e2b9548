import { EidosError } from "../../core/errors.ts"
import type { Model } from "../../model/capabilities.ts"
import { type Context, defineCommand } from "../command.ts"
import { checkpointOption, deviceOption, placeOptions, seed, splits, threadsOption } from "../common-flags.ts"
import type { DeviceFlags } from "../device.ts"
import { flag, whole } from "../flag.ts"
import type { RunFlags } from "../opened.ts"
import { interruptible } from "../signals.ts"

interface EvaluateFlags extends RunFlags, DeviceFlags {
  readonly split?: "train" | "validation" | "test"
  readonly k?: number
  readonly betas?: number
  readonly seed?: number
  readonly threads?: number
}

export const noAnnealing = (model: string): string =>
  `--betas is for models whose log Z is estimated by annealed importance sampling, and that of ${model} is not; leave it out.`

const isAnnealed = (model: Model): boolean =>
  model.density === "unnormalized" && !model.enumeration && !!model.annealing

export const evaluate = defineCommand<EvaluateFlags>({
  name: "evaluate",
  purpose: "Measure a trained model on a split, beside trivial models",
  argument: ["<RUN>", "folder of a run"],
  flags: [
    flag("--split <name>", "Part of the data", splits, { fallback: "test" }),
    flag("--k <n>", "Importance samples a datum in the bound; 0 for none", whole(0, 1_000_000), {
      fallback: "the run's",
    }),
    flag(
      "--betas <n>",
      "Temperatures of annealed importance sampling, where log Z is estimated",
      whole(2, 10_000_000),
      {
        fallback: "5000",
      },
    ),
    flag("--seed <n>", "Seed of the model's noise; that of the data is fixed", seed, { fallback: "0" }),
    deviceOption(),
    threadsOption(),
    checkpointOption(),
    ...placeOptions(),
  ],
  examples: [
    "evaluate runs/vae",
    "evaluate runs/vae --split test --k 1000",
    "evaluate runs/vae --checkpoint last --json",
  ],
  run: (context) => interruptible(context.io, (signal) => measure(context, signal)),
})

async function measure(context: Context<EvaluateFlags>, signal: AbortSignal): Promise<void> {
  const { describePreprocessing } = await import("../../data/preprocess.ts")
  const { summarize } = await import("../../evaluate/summary.ts")
  const { evaluationDataOf } = await import("../../run/explored.ts")
  const { baselinesFirst, estimatesTable } = await import("../estimates-table.ts")
  const { deviceAsked, deviceField, deviceWords } = await import("../device.ts")
  const { dataOf, openedRun } = await import("../opened.ts")
  const { defined, noBound } = await import("../../run/request.ts")
  const { openProgress } = await import("../progress.ts")
  const { flags, io, output } = context
  const device = await deviceAsked(flags)
  const run = openedRun(context)
  const { config, trained } = run
  const { split = "test", k = config.evaluation.k ?? 0, threads = config.threads, seed, betas } = flags
  if (flags.k !== undefined && trained.model.density !== "bounded") throw new EidosError("usage", noBound(config.model))
  if (flags.betas !== undefined && !isAnnealed(trained.model)) throw new EidosError("usage", noAnnealing(config.model))
  const dataset = await dataOf(context, run, signal)
  const progress = openProgress(io, output, "evaluate")
  const onProgress = (done: number) => progress.update(done, [`${split} split`])
  const options = { k, threads, device, signal, onProgress, ...defined({ seed, betas }) }
  const data = evaluationDataOf({ ...run, dataset }, split)
  const measured = await summarize(trained, data, options).finally(() => progress.stop())
  signal.throwIfAborted()
  const estimates = baselinesFirst(measured)
  const n = dataset.splits[split].count
  const preprocessing = describePreprocessing(config.preprocessing, dataset)
  const head = `${config.model} on ${n.toLocaleString("en")} ${split} images of ${dataset.name}, step ${run.step}${deviceWords(device)}\n${preprocessing}`
  output.result(
    {
      ...{ schemaVersion: 1, run: run.folder, checkpoint: run.step, ...deviceField(device) },
      ...{ split, n, preprocessing, estimates },
    },
    `${head}\n\n${estimatesTable(estimates, output.paint, output.columns)}`,
  )
}
