import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs"

/** The calls that change a disk, so that a test can let any of them fail. */
export interface Files {
  /** Makes a folder and its parents. */
  makeFolder(path: string): void
  /** Opens a file that must not exist. */
  create(path: string): number
  write(file: number, bytes: Uint8Array): void
  sync(file: number): void
  close(file: number): void
  /** Makes the names in a folder durable. */
  syncFolder(path: string): void
  rename(from: string, to: string): void
  /** Removes a file or a folder with all in it; nothing happens when there is none. */
  remove(path: string): void
}

/** The disk itself. */
export const nodeFiles: Files = {
  makeFolder: (path) => void mkdirSync(path, { recursive: true }),
  create: (path) => openSync(path, "wx"),
  write: (file, bytes) => writeFileSync(file, bytes), // unlike writeSync it goes on after a short write
  sync: fsyncSync,
  close: closeSync,
  syncFolder,
  rename: renameSync,
  remove: (path) => rmSync(path, { recursive: true, force: true }),
}

function syncFolder(path: string): void {
  if (process.platform === "win32") return // Windows opens no folders, and makes names durable by itself
  const folder = openSync(path, "r")
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
