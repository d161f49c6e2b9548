import type { Io, Stream } from "./io.ts"

/** Ways to mark text on a terminal. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
}

/** Whether to colour a stream: the flag decides, then NO_COLOR and FORCE_COLOR, then whether it is a terminal. */
export function isColoured(stream: Stream, env: Io["env"], flag: boolean | undefined): boolean {
  if (flag !== undefined) return flag
  if (env["NO_COLOR"]) return false
  if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return true
  return stream.isTTY === true && env["TERM"] !== "dumb"
}

/** The marks as ANSI escapes, or nothing at all. */
export function paintOf(coloured: boolean): Paint {
  const mark = (on: number, off: number) => (text: string) => (coloured ? `\x1b[${on}m${text}\x1b[${off}m` : text)
  return { bold: mark(1, 22), dim: mark(2, 22), red: mark(31, 39), green: mark(32, 39), yellow: mark(33, 39) }
}
