import { EidosError } from "../../core/errors.ts"
import type { OpenRun } from "../../run/open.ts"
import type { Scored } from "../../run/score.ts"
import type { Device } from "../../runtime/device.ts"
import { type Context, defineCommand } from "../command.ts"
import { type OutlierFlags, outlierOptions } from "../outlier-flags.ts"
import { interruptible } from "../signals.ts"

export const score = defineCommand<OutlierFlags>({
  name: "score",
  purpose: "Tell outliers by a trained model's log p(x) or confidence, and say where that fails",
  argument: ["<RUN>", "folder of a run"],
  flags: outlierOptions("Data that count as in"),
  examples: [
    "score runs/vae",
    "score runs/vae --data mnist-binarized --against glyphs,constant,uniform-noise",
    "score runs/classifier --against uniform-noise,rotated --json",
  ],
  run: (context) => interruptible(context.io, (signal) => measure(context, signal)),
})

export const nothingAgainst = (data: string): string =>
  `score: no outliers can be made of ${data}; name another data set, as in --against ring.`

async function measure(context: Context<OutlierFlags>, signal: AbortSignal): Promise<void> {
  const { limit } = await import("../../data/select.ts")
  const { outlierSets, scoreRun, seenBy } = await import("../../run/score.ts")
  const { deviceAsked } = await import("../device.ts")
  const { dataOf, openedRun } = await import("../opened.ts")
  const { dataShown, loadOther, setsFor } = await import("../outlier-flags.ts")
  const { openProgress } = await import("../progress.ts")
  const { flags, io, output } = context
  const device = await deviceAsked(flags)
  const run = openedRun(context)
  const { n = dataShown, k, threads } = flags
  const own = await dataOf(context, run, signal)
  const load = (name: string) => loadOther(context, run, name, signal)
  const inside = flags.data === undefined ? own : await load(flags.data)
  const seen = seenBy(run, own, limit(inside, n))
  const names = setsFor(flags.against, seen.dataset)
  if (names.length === 0) throw new EidosError("usage", nothingAgainst(inside.name))
  const sets = await outlierSets(names, seen, n, load)
  const progress = openProgress(io, output, "score")
  const onProgress = (done: number) => progress.update(done, [])
  const options = {
    own,
    n,
    device,
    signal,
    onProgress,
    ...(k !== undefined && { k }),
    ...(threads !== undefined && { threads }),
  }
  const scored = await scoreRun(run, seen, sets, options).finally(() => progress.stop())
  await show(context, { run, device, data: inside.name, scored })
}

interface Shown {
  readonly run: OpenRun
  readonly device: Device
  readonly data: string
  readonly scored: Scored
}

async function show({ output }: Context<OutlierFlags>, { run, device, data, scored }: Shown): Promise<void> {
  const { aurocEstimate } = await import("../../evaluate/auroc.ts")
  const { warningOf } = await import("../../evaluate/outliers.ts")
  const { deviceField, deviceWords } = await import("../device.ts")
  const { separations, scores, inliers, n, density, typical } = scored
  const sets = separations.map((separation) => {
    const { set, words, count, areas, means } = separation
    const warning = warningOf(separation)
    const estimates = Object.entries(areas).map(([name, area]) => aurocEstimate(name, area))
    return { set, words, n: count, estimates, means, ...(warning !== undefined && { warning }) }
  })
  const { config, folder, step } = run
  const head = {
    run: folder,
    checkpoint: step,
    ...deviceField(device),
    data,
    split: "test",
    n,
    ...(density && { density }),
  }
  output.result(
    { schemaVersion: 1, ...head, ...(typical && { typical }), scores, inliers, sets },
    await text(
      output,
      `${config.model} of ${folder}, step ${step}, on ${n} test data of ${data}${deviceWords(device)}`,
      scored,
    ),
  )
}

async function text(output: Context<OutlierFlags>["output"], head: string, scored: Scored): Promise<string> {
  const { areasTable, scoreLines } = await import("../outlier-tables.ts")
  return [head, ...scoreLines(scored, output.paint), "", areasTable(scored, output.paint)].join("\n")
}
