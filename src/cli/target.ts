/** Where a command writes a file: never over another one unless told. */
import { existsSync, mkdirSync } from "node:fs"
import { dirname, extname, join } from "node:path"
import { EidosError } from "../core/errors.ts"
import { writeFileAtomic } from "../storage/atomic.ts"
import { explainWrite } from "../storage/write-errors.ts"

export const fileExists = (path: string): string => `${path}: there is a file already, and it was left as it is.`

/** Refuses a path that is taken with EidosError("exists"). */
export function refuseTaken(path: string, force = false): void {
  if (existsSync(path) && !force)
    throw new EidosError("exists", fileExists(path), { hint: "Choose another --out, or write over it with --force." })
}

/** Writes a file and the folders above it. */
export function writeTarget(path: string, content: Uint8Array | string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    throw explainWrite(path, error)
  }
  writeFileAtomic(path, content)
}

/** `samples.png`, or `samples-2.png` and so on when that is taken. */
export function freePath(folder: string, name: string): string {
  const extension = extname(name)
  const stem = name.slice(0, name.length - extension.length)
  for (let i = 1; ; i++) {
    const path = join(folder, i === 1 ? name : `${stem}-${i}${extension}`)
    if (!existsSync(path)) return path
  }
}
