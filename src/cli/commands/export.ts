import { type Context, defineCommand } from "../command.ts"
import { checkpointOption } from "../common-flags.ts"
import { flag, text, toggle } from "../flag.ts"
import type { RunFlags } from "../opened.ts"

interface ExportFlags extends RunFlags {
  readonly out?: string
  readonly force?: boolean
}

export const exportCommand = defineCommand<ExportFlags>({
  name: "export",
  purpose: "Write ONNX and safetensors files that need no eidos",
  argument: ["<RUN>", "folder of a run"],
  flags: [
    flag("-o, --out <folder>", "Folder to write to", text("a folder"), { fallback: "RUN/export" }),
    toggle("--force", "Write over existing files"),
    checkpointOption(),
  ],
  examples: ["export runs/vae", "export runs/vae --out web/model", "export runs/vae --checkpoint last --force --json"],
  run: write,
})

async function write(context: Context<ExportFlags>): Promise<void> {
  const { join } = await import("node:path")
  const { exportModel, writeExports } = await import("../../run/export.ts")
  const { explainWrite } = await import("../../storage/write-errors.ts")
  const { openedRun } = await import("../opened.ts")
  const { refuseTaken } = await import("../target.ts")
  const { eidosVersion } = await import("../versions.ts")
  const { flags, output } = context
  const run = openedRun(context)
  const folder = flags.out ?? join(run.folder, "export")
  const metadata = {
    eidos: eidosVersion(),
    model: run.config.model,
    step: String(run.step),
    data: run.config.data.digest,
  }
  const files = exportModel(run.trained, metadata)
  for (const { name } of files) refuseTaken(join(folder, name), flags.force)
  try {
    const written = writeExports(folder, files)
    const width = Math.max(...written.map(({ role }) => role.length))
    const text = written.map(({ path, role }) => `${output.paint.dim(role.padEnd(width))}  ${path}`).join("\n")
    output.result({ schemaVersion: 1, files: written }, text)
  } catch (error) {
    throw explainWrite(folder, error)
  }
}
