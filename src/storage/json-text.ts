import type { z } from "zod"
import { EidosError } from "../core/errors.ts"

const numbers = new Map<unknown, number>([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
])

/** For JSON.stringify: numbers that JSON lacks as strings, which would become null without a word. */
export const encodeNumber = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value

/** For JSON.parse: `"NaN"`, `"Infinity"` and `"-Infinity"` back as numbers. */
export const decodeNumber = (_key: string, value: unknown): unknown => numbers.get(value) ?? value

/** Indented JSON that ends in a newline; NaN and infinities are strings. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, encodeNumber, 2)}\n`

type Reviver = (key: string, value: unknown) => unknown

/** The value of a JSON text under a schema; `where` names the text in errors. Throws EidosError("model-file"). */
export function checkJson<T>(text: string, schema: z.ZodType<T>, where: string, revive?: Reviver): T {
  const checked = schema.safeParse(parseJson(text, where, revive))
  if (checked.success) return checked.data
  throw new EidosError("model-file", wrongContent(where, checked.error.issues), { cause: checked.error })
}

function parseJson(text: string, where: string, revive: Reviver = (_, value) => value): unknown {
  try {
    return JSON.parse(text, (key, value) => revive(key, refusePrototype(key, value)))
  } catch (cause) {
    throw new EidosError("model-file", notJson(where, (cause as Error).message), { cause })
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new SyntaxError("the key __proto__ is not allowed")
  return value
}

export const notJson = (where: string, reason: string): string => `${where}: this is not JSON (${reason}).`

export const wrongContent = (where: string, issues: readonly z.core.$ZodIssue[]): string =>
  `${where}: ${issues.map(({ path, message }) => `${path.join(".") || "the value"}: ${message}`).join("; ")}.`
