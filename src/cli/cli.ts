/** The program: from a command line to a command, and from an error to a sentence and an exit code. */
import { Command, CommanderError } from "commander"
import type { EidosError } from "../core/errors.ts"
import { models } from "../models/index.ts"
import { isColoured } from "./colour.ts"
import { commandOf, type Surroundings } from "./command.ts"
import { commandsFor } from "./commands/index.ts"
import { outputOptions } from "./common-flags.ts"
import { asEidosError, exitCodeOf, exitCodes } from "./exit-codes.ts"
import type { Io } from "./io.ts"
import { type Output, openOutput, outputFlags } from "./output.ts"
import { Interrupted } from "./signals.ts"
import { usageError } from "./usage-errors.ts"
import { eidosVersion, versionsOf } from "./versions.ts"

/** Runs a command line (without `node` and the program's name) and returns its exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const output = openOutput(io, outputFlags(argv))
  let code = 0
  const fail = () => {
    code = exitCodes.failed
  }
  try {
    await programFor({ argv, io, output, fail }).parseAsync(argv, { from: "user" })
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0 // help was shown
    return report(error instanceof CommanderError ? usageError(error, commandLine(argv)) : asEidosError(error), output)
  }
}

const purpose = "Deep generative models: train, measure, look inside, export."

/** The program with all its commands. */
function programFor(surroundings: Surroundings): Command {
  const { argv, io, output } = surroundings
  const program = new Command("eidos").description(purpose)
  const parts = commandsFor(argv).map((spec) => commandOf(spec, surroundings))
  for (const command of [program, ...parts]) configured(command, argv, io)
  for (const command of parts) program.addCommand(command)
  program.option("-V, --version", "Print the version; with --json, those of ONNX Runtime and Node too")
  for (const option of outputOptions()) program.addOption(option)
  program.addHelpText("after", `\nExamples:\n${firstSteps.map((line) => `  $ eidos ${line}`).join("\n")}`)
  program.enablePositionalOptions() // flags after a command's name are the command's
  return commandIn(argv) === undefined ? program.action(() => withoutCommand(program, output)) : program
}

/** The first word that is no flag; an action without it would swallow misspelt commands. */
const commandIn = (argv: readonly string[]): string | undefined => argv.find((word) => !word.startsWith("-"))

async function withoutCommand(program: Command, output: Output): Promise<void> {
  if (!program.opts()["version"]) program.help()
  await showVersion(output)
}

const firstSteps = ["train vae", "train vae --preset mnist-binarized", "train vae --help"]

function configured(command: Command, argv: readonly string[], { stdout, env }: Io): void {
  const coloured = isColoured(stdout, env, outputFlags(argv).color)
  command
    .exitOverride()
    .showSuggestionAfterError()
    .helpOption("-h, --help", "Show this help")
    .configureHelp({ styleTitle: (title) => (coloured ? `\x1b[1m${title}\x1b[22m` : title), sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: () => {}, // `report` speaks
      outputError: () => {},
      getOutHelpWidth: () => Math.min(110, stdout.columns ?? 110),
      getOutHasColors: () => coloured,
    })
}

async function showVersion(output: Output): Promise<void> {
  const versions = output.json ? await versionsOf() : { eidos: eidosVersion() }
  output.result({ schemaVersion: 1, ...versions }, versions.eidos)
}

/** The command a complaint is about: `eidos train vae`. */
const commandLine = (argv: readonly string[]): string => {
  const first = commandIn(argv)
  const isKnown = commandsFor([]).some(({ name }) => name === first)
  const model = argv[0] === "train" && Object.hasOwn(models, argv[1] ?? "") ? ` ${argv[1]}` : ""
  return isKnown ? `eidos ${first}${model}` : "eidos"
}

/** Says what went wrong, to people on stderr and with --json to programs on stdout. */
function report(error: EidosError, output: Output): number {
  const { code, message, hint } = error
  if (output.json) output.result({ error: { code, message, hint } }, "")
  const sentences = hint ? `${message}\n${hint}` : message
  if (error instanceof Interrupted) output.stopped(sentences)
  else output.error(sentences)
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) output.detail(cause.stack ?? "")
  return exitCodeOf(error)
}
