/** What can be said about a board on the command line. */
import type { PlaceFlags } from "./environment.ts"
import type { Kind } from "./flag.ts"

/** Flags of a board. */
export interface BoardFlags extends PlaceFlags {
  readonly data?: string
  readonly models?: readonly string[]
  /** Seconds. */
  readonly budget?: number
  readonly limit?: number
  readonly out?: string
  readonly seed?: number
  readonly threads?: number
  readonly k?: number
}

const secondsIn = { s: 1, m: 60, h: 3600 } as const

/** `30s`, `5m` or `1h` in seconds. */
export const span: Kind<number> = {
  needs: "a time such as 30s, 5m or 1h",
  range: "",
  parse(given) {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(given.trim()) ?? []
    const seconds = Number(amount) * secondsIn[unit as keyof typeof secondsIn]
    return seconds > 0 ? seconds : undefined
  },
}
