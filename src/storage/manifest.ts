import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { EidosError } from "../core/errors.ts"
import { checkJson, jsonText } from "./json-text.ts"
import { reading } from "./reading.ts"

/** The file that lists a folder's other files; it is written last, so a folder with it is complete. */
export const manifestName = "MANIFEST.json"

const fileName = z.string().regex(/^[A-Za-z0-9][\w.-]*$/) // one plain name: a manifest must not lead out of its folder
const fileEntry = z.strictObject({ size: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
const manifestSchema = z.strictObject({ schemaVersion: z.literal(1), files: z.record(fileName, fileEntry) })

/** SHA-256 of bytes or of a text's UTF-8, in hexadecimal. */
export const sha256 = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex")

/** Text of the manifest of these files. */
export function manifestText(contents: ReadonlyMap<string, Uint8Array | string>): string {
  const files = [...contents].map(([name, content]) => [
    name,
    { size: Buffer.byteLength(content), sha256: sha256(content) },
  ])
  return jsonText({ schemaVersion: 1, files: Object.fromEntries(files) })
}

/** Every file of a folder, exactly as its manifest lists them. Throws EidosError("model-file") where anything differs. */
export function readVerified(folder: string): Map<string, Uint8Array> {
  const path = join(folder, manifestName)
  const text = reading(path, () => readFileSync(path, "utf8"))
  const { files } = checkJson(text, manifestSchema, path)
  checkNames(folder, Object.keys(files))
  return new Map(Object.entries(files).map(([name, entry]) => [name, readFileVerified(join(folder, name), entry)]))
}

function checkNames(folder: string, listed: readonly string[]): void {
  const found = new Set(reading(folder, () => readdirSync(folder)).filter((name) => name !== manifestName))
  const missing = listed.find((name) => !found.has(name))
  if (missing !== undefined) throw new EidosError("model-file", missingFile(folder, missing))
  const extra = [...found].find((name) => !listed.includes(name))
  if (extra !== undefined) throw new EidosError("model-file", unlistedFile(folder, extra))
}

function readFileVerified(path: string, entry: z.infer<typeof fileEntry>): Uint8Array {
  const size = reading(path, () => statSync(path).size) // before reading: a wrong size must not make us allocate it
  if (size !== entry.size) throw new EidosError("model-file", wrongSize(path, size, entry.size))
  const bytes = reading(path, () => readFileSync(path))
  if (sha256(bytes) !== entry.sha256) throw new EidosError("model-file", wrongDigest(path))
  return bytes
}

export const missingFile = (folder: string, name: string): string =>
  `${folder}: the manifest lists ${name}, which is missing.`

export const unlistedFile = (folder: string, name: string): string =>
  `${folder}: ${name} is there, but the manifest does not list it.`

export const wrongSize = (path: string, came: number, needed: number): string =>
  `${path}: the file has ${came} bytes, but was written with ${needed}.`

export const wrongDigest = (path: string): string =>
  `${path}: the content has changed since it was written (its SHA-256 differs).`
