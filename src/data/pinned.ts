import { existsSync } from "node:fs"
import { join } from "node:path"
import { EidosError } from "../core/errors.ts"
import { sha256 } from "./digest.ts"
import { download } from "./download.ts"
import { readBytes } from "./gzip.ts"
import { type Idx, maxIdxBytes, parseIdx, unzippedIdx } from "./idx.ts"

/** A published IDX file, known by the hash of its content. */
export interface PinnedFile {
  /** Name without `.gz`. */
  readonly name: string
  /** sha256 (hex) of the unpacked file. */
  readonly sha256: string
  /** Its name on a mirror. */
  readonly remote: string
}

/** A published data set: folders it is kept in, and how an answer of a mirror becomes an IDX file. */
export interface PinnedSet {
  readonly name: string
  readonly folders: readonly string[]
  readonly files: readonly PinnedFile[]
  /** Addresses of folders, each ending in a slash. */
  readonly mirrors: readonly string[]
  /** Longest answer of a mirror, in bytes. */
  readonly maxBytes: number
  readonly convert: (bytes: Uint8Array, where: string) => Uint8Array | Promise<Uint8Array>
}

/** Where published data sets are looked for, and whether they may be fetched. */
export interface PinnedOptions {
  /** The user's own folder of data; read only. */
  readonly dataDir?: string
  /** Where downloads are kept. */
  readonly cacheDir: string
  readonly fetch?: typeof fetch
  /** Addresses of folders, each ending in a slash, in place of the well-known ones. */
  readonly mirrors?: readonly string[]
  readonly offline?: boolean
  readonly signal?: AbortSignal
}

export const wrongHash = (where: string, set: string, came: string, needed: string): string =>
  `${where}: is not the file of ${set}; its content has sha256 ${came}, but ${needed} is needed.`
export const notHere = (set: string, files: readonly string[]): string =>
  `${set}: ${files.join(", ")} ${files.length === 1 ? "is" : "are"} not on this machine, and nothing may be downloaded.`
export const putThere = (files: readonly string[], folders: readonly string[]): string =>
  `Put ${files.map((file) => `${file} (or ${file}.gz)`).join(", ")} into ${folders.join(" or ")}.`

/**
 * The files of a published data set, in order: from the data folder, else the cache, else a mirror (kept in the cache
 * unpacked). Throws EidosError "data" for a file that is not the published one, "network" when one cannot be had.
 */
export async function readPinned(set: PinnedSet, options: PinnedOptions): Promise<readonly Idx[]> {
  const found: (Idx | undefined)[] = []
  for (const file of set.files) found.push(await findLocal(set, file, options))
  const missing = set.files.filter((_, i) => found[i] === undefined)
  if (missing.length > 0 && options.offline === true) throw offline(set, missing, options)
  const idx: Idx[] = []
  for (const [i, file] of set.files.entries()) idx.push(found[i] ?? (await fetchPinned(set, file, options)))
  return idx
}

const homes = (set: PinnedSet, { dataDir, cacheDir }: PinnedOptions): string[] => [
  ...(dataDir === undefined ? [] : set.folders.map((folder) => join(dataDir, folder))),
  join(cacheDir, set.name),
]

/** The file from a folder of its own, where it must be right, or from the data folder itself, where others share its name. */
async function findLocal(set: PinnedSet, file: PinnedFile, options: PinnedOptions): Promise<Idx | undefined> {
  for (const folder of homes(set, options)) {
    const path = spelled(folder, file)
    if (path !== undefined) return verified(set, file, await readIdxBytes(path), path)
  }
  const path = options.dataDir === undefined ? undefined : spelled(options.dataDir, file)
  if (path === undefined) return undefined
  const bytes = await readIdxBytes(path)
  return sha256(bytes) === file.sha256 ? parseIdx(bytes, path) : undefined
}

const spelled = (folder: string, file: PinnedFile): string | undefined =>
  [join(folder, file.name), join(folder, `${file.name}.gz`)].find((path) => existsSync(path))

const readIdxBytes = async (path: string): Promise<Uint8Array> => unzippedIdx(await readBytes(path, maxIdxBytes), path)

function verified(set: PinnedSet, file: PinnedFile, bytes: Uint8Array, where: string): Idx {
  const came = sha256(bytes)
  if (came === file.sha256) return parseIdx(bytes, where)
  const hint = "Remove the file, or replace it by the published one."
  throw new EidosError("data", wrongHash(where, set.name, came, file.sha256), { hint })
}

async function fetchPinned(set: PinnedSet, file: PinnedFile, options: PinnedOptions): Promise<Idx> {
  const target = join(options.cacheDir, set.name, file.name)
  const accept = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const content = await set.convert(bytes, file.remote)
    verified(set, file, content, file.remote)
    return content
  }
  const content = await download({
    urls: (options.mirrors ?? set.mirrors).map((mirror) => mirror + file.remote),
    target,
    maxBytes: set.maxBytes,
    accept,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  return parseIdx(content, target)
}

function offline(set: PinnedSet, missing: readonly PinnedFile[], options: PinnedOptions): EidosError {
  const names = missing.map((file) => file.name)
  return new EidosError("network", notHere(set.name, names), { hint: putThere(names, homes(set, options)) })
}
