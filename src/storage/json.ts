import { readFileSync } from "node:fs"
import type { z } from "zod"
import { writeFileAtomic } from "./atomic.ts"
import { type Files, nodeFiles } from "./files.ts"
import { checkJson, jsonText } from "./json-text.ts"
import { reading } from "./reading.ts"

/** Writes a value as indented JSON, whole or not at all; NaN and infinities become strings. */
export function writeJson(path: string, value: unknown, files: Files = nodeFiles): void {
  writeFileAtomic(path, jsonText(value), files)
}

/** The value of a JSON file under a schema. Throws EidosError("model-file") for a file that is missing, torn or outside the schema. */
export function readJson<T>(path: string, schema: z.ZodType<T>): T {
  return checkJson(
    reading(path, () => readFileSync(path, "utf8")),
    schema,
    path,
  )
}
