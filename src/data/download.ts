import { randomUUID } from "node:crypto"
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { EidosError } from "../core/errors.ts"

/** What is fetched, from where, and what makes it good. */
export interface DownloadRequest {
  /** Addresses of the same file, tried in turn. */
  readonly urls: readonly string[]
  /** Where the accepted content goes; it appears there whole or not at all. */
  readonly target: string
  /** A longer answer is refused. */
  readonly maxBytes: number
  /** Content to keep, made of the bytes that came; throws where they are not what was asked for. */
  readonly accept: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>
  readonly fetch?: typeof fetch
  readonly signal?: AbortSignal
}

export const noMirror = (target: string, reasons: readonly string[]): string =>
  `${target}: could not be downloaded. ${reasons.join(" ")}`
export const tooLong = (url: string, limit: number): string => `${url}: sends more than the ${limit} bytes expected.`
export const badStatus = (url: string, status: number): string => `${url}: answers with status ${status}.`
export const cutOff = (url: string, attempts: number): string => `${url}: the connection broke ${attempts} times.`

const maxAttempts = 5 // per mirror

/**
 * Fetches a file into `target` and returns its content: written aside, resumed where a connection breaks, checked by
 * `accept`, renamed at the end. Throws EidosError "network" with each mirror's reason, "interrupted" when aborted.
 */
export async function download(request: DownloadRequest): Promise<Uint8Array> {
  const aside = `${request.target}.${randomUUID()}.part`
  await mkdir(dirname(request.target), { recursive: true })
  const reasons: string[] = []
  try {
    for (const url of request.urls) {
      try {
        return await fromMirror(url, request, aside)
      } catch (cause) {
        if (request.signal?.aborted) throw interrupted(request.target)
        if (!(cause instanceof EidosError)) throw cause
        reasons.push(cause.message)
      }
    }
  } finally {
    await rm(aside, { force: true })
  }
  const hint = "Check the connection, or put the file there yourself."
  throw new EidosError("network", noMirror(request.target, reasons), { hint })
}

async function fromMirror(url: string, request: DownloadRequest, aside: string): Promise<Uint8Array> {
  await fetchInto(aside, url, request)
  const content = await request.accept(await readFile(aside))
  await writeSynced(aside, content)
  await rename(aside, request.target)
  return content
}

/** Appends to the file until the answer is complete; a broken connection is taken up where it broke. */
async function fetchInto(file: string, url: string, request: DownloadRequest): Promise<void> {
  await rm(file, { force: true })
  let tag: string | null = null
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const have = await lengthOf(file)
    const answer = await ask(url, { have, tag }, request)
    if (answer === undefined) continue
    const resumed = answer.status === 206 && startsAt(answer, have)
    if (!resumed && answer.status !== 200) throw new EidosError("network", badStatus(url, answer.status))
    tag = answer.headers.get("etag")
    const limit = request.maxBytes
    if (await append(file, { answer, url, limit, have: resumed ? have : 0 })) return
    request.signal?.throwIfAborted()
  }
  throw new EidosError("network", cutOff(url, maxAttempts))
}

/** The answer to one request, for the rest of the file where some is there; undefined where no connection was made. */
async function ask(url: string, part: { have: number; tag: string | null }, request: DownloadRequest) {
  const headers: Record<string, string> = { "Accept-Encoding": "identity" } // ranges count the stored bytes
  if (part.have > 0) headers["Range"] = `bytes=${part.have}-`
  // A weak tag may not be asked for in a range request (RFC 9110, 13.1.5); the hash tells in the end.
  if (part.have > 0 && part.tag !== null && !part.tag.startsWith("W/")) headers["If-Range"] = part.tag
  const signal = request.signal ?? null
  return (request.fetch ?? fetch)(url, { headers, signal }).catch(() => {
    request.signal?.throwIfAborted()
    return undefined
  })
}

const startsAt = (answer: Response, have: number): boolean =>
  answer.headers.get("content-range")?.startsWith(`bytes ${have}-`) ?? false

/** Writes the answer's body behind the first `have` bytes; false where it breaks off early. */
async function append(
  file: string,
  { answer, url, limit, have }: { answer: Response; url: string; limit: number; have: number },
): Promise<boolean> {
  const out = await open(file, have > 0 ? "r+" : "w")
  let length = have
  try {
    for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
      if (length + chunk.length > limit) throw new EidosError("network", tooLong(url, limit))
      await out.write(chunk, 0, chunk.length, length)
      length += chunk.length
    }
  } catch (cause) {
    if (isBroken(cause)) return false
    throw cause
  } finally {
    await out.close()
  }
  const told = answer.headers.get("content-length")
  return told === null || answer.headers.has("content-encoding") || length - have >= Number(told)
}

/** Whether the other side broke off (fetch throws TypeError "terminated"), rather than our disk or our limit. */
const isBroken = (cause: unknown): boolean => cause instanceof TypeError

const lengthOf = (file: string): Promise<number> =>
  stat(file).then(
    (status) => status.size,
    () => 0,
  )

async function writeSynced(file: string, content: Uint8Array): Promise<void> {
  const out = await open(file, "w")
  try {
    await out.writeFile(content)
    await out.sync()
  } finally {
    await out.close()
  }
}

const interrupted = (target: string): EidosError =>
  new EidosError("interrupted", `${target}: the download was interrupted.`, { hint: "Run the same again." })
