/** Configuration that comes as text: `--set a.b=value` and files. */
import { readFileSync } from "node:fs"
import { z } from "zod"
import { EidosError } from "../core/errors.ts"
import { optimizerNames } from "../optim/settings.ts"
import { clipSchema } from "../run/config.ts"
import { deviceName } from "./common-flags.ts"
import type { ModelField } from "./model-flags.ts"

export const notASetting = (came: string): string =>
  `--set: "${came}" came; PATH=VALUE is needed, as in --set latent=2.`
export const forbiddenKey = (key: string): string => `--set: "${key}" cannot be the name of a setting.`

const forbidden = new Set(["__proto__", "prototype", "constructor"])

/** Settings as a nested object; where a path names a field of the model, its text is read as the field's flag would be. */
export function settingsOf(settings: readonly string[], fields: readonly ModelField[]): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const setting of settings) {
    const at = setting.indexOf("=")
    if (at < 1) throw new EidosError("usage", notASetting(setting))
    place(root, setting.slice(0, at).split("."), readValue(setting.slice(0, at), setting.slice(at + 1), fields))
  }
  return root
}

function place(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const bad = path.find((key) => forbidden.has(key) || key === "")
  if (bad !== undefined) throw new EidosError("usage", forbiddenKey(bad))
  const [key, ...rest] = path as [string, ...string[]]
  if (rest.length === 0) {
    root[key] = value
    return
  }
  const inner = root[key]
  if (typeof inner !== "object" || inner === null) root[key] = {}
  place(root[key] as Record<string, unknown>, rest, value)
}

function readValue(path: string, text: string, fields: readonly ModelField[]): unknown {
  const known = fields.find(({ name }) => name === path)?.kind.parse(text)
  if (known !== undefined) return known
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const schedule = z.strictObject({
  name: z.enum(["constant", "linear", "cosine", "step"]).exactOptional(),
  start: z.number().positive().exactOptional(),
  end: z.number().positive().exactOptional(),
  steps: z.int().min(0).exactOptional(),
  factor: z.number().positive().lt(1).exactOptional(),
  every: z.int().positive().exactOptional(),
  warmup: z.int().positive().exactOptional(),
})

const decay = z.number().min(0).lt(1).exactOptional()
const optimizer = z.union([
  z.literal("adam"),
  z.strictObject({
    name: z.enum(optimizerNames).exactOptional(),
    momentum: decay,
    nesterov: z.boolean().exactOptional(),
    beta1: decay,
    beta2: decay,
    weightDecay: z.number().min(0).exactOptional(),
  }),
])

/** What a configuration file may say: any part of a run's `config.json`. What follows from the data is found anew. */
const fileSchema = z.strictObject({
  schemaVersion: z.literal(1).exactOptional(),
  model: z.string().exactOptional(),
  config: z.record(z.string(), z.unknown()).exactOptional(),
  preset: z.string().exactOptional(),
  event: z.unknown().exactOptional(),
  data: z
    .strictObject({
      name: z.string().exactOptional(),
      dataDir: z.string().exactOptional(),
      seed: z.unknown().exactOptional(),
      validation: z.int().positive().exactOptional(),
      digits: z.array(z.int().min(0)).exactOptional(),
      limit: z.int().positive().exactOptional(),
      digest: z.unknown().exactOptional(),
      source: z.unknown().exactOptional(),
      counts: z.unknown().exactOptional(),
    })
    .exactOptional(),
  preprocessing: z
    .strictObject({
      binarize: z.enum(["none", "threshold", "dynamic"]).exactOptional(),
      dequantize: z.boolean().exactOptional(),
    })
    .exactOptional(),
  training: z
    .strictObject({
      seed: z.int().min(0).exactOptional(),
      batchSize: z.int().positive().exactOptional(),
      steps: z.int().positive().exactOptional(),
      minutes: z.number().positive().exactOptional(),
      schedule: schedule.exactOptional(),
      accumulate: z.int().positive().exactOptional(),
      optimizer: optimizer.exactOptional(),
      clip: clipSchema.exactOptional(),
      ema: z.number().positive().lt(1).exactOptional(),
      logEvery: z.int().positive().exactOptional(),
      validateEvery: z.int().positive().exactOptional(),
      saveEvery: z.int().positive().exactOptional(),
    })
    .exactOptional(),
  evaluation: z.strictObject({ k: z.int().min(0).exactOptional() }).exactOptional(),
  threads: z.int().positive().exactOptional(),
  device: z
    .string()
    .refine((name) => deviceName.parse(name) !== undefined, `${deviceName.needs} is needed`)
    .exactOptional(),
})
export type FileSettings = z.output<typeof fileSchema>

export const noSuchFile = (path: string): string => `--config: ${path} cannot be read.`
export const notJson = (path: string, reason: string): string => `--config: ${path} is not JSON (${reason}).`

/** A configuration file. Throws EidosError("config") naming the field at fault. */
export function readSettings(path: string): FileSettings {
  const parsed = fileSchema.safeParse(jsonOf(path))
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`)
  throw new EidosError("config", `--config: ${path}: ${faults.join("; ")}.`, {
    hint: "A run's config.json shows what may be there; `eidos train MODEL --dry-run` prints one.",
  })
}

function jsonOf(path: string): unknown {
  let content: string
  try {
    content = readFileSync(path, "utf8")
  } catch (cause) {
    throw new EidosError("config", noSuchFile(path), { hint: (cause as Error).message, cause })
  }
  try {
    return JSON.parse(content)
  } catch (cause) {
    throw new EidosError("config", notJson(path, (cause as Error).message), { cause })
  }
}
