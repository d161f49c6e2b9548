import { readFile, stat } from "node:fs/promises"
import { createGunzip } from "node:zlib"
import { EidosError } from "../core/errors.ts"

export const noSuchFile = (path: string): string => `${path}: no such file.`
export const notAFile = (path: string): string => `${path}: is not a file.`
export const tooLarge = (path: string, limit: number): string =>
  `${path}: holds more than the ${limit} bytes it may hold.`
export const damagedGzip = (path: string, reason: string): string =>
  `${path}: the gzip data is damaged or cut off (${reason}).`

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Bytes of the file at `path`; at most `limit`. Throws EidosError "data" when it is missing, unreadable or larger. */
export async function readBytes(path: string, limit: number): Promise<Uint8Array> {
  try {
    const status = await stat(path)
    if (!status.isFile()) throw new EidosError("data", notAFile(path), { hint: "Give the path of a single file." })
    if (status.size > limit) throw new EidosError("data", tooLarge(path, limit))
    return await readFile(path)
  } catch (cause) {
    throw cause instanceof EidosError ? cause : unreadable(path, cause)
  }
}

/**
 * `bytes` unpacked where they begin as gzip does, else as they are. `declared(head)` reads from the first unpacked bytes
 * how many there may be, so that a bomb is stopped where its own header ends. Throws EidosError "data" when they are
 * more, or when the gzip data is cut off or fails its CRC.
 */
export async function unzipped(
  bytes: Uint8Array,
  where: string,
  declared: (head: Uint8Array) => number,
): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes
  const stream = createGunzip({ chunkSize: 1 << 20 }) // the first chunk is full or all there is, so it holds any header
  stream.end(bytes)
  const chunks: Uint8Array[] = []
  let length = 0
  let limit = 0
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      if (chunks.length === 0) limit = declared(chunk)
      length += chunk.length
      if (length > limit) throw new EidosError("data", tooLarge(where, limit), { hint: "Its header tells less." })
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof EidosError ? cause : damaged(where, cause)
  } finally {
    stream.destroy()
  }
  return Buffer.concat(chunks)
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

function damaged(where: string, cause: unknown): EidosError {
  return new EidosError("data", damagedGzip(where, reasonOf(cause)), { hint: "Fetch the file again.", cause })
}

function unreadable(path: string, cause: unknown): EidosError {
  const missing = ["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")
  const message = missing ? noSuchFile(path) : `${path}: cannot be read (${reasonOf(cause)}).`
  return new EidosError("data", message, { hint: "Check the path and its permissions.", cause })
}
