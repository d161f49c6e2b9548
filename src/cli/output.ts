import { isColoured, type Paint, paintOf } from "./colour.ts"
import type { Io, Stream } from "./io.ts"

/** How a command speaks: results on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  /** Letters in a line of stdout; infinite where it is no terminal. */
  readonly columns: number
  /** For text on stdout. */
  readonly paint: Paint
  /** For text on stderr. */
  readonly notePaint: Paint
  /** The one result: the value with --json, else the text. */
  result(value: object, text: string): void
  bytes(content: Uint8Array): void
  /** For the person who waits; silent with --quiet. */
  note(text: string): void
  /** Only with --verbose. */
  detail(text: string): void
  /** What must be known even with --quiet. */
  warn(text: string): void
  error(text: string): void
  /** What a signal asked for is no error. */
  stopped(text: string): void
}

/** What every command may be told about its output. */
export interface OutputFlags {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly color?: boolean
}

/** The output flags of a command line, readable even where the rest of it is wrong. */
export function outputFlags(argv: readonly string[]): OutputFlags {
  const end = argv.indexOf("--")
  const has = (...names: string[]) => (end < 0 ? argv : argv.slice(0, end)).some((word) => names.includes(word))
  const color = has("--no-color") ? false : has("--color") ? true : undefined
  return {
    json: has("--json"),
    quiet: has("--quiet", "-q"),
    verbose: has("--verbose"),
    ...(color !== undefined && { color }),
  }
}

/** The output of a command under its flags and the environment. */
export function openOutput({ stdout, stderr, env }: Io, { json, quiet, verbose, color }: OutputFlags): Output {
  const paintFor = (stream: Stream) => paintOf(isColoured(stream, env, color))
  const notePaint = paintFor(stderr)
  const say = (text: string) => stderr.write(`${text}\n`)
  return {
    json,
    quiet,
    verbose,
    columns: (stdout.isTTY && stdout.columns) || Infinity,
    paint: paintFor(stdout),
    notePaint,
    result: (value, text) => stdout.write(`${json ? JSON.stringify(value, undefined, 2) : text}\n`),
    bytes: (content) => stdout.write(content),
    note: (text) => quiet || say(text),
    detail: (text) => verbose && say(notePaint.dim(text)),
    warn: (text) => say(`${notePaint.yellow("warning:")} ${text}`),
    stopped: say,
    error: (text) => say(`${notePaint.red("error:")} ${text}`),
  }
}
