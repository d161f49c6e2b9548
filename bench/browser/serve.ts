/** A server of the bench's page on this machine, with the headers without which a page gets no threads. */
import { createReadStream, statSync } from "node:fs"
import { createServer, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join, normalize, sep } from "node:path"

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
}

const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }

export interface Site {
  /** Without a slash at its end. */
  readonly url: string
  close(): void
}

/** Serves folders by the path they begin with, as in { "/peers/": "folder" }, on a free port. */
export async function serve(folders: Readonly<Record<string, string>>): Promise<Site> {
  const server = createServer(({ url = "/" }, response) => {
    const file = fileAt(folders, decodeURIComponent(new URL(url, "http://localhost").pathname))
    if (file === undefined) response.writeHead(404, isolated).end()
    else send(file, response)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return { url: addressOf(server), close: () => server.close() }
}

const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port

function fileAt(folders: Readonly<Record<string, string>>, path: string): string | undefined {
  for (const [prefix, folder] of Object.entries(folders)) {
    if (!path.startsWith(prefix)) continue
    const file = normalize(join(folder, path.slice(prefix.length)))
    if (file.startsWith(normalize(folder + sep)) && statSync(file, { throwIfNoEntry: false })?.isFile()) return file
  }
  return undefined
}

function send(file: string, response: ServerResponse): void {
  response.writeHead(200, { ...isolated, "Content-Type": types[extname(file)] ?? "application/octet-stream" })
  createReadStream(file).pipe(response)
}
