import { EidosError, type ErrorCode } from "../core/errors.ts"
import { Interrupted, signalExitCodes } from "./signals.ts"

/** The exit code of each error code; 0 is success, and a signal that stopped a command gives 130 (SIGINT) or 143 (SIGTERM). */
export const exitCodes: Readonly<Record<ErrorCode, number>> = {
  failed: 1,
  trace: 1,
  locked: 1,
  usage: 2,
  config: 2,
  shape: 2,
  exists: 2,
  data: 3,
  "model-file": 3,
  network: 3,
  diverged: 4,
  verification: 5,
  resources: 6,
  interrupted: 130,
}

/** What the process says of an error to its caller. */
export const exitCodeOf = (error: EidosError): number =>
  error instanceof Interrupted ? signalExitCodes[error.signal] : exitCodes[error.code]

/** Any thrown value as an error with a code: memory and disk that ran out are told from bugs. */
export function asEidosError(error: unknown): EidosError {
  if (error instanceof EidosError) return isOutOfMemory(error) ? outOfMemory(error) : error
  if (isOutOfMemory(error)) return outOfMemory(error)
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "ENOSPC" || code === "EDQUOT")
    return new EidosError("resources", `The disk is full: ${message}.`, { hint: "Free some space.", cause: error })
  return new EidosError("failed", message, { hint: "With --verbose you see where it happened.", cause: error })
}

// V8's words for an array, and ONNX Runtime's for a tensor, that no longer fits.
const memoryWords = /array buffer allocation failed|invalid typed array length|bad[ _]alloc|failed to allocate memory/i

const isOutOfMemory = (error: unknown): boolean => error instanceof Error && memoryWords.test(error.message)

const outOfMemory = (cause: unknown): EidosError =>
  new EidosError("resources", `There is not enough memory: ${(cause as Error).message}.`, {
    hint: "Try a smaller --batch-size, --hidden, --limit or -n.",
    cause,
  })
