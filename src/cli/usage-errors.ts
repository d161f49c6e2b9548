import type { CommanderError } from "commander"
import { EidosError } from "../core/errors.ts"

/** A complaint of the argument parser as a sentence with a hint. */
export function usageError({ code, message }: CommanderError, command: string): EidosError {
  const [complaint = "", suggestion] = message.replace(/^error: /, "").split("\n")
  const nearest = suggestion?.replace(/^\((.*)\)$/, "$1")
  const help = `\`${command} --help\` lists what there is.`
  return new EidosError("usage", sentence(code, complaint, command), { hint: nearest ? `${nearest} ${help}` : help })
}

function sentence(code: string, complaint: string, command: string): string {
  const quoted = /'(.+)'/.exec(complaint)?.[1] ?? ""
  switch (code) {
    case "commander.unknownOption":
      return `There is no flag ${quoted} for \`${command}\`.`
    case "commander.unknownCommand":
      return `There is no command "${quoted}".`
    case "commander.missingArgument":
      return `\`${command}\` needs ${quoted}.`
    case "commander.optionMissingArgument":
      return `The flag ${quoted} needs a value.`
    case "commander.excessArguments":
      return `\`${command}\` came with more words than it takes.`
    default:
      return `${complaint[0]?.toUpperCase() ?? ""}${complaint.slice(1)}.`
  }
}
