import { join } from "node:path"
import { z } from "zod"
import { readJson, writeJson } from "./json.ts"

const statusSchema = z.strictObject({
  schemaVersion: z.literal(1).default(1),
  status: z.enum(["running", "done", "failed", "interrupted"]),
  pid: z.int().min(0),
  /** When the process last said that it is alive, as an ISO time. */
  heartbeat: z.string(),
  step: z.int().min(0).exactOptional(),
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).exactOptional(),
})

/** How a run stands. */
export type Status = Omit<z.infer<typeof statusSchema>, "schemaVersion">

/** Writes a run's `status.json`, whole or not at all. */
export function writeStatus(runFolder: string, status: Status): void {
  writeJson(statusPath(runFolder), { schemaVersion: 1, ...status })
}

/** How a run stands by its `status.json`. Throws EidosError("model-file") when there is none. */
export function readStatus(runFolder: string): Status {
  const { schemaVersion: _, ...status } = readJson(statusPath(runFolder), statusSchema)
  return status
}

const statusPath = (runFolder: string): string => join(runFolder, "status.json")
