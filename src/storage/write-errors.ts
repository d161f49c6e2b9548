import { EidosError } from "../core/errors.ts"

const outOfSpace = new Set(["ENOSPC", "EDQUOT"])

/** An error of the operating system while writing `path` as a sentence; other errors as they are. */
export function explainWrite(path: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined
  if (code === undefined || error instanceof EidosError) return error
  if (outOfSpace.has(code))
    return new EidosError("resources", diskFull(path), {
      hint: "Free some space, or choose another disk with --out; what was saved before is untouched.",
      cause: error,
    })
  return new EidosError("failed", cannotWrite(path, (error as Error).message), {
    hint: "Check that the folder exists and may be written; what was saved before is untouched.",
    cause: error,
  })
}

export const diskFull = (path: string): string => `${path}: the disk is full, so nothing was written.`

export const cannotWrite = (path: string, reason: string): string => `${path}: could not be written (${reason}).`
