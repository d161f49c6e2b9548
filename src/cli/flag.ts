import { Option } from "commander"
import { EidosError } from "../core/errors.ts"

/** What the text after a flag must be, in words, and the value it becomes; undefined when it is not that. */
export interface Kind<T> {
  /** As in `a whole number from 1 to 512`. */
  readonly needs: string
  /** Short for help, as in `1 to 512`; empty where the title says it. */
  readonly range: string
  parse(text: string): T | undefined
}

export const badFlag = (name: string, came: string, needs: string): string =>
  `${name}: "${came}" came; ${needs} is needed.`

const most = Number.MAX_SAFE_INTEGER
const rangeText = (min: number, max: number): string => (max >= most ? `${min} or more` : `${min} to ${max}`)

/** Number() reads "" and " " as 0. */
const numberIn = (text: string): number => (/^\s*$/.test(text) ? Number.NaN : Number(text))

export const whole = (min: number, max: number = most): Kind<number> => ({
  needs: max >= most ? `a whole number, ${min} or more,` : `a whole number from ${min} to ${max}`,
  range: rangeText(min, max),
  parse(text) {
    const value = numberIn(text)
    return Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined
  },
})

export const real = ({ min = -Infinity, max = Infinity, above = -Infinity }): Kind<number> => {
  const low = above > -Infinity ? `above ${above}` : min > -Infinity ? `at least ${min}` : ""
  const high = max < Infinity ? `at most ${max}` : ""
  const range = low && high && above === -Infinity ? `${min} to ${max}` : [low, high].filter(Boolean).join(" and ")
  return {
    needs: low && high && above === -Infinity ? `a number from ${range}` : `a number ${range}`.trim(),
    range,
    parse(text) {
      const value = numberIn(text)
      return Number.isFinite(value) && value >= min && value <= max && value > above ? value : undefined
    },
  }
}

export const positive: Kind<number> = real({ above: 0 })

/** Values separated by commas, `none` for no value; a JSON list is understood too. */
export const list = <T>(item: Kind<T>, what: string): Kind<T[]> => ({
  needs: `a list of ${what} separated by commas`,
  range: "",
  parse(text) {
    const inside = text.trim().replace(/^\[(.*)\]$/s, "$1")
    if (inside === "" || inside === "none") return []
    const values = inside.split(",").map((part) => item.parse(part.trim()))
    return values.some((value) => value === undefined) ? undefined : (values as T[])
  },
})

export const choice = <T extends string>(...names: readonly T[]): Kind<T> => ({
  needs: `one of ${names.join(", ")}`,
  range: names.join(", "),
  parse: (text) => names.find((name) => name === text),
})

export const text = (needs = "some text"): Kind<string> => ({
  needs,
  range: "",
  parse: (given) => (given === "" ? undefined : given),
})

export interface FlagOptions {
  /** What holds when the flag is left out, in words or as the value would be typed. */
  readonly fallback?: string
  /** Heading in the help. */
  readonly group?: string
}

/** A flag with a value: `--steps <n>`. Its text is checked by its kind; a wrong one is EidosError("usage") naming the flag. */
export function flag<T>(spec: string, title: string, kind: Kind<T>, { fallback, group }: FlagOptions = {}): Option {
  const notes = [kind.range, fallback === undefined ? "" : `default: ${fallback}`].filter(Boolean).join("; ")
  const option = new Option(spec, notes ? `${title} (${notes})` : title)
  const name = option.long ?? option.short ?? spec
  option.argParser((given: string) => {
    const value = kind.parse(given)
    if (value === undefined) throw new EidosError("usage", badFlag(name, given, kind.needs))
    return value
  })
  return group === undefined ? option : option.helpGroup(group)
}

/** A flag without a value. */
export function toggle(spec: string, title: string, group?: string): Option {
  const option = new Option(spec, title)
  return group === undefined ? option : option.helpGroup(group)
}
