import { EidosError } from "../core/errors.ts"

/** What `read` returns; an error of the operating system becomes a sentence about `path`. Throws EidosError("model-file"). */
export function reading<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new EidosError("model-file", cannotRead(path, (cause as Error).message), { cause })
  }
}

export const cannotRead = (path: string, reason: string): string => `${path}: could not be read (${reason}).`
