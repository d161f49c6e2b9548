import type { z } from "zod"
import { EidosError } from "../core/errors.ts"
import type { Shape } from "../core/shape.ts"
import type { Model } from "./capabilities.ts"

/** A publication, enough of it for a reference and a BibTeX entry. */
export interface Citation {
  readonly key: string
  readonly authors: string
  readonly title: string
  readonly venue: string
  readonly year: number
  readonly url?: string
}

/** How pixels are brought before a model unless the user says otherwise. */
export interface PreferredData {
  readonly binarize: "none" | "threshold" | "dynamic"
  readonly dequantize: boolean
}

/** How a model is trained unless the user says otherwise. */
export interface TrainingDefaults {
  readonly steps: number
  readonly batchSize: number
  readonly learningRate: number
  /** Where the rate falls to by the end of the run; it stays unless told. */
  readonly learningRateEnd?: number
  /** Decay of Adam's first moment, β₁; 0.9 unless told. */
  readonly beta1?: number
}

/** A model as a value: what it is called, where it was published, how it is configured and built. */
export interface ModelDefinition<C extends z.ZodObject = z.ZodObject, M extends Model = Model> {
  readonly name: string
  readonly title: string
  /** At least one; the first is the paper that the file's equation numbers mean. */
  readonly cites: readonly [Citation, ...Citation[]]
  readonly config: C
  readonly density: M["density"]
  readonly sampling: M["sampling"]
  data(config: z.output<C>): PreferredData
  readonly training: TrainingDefaults
  /** The model of one datum's shape. */
  build(config: z.output<C>, event: Shape): M
}

/** The definition itself, with its types inferred. */
export const defineModel = <C extends z.ZodObject, M extends Model>(definition: ModelDefinition<C, M>) => definition

/** The configuration of a model with defaults filled in. Throws EidosError("config") naming the field at fault. */
export function configure<C extends z.ZodObject>(definition: { name: string; config: C }, given: unknown): z.output<C> {
  const parsed = definition.config.safeParse(given)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".") || "configuration"}: ${issue.message}`)
  throw new EidosError("config", `${definition.name}: ${faults.join("; ")}.`, {
    hint: `\`eidos train ${definition.name} --help\` lists the options with their ranges.`,
  })
}

/** A BibTeX entry. */
export const bibtex = ({ key, authors, title, venue, year, url }: Citation): string =>
  [
    `@article{${key},`,
    `  author = {${authors}},`,
    `  title = {{${title}}},`,
    `  journal = {${venue}},`,
    `  year = {${year}}${url ? "," : ""}`,
    ...(url ? [`  url = {${url}}`] : []),
    "}",
  ].join("\n")
