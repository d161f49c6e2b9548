import { type Context, defineCommand } from "../command.ts"
import { checkpointOption, deviceOption, placeOptions } from "../common-flags.ts"
import type { DeviceFlags } from "../device.ts"
import type { RunFlags } from "../opened.ts"
import { interruptible } from "../signals.ts"

interface ReportFlags extends RunFlags, DeviceFlags {}

export const report = defineCommand<ReportFlags>({
  name: "report",
  purpose: "Make a run's numbers, pictures and report.html again",
  argument: ["<RUN>", "folder of a run"],
  flags: [checkpointOption(), deviceOption(), ...placeOptions()],
  examples: ["report runs/vae", "report runs/vae --checkpoint last", "report runs/vae --data-dir ~/data --json"],
  run: (context) => interruptible(context.io, (signal) => remake(context, signal)),
})

async function remake(context: Context<ReportFlags>, signal: AbortSignal): Promise<void> {
  const { join } = await import("node:path")
  const { reportRun } = await import("../../run/finish.ts")
  const { lockRun } = await import("../../storage/lock.ts")
  const { baselinesFirst, estimatesTable } = await import("../estimates-table.ts")
  const { deviceAsked, deviceField } = await import("../device.ts")
  const { dataOf, lengthOf, openedRun } = await import("../opened.ts")
  const { openProgress } = await import("../progress.ts")
  const { flags, io, output } = context
  const device = await deviceAsked(flags)
  const run = openedRun(context)
  const lock = lockRun(run.folder) // a run at work writes the same files
  const progress = openProgress(io, output, "report")
  try {
    const dataset = await dataOf(context, run, signal)
    const { seconds } = lengthOf(run.folder)
    const onProgress = (what: string, done: number) => progress.update(done, [what])
    const estimates = baselinesFirst(await reportRun({ run, dataset, seconds, device, signal, onProgress }))
    progress.stop()
    const path = join(run.folder, "report.html")
    const text = `${estimatesTable(estimates, output.paint, output.columns)}\n\n${path}`
    output.result({ schemaVersion: 1, run: run.folder, report: path, ...deviceField(device), estimates }, text)
  } finally {
    progress.stop()
    lock.release()
  }
}
