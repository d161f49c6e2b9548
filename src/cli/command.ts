import { Command, type Option } from "commander"
import { outputOptions } from "./common-flags.ts"
import type { Io } from "./io.ts"
import type { Output } from "./output.ts"

/** What a command gets to work with: its argument and the flags that were given. */
export interface Context<F> {
  readonly argument: string
  readonly flags: F
  /** Flags of the command line, by their names in `flags`. */
  readonly given: readonly string[]
  readonly argv: readonly string[]
  readonly io: Io
  readonly output: Output
  /** Ends the command with exit code 1 though its result was printed. */
  fail(): void
}

/** What is the same for whichever command a line names. */
export type Surroundings = Pick<Context<unknown>, "argv" | "io" | "output" | "fail">

/** A command as data; `run` loads what is heavy, so that help is quick. */
export interface CommandSpec<F> {
  readonly name: string
  /** One line. */
  readonly purpose: string
  /** As in `<RUN>` or `[MODEL]`, with its meaning. */
  readonly argument?: readonly [spec: string, meaning: string]
  readonly flags: readonly Option[]
  /** Command lines without the leading `eidos`. */
  readonly examples: readonly [string, string, string]
  run(context: Context<F>): Promise<void>
}

/** The spec itself, with the type of its flags. */
export const defineCommand = <F>(spec: CommandSpec<F>): CommandSpec<F> => spec

/** The spec as a command of commander, with its examples in the help. */
export function commandOf(spec: CommandSpec<any>, surroundings: Surroundings): Command {
  const command = new Command(spec.name).description(spec.purpose)
  if (spec.argument) command.argument(...spec.argument)
  for (const option of [...spec.flags, ...outputOptions()]) command.addOption(option)
  command.addHelpText("after", `\nExamples:\n${spec.examples.map((example) => `  $ eidos ${example}`).join("\n")}`)
  return command.action(async () => {
    const given = Object.keys(command.opts()).filter((name) => command.getOptionValueSource(name) === "cli")
    await spec.run({ ...surroundings, argument: command.args[0] ?? "", flags: command.opts(), given })
  })
}
