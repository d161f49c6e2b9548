/** Every command, in the order of the help. */
import { Command } from "commander"
import type { CommandSpec } from "../command.ts"
import { readSettings } from "../settings.ts"
import { bayes } from "./bayes.ts"
import { board } from "./board.ts"
import { cite } from "./cite.ts"
import { classify } from "./classify.ts"
import { completionCommand } from "./completion.ts"
import { data } from "./data.ts"
import { decode } from "./decode.ts"
import { doctor } from "./doctor.ts"
import { evaluate } from "./evaluate.ts"
import { exportCommand } from "./export.ts"
import { film } from "./film.ts"
import { interpolate } from "./interpolate.ts"
import { manifold } from "./manifold.ts"
import { mixing } from "./mixing.ts"
import { modelsCommand } from "./models.ts"
import { reconstruct } from "./reconstruct.ts"
import { report } from "./report.ts"
import { sample } from "./sample.ts"
import { scatter } from "./scatter.ts"
import { score } from "./score.ts"
import { trainCommand } from "./train.ts"
import { traverse } from "./traverse.ts"

/** The commands as one command line sees them: `train` has the flags of the model that is named there. */
export const commandsFor = (argv: readonly string[]): CommandSpec<any>[] => [
  trainCommand(modelIn(argv)),
  evaluate,
  board,
  score,
  classify,
  sample,
  bayes,
  mixing,
  reconstruct,
  interpolate,
  traverse,
  manifold,
  scatter,
  film,
  decode,
  exportCommand,
  report,
  modelsCommand,
  data,
  cite,
  doctor,
  completionCommand(() => commandsFor([])),
]

/** The model that `train` names, or its configuration file; found before the flags are known, with those of all models. */
function modelIn(argv: readonly string[]): string | undefined {
  const at = argv.indexOf("train")
  if (at < 0) return undefined
  const anyModel = new Command()
  for (const option of trainCommand(undefined).flags) anyModel.addOption(option.argParser((given: string) => given)) // a wrong value is the command's to refuse
  const { operands } = anyModel.parseOptions(argv.slice(at + 1))
  return operands[0] ?? modelOfFile(anyModel.opts()["config"])
}

/** A file that cannot be read names no model here; the command itself says what is wrong with it. */
function modelOfFile(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : readSettings(path).model
  } catch {
    return undefined
  }
}
