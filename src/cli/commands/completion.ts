import { EidosError } from "../../core/errors.ts"
import { type CommandSpec, defineCommand } from "../command.ts"
import { outputOptions } from "../common-flags.ts"

export const noSuchShell = (came: string): string => `completion: "${came}" came; bash, zsh or fish is needed.`

/** What can follow `eidos`: each command with its flags. */
export interface Word {
  readonly name: string
  readonly purpose: string
  readonly flags: readonly string[]
}

/** The script of a shell that completes commands, flags, and files elsewhere. */
export const completionCommand = (specs: () => readonly CommandSpec<any>[]) =>
  defineCommand({
    name: "completion",
    purpose: "Print a script that completes commands and flags in your shell",
    argument: ["<SHELL>", "bash, zsh or fish"],
    flags: [],
    examples: [
      "completion bash > ~/.local/share/bash-completion/completions/eidos",
      "completion zsh > ~/.zfunc/_eidos",
      "completion fish > ~/.config/fish/completions/eidos.fish",
    ],
    async run({ argument, output }) {
      if (!Object.hasOwn(scripts, argument)) throw new EidosError("usage", noSuchShell(argument))
      const script = scripts[argument as keyof typeof scripts](specs().map(wordOf))
      output.result({ schemaVersion: 1, shell: argument, script }, script)
    },
  })

const wordOf = ({ name, purpose, flags }: CommandSpec<any>): Word => ({
  name,
  purpose,
  flags: [...flags, ...outputOptions()].map(({ long, short }) => (long ?? short)!).concat("--help"),
})

const cases = (words: readonly Word[]): string =>
  words.map(({ name, flags }) => `    ${name}) flags="${flags.join(" ")}" ;;`).join("\n")

const scripts = {
  bash: (words: readonly Word[]) => `# bash completion for eidos
_eidos() {
  local current="\${COMP_WORDS[COMP_CWORD]}" flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${words.map(({ name }) => name).join(" ")} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases(words)}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _eidos eidos`,
  zsh: (words: readonly Word[]) => `#compdef eidos
_eidos() {
  local flags=""
  if (( CURRENT == 2 )); then
    local -a commands=(${words.map(({ name, purpose }) => `'${name}:${purpose.replaceAll("'", "’").replaceAll(":", " –")}'`).join(" ")})
    _describe command commands
    return
  fi
  case "\${words[2]}" in
${cases(words)}
  esac
  if [[ "$PREFIX" == -* ]]; then compadd -- \${=flags}; else _files; fi
}
compdef _eidos eidos`,
  fish: (words: readonly Word[]) =>
    [
      "# fish completion for eidos",
      ...words.map(
        ({ name, purpose }) =>
          `complete -c eidos -n __fish_use_subcommand -f -a ${name} -d '${purpose.replaceAll("'", "\\'")}'`,
      ),
      ...words.flatMap(({ name, flags }) =>
        flags.map((flag) =>
          flag.startsWith("--")
            ? `complete -c eidos -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`
            : `complete -c eidos -n '__fish_seen_subcommand_from ${name}' -s ${flag.slice(1)}`,
        ),
      ),
    ].join("\n"),
}
