import { createHash } from "node:crypto"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { EidosError } from "../core/errors.ts"
import { download } from "./download.ts"
import { formatIdx, unzippedIdx } from "./idx.ts"
import { notHere, type PinnedSet, putThere, readPinned } from "./pinned.ts"

const noise = Uint8Array.from({ length: 300_000 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24)
const content = formatIdx({ shape: [300, 1000], data: noise })
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")

let folder = ""
let requests: IncomingMessage[] = []
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
const server = createServer((request, response) => {
  requests.push(request)
  answer(request, response)
})
const url = (name = "file") => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "eidos-download-"))
  requests = []
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
  await rm(folder, { recursive: true })
})

const get = (urls: string[], more: { maxBytes?: number; signal?: AbortSignal } = {}) =>
  download({
    urls,
    target: join(folder, "file"),
    maxBytes: 1_000_000,
    accept: (bytes) => {
      if (sha256(bytes) !== sha256(content)) throw wrong
      return bytes
    },
    ...more,
  })
const wrong = new EidosError("data", "not the file.")

/** Sends the rest that was asked for, and breaks the connection after `piece` bytes. */
const inPieces =
  (piece: number, { ranges = true } = {}) =>
  (request: IncomingMessage, response: ServerResponse) => {
    const from = ranges ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0
    const rest = content.subarray(from)
    const headers: Record<string, string | number> = { "content-length": rest.length, etag: '"1"' }
    if (from > 0) headers["content-range"] = `bytes ${from}-${content.length - 1}/${content.length}`
    response.writeHead(from > 0 ? 206 : 200, headers)
    if (rest.length <= piece) response.end(rest)
    else response.write(rest.subarray(0, piece), () => setTimeout(() => response.destroy(), 20))
  }

describe("a download", () => {
  it("takes up a broken connection where it broke", async () => {
    answer = inPieces(120_000)
    expect(sha256(await get([url()]))).toBe(sha256(content))
    expect(requests.map((request) => request.headers.range)).toEqual([undefined, "bytes=120000-", "bytes=240000-"])
    expect(requests[1]!.headers["if-range"]).toBe('"1"')
    expect(await readdir(folder)).toEqual(["file"])
    expect(sha256(await readFile(join(folder, "file")))).toBe(sha256(content))
  })

  it("begins anew where the server knows no ranges", async () => {
    answer = (request, response) => inPieces(requests.length < 3 ? 100_000 : 1e9, { ranges: false })(request, response)
    expect(sha256(await get([url()]))).toBe(sha256(content))
    expect(requests.length).toBe(3)
  })

  it("of other content is refused, and the next mirror is asked", async () => {
    answer = (request, response) => {
      response.end(request.url === "/bad" ? content.subarray(1) : content)
    }
    await expect(get([url("bad")])).rejects.toMatchObject({
      code: "network",
      message: expect.stringContaining("not the file."),
    })
    expect(await readdir(folder)).toEqual([])
    expect(sha256(await get([url("bad"), url("good")]))).toBe(sha256(content))
  })

  it("that is too long, missing, or always breaks is given up with the reason", async () => {
    answer = inPieces(1e9)
    await expect(get([url()], { maxBytes: 1000 })).rejects.toThrow("sends more than the 1000 bytes")
    answer = (_, response) => response.writeHead(404).end()
    await expect(get([url()])).rejects.toThrow("status 404")
    answer = (_, response) => response.destroy()
    await expect(get([url()])).rejects.toThrow("the connection broke 5 times")
    expect(await readdir(folder)).toEqual([])
  })

  it("stops when it is aborted, and leaves nothing", async () => {
    const abort = new AbortController()
    answer = (_, response) => {
      response.write(content.subarray(0, 1000))
      setTimeout(() => abort.abort(), 20)
    }
    await expect(get([url()], { signal: abort.signal })).rejects.toMatchObject({ code: "interrupted" })
    expect(await readdir(folder)).toEqual([])
  })
})

describe("a published data set", () => {
  const set = (): PinnedSet => ({
    name: "things",
    folders: ["things"],
    files: [{ name: "images", sha256: sha256(content), remote: "images.gz" }],
    mirrors: [url("")],
    maxBytes: 1_000_000,
    convert: unzippedIdx,
  })

  it("is fetched once, then read from the cache without a network", async () => {
    answer = (_, response) => response.end(gzipSync(content))
    const [first] = await readPinned(set(), { cacheDir: folder })
    const [second] = await readPinned(set(), { cacheDir: folder, offline: true })
    expect(requests.map((request) => request.url)).toEqual(["/images.gz"])
    expect(first!.shape).toEqual([300, 1000])
    expect(sha256(second!.data)).toBe(sha256(noise))
  })

  it("with another hash is refused and not kept", async () => {
    answer = (_, response) => response.end(gzipSync(formatIdx({ shape: [3], data: Uint8Array.of(1, 2, 3) })))
    await expect(readPinned(set(), { cacheDir: folder })).rejects.toThrow(`but ${sha256(content)} is needed`)
    expect(await readdir(join(folder, "things"))).toEqual([])
  })

  it("that is not here says offline which file to put where", async () => {
    const dataDir = join(folder, "mine")
    await expect(readPinned(set(), { cacheDir: folder, dataDir, offline: true })).rejects.toMatchObject({
      code: "network",
      message: notHere("things", ["images"]),
      hint: putThere(["images"], [join(dataDir, "things"), join(folder, "things")]),
    })
    expect(requests).toEqual([])
  })
})
