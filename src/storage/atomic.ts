import { randomBytes } from "node:crypto"
import { existsSync, readdirSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { type Files, nodeFiles } from "./files.ts"
import { manifestName, manifestText } from "./manifest.ts"
import { explainWrite } from "./write-errors.ts"

/** Writes a file so that its path shows the old content or the new, never a part, whenever the process or power dies. */
export function writeFileAtomic(path: string, content: Uint8Array | string, files: Files = nodeFiles): void {
  const draft = siblingOf(path, "tmp")
  attempt(path, draft, files, () => {
    writeSynced(draft, content, files)
    files.rename(draft, path)
    files.syncFolder(dirname(path))
  })
}

/**
 * Writes a flat folder of files with a MANIFEST.json of their sizes and digests, so that its path shows nothing (or the
 * folder that was there before) or all of it. Throws EidosError("resources") when the disk is full.
 */
export function writeFolderAtomic(
  target: string,
  contents: ReadonlyMap<string, Uint8Array | string>,
  files: Files = nodeFiles,
): void {
  const draft = siblingOf(target, "tmp")
  attempt(target, draft, files, () => {
    files.makeFolder(draft)
    for (const [name, content] of contents) writeSynced(join(draft, name), content, files)
    writeSynced(join(draft, manifestName), manifestText(contents), files)
    files.syncFolder(draft)
    moveIntoPlace(draft, target, files)
  })
}

/** Removes a folder in such a way that no part of it is ever seen under its path. */
export function removeFolderAtomic(path: string, files: Files = nodeFiles): void {
  const doomed = siblingOf(path, "tmp")
  attempt(path, doomed, files, () => {
    files.rename(path, doomed)
    files.remove(doomed)
  })
}

/** A folder cannot be renamed over another, so the old one steps aside; `cleanLeftovers` brings it back if we die between. */
function moveIntoPlace(draft: string, target: string, files: Files): void {
  const old = existsSync(target) ? siblingOf(target, "old") : undefined
  if (old !== undefined) files.rename(target, old)
  try {
    files.rename(draft, target)
  } catch (error) {
    if (old !== undefined) files.rename(old, target)
    throw error
  }
  files.syncFolder(dirname(target))
  if (old !== undefined) files.remove(old)
}

const leftover = /^\.(.+)\.[0-9a-f]{8}\.(tmp|old)$/

/** The name for which a leftover of a killed write stands in, if `entry` is a folder that stepped aside. */
export function standsInFor(entry: string): string | undefined {
  const [, name, kind] = leftover.exec(entry) ?? []
  return kind === "old" ? name : undefined
}

/** Removes what killed writes left in a folder, and brings back what had stepped aside. Only for the holder of the run's lock. */
export function cleanLeftovers(folder: string, files: Files = nodeFiles): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder).filter((name) => leftover.test(name))) {
    const target = standsInFor(entry)
    if (target !== undefined && !existsSync(join(folder, target)))
      files.rename(join(folder, entry), join(folder, target))
    else files.remove(join(folder, entry))
  }
}

// In the same folder, because a rename is atomic only within one file system.
const siblingOf = (path: string, kind: "tmp" | "old"): string =>
  join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}.${kind}`)

function writeSynced(path: string, content: Uint8Array | string, files: Files): void {
  const file = files.create(path)
  try {
    files.write(file, typeof content === "string" ? new TextEncoder().encode(content) : content)
    files.sync(file)
  } finally {
    files.close(file)
  }
}

function attempt(path: string, draft: string, files: Files, write: () => void): void {
  try {
    write()
  } catch (error) {
    discard(draft, files)
    throw explainWrite(path, error)
  }
}

function discard(draft: string, files: Files): void {
  try {
    files.remove(draft)
  } catch {
    // The write's own error is the one to report; the next start cleans up.
  }
}
