/** A model's schema read once more, as flags: names, ranges, defaults and titles come from there and nowhere else. */
import type { Option } from "commander"
import { z } from "zod"
import type { ModelDefinition } from "../model/define.ts"
import { choice, flag, type Kind, list, real, text, whole } from "./flag.ts"

/** What JSON Schema says of a field, as far as flags need it. */
const fieldSchema = z.looseObject({
  type: z.enum(["integer", "number", "string", "array", "boolean"]).exactOptional(),
  title: z.string().default(""),
  default: z.unknown().optional(),
  enum: z.array(z.string()).exactOptional(),
  minimum: z.number().exactOptional(),
  maximum: z.number().exactOptional(),
  exclusiveMinimum: z.number().exactOptional(),
  items: z.unknown().optional(),
})
type Field = z.output<typeof fieldSchema>

/** One field of a model's configuration and how it is written on a command line. */
export interface ModelField {
  /** As in `varianceFloor`. */
  readonly name: string
  readonly kind: Kind<any>
  readonly option: Option
}

/** The fields of a model's configuration as flags. */
export function modelFields({ config, title }: Pick<ModelDefinition<any, any>, "config" | "title">): ModelField[] {
  const { properties = {} } = z.toJSONSchema(config as z.ZodObject, { io: "input" })
  return Object.entries(properties).map(([name, property]) => {
    const field = fieldSchema.parse(property)
    const kind = kindOf(field)
    const fallback = written(field.default)
    const option = flag(`--${kebab(name)} <${placeholder(field)}>`, field.title, kind, {
      ...(fallback !== undefined && { fallback }),
      group: `${title}:`,
    })
    return { name, kind, option }
  })
}

/** The fields of all models, for a command line whose model is not known yet: only their names count. */
export function anyModelsOptions(definitions: readonly ModelDefinition<any, any>[]): Option[] {
  const options = definitions.flatMap((definition) => modelFields(definition).map(({ option }) => option))
  const byName = new Map(options.map((option) => [option.long, option]))
  return [...byName.values()].map((option) => option.argParser((given: string) => given).hideHelp())
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function kindOf(field: Field): Kind<unknown> {
  if (field.enum) return choice(...field.enum)
  switch (field.type) {
    case "integer":
      return whole(field.minimum ?? (field.exclusiveMinimum ?? -Number.MAX_SAFE_INTEGER) + 1, field.maximum)
    case "number":
      return real({
        ...(field.minimum !== undefined && { min: field.minimum }),
        ...(field.maximum !== undefined && { max: field.maximum }),
        ...(field.exclusiveMinimum !== undefined && { above: field.exclusiveMinimum }),
      })
    case "array":
      return list(kindOf(fieldSchema.parse(field.items)), "whole numbers above 0")
    case "boolean":
      return { ...choice("true", "false"), parse: (given) => ({ true: true, false: false })[given] }
    default:
      return text()
  }
}

const placeholder = ({ type, enum: names }: Field): string =>
  names ? "name" : type === "array" ? "list" : type === "integer" ? "n" : type === "number" ? "x" : "value"

const written = (value: unknown): string | undefined =>
  value === undefined ? undefined : Array.isArray(value) ? value.join(",") || "none" : String(value)
