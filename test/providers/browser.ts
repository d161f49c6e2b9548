/** A headless browser on a page with the headers that threads need, and a software GPU. */
import { readFile } from "node:fs/promises"
import { createServer, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { basename, extname } from "node:path"
import { fileURLToPath } from "node:url"
import { chromium } from "playwright-core"
import { softwareGpu } from "./vulkan.ts"

const imports = {
  "#ort-wasm": "/ort/ort.wasm.bundle.min.mjs",
  "onnxruntime-web/webgpu": "/ort/ort.webgpu.bundle.min.mjs",
  "onnxruntime-node": "/no-node.mjs", // models with a closed form fit by it; no case does
}
const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="/cases.mjs"></script>`
const types: Readonly<Record<string, string>> = { ".mjs": "text/javascript", ".wasm": "application/wasm" }

/** Programs by the path they are served at; the page runs `/cases.mjs`. */
export type Served = Readonly<Record<string, string>>

async function answer(path: string, served: Served): Promise<[type: string, body: string | Buffer]> {
  if (path === "/") return ["text/html", page]
  if (path === "/no-node.mjs") return ["text/javascript", "export default {}"]
  if (served[path] !== undefined) return ["text/javascript", served[path]]
  const file = new URL(`../../node_modules/onnxruntime-web/dist/${basename(path)}`, import.meta.url)
  return [types[extname(path)] ?? "application/octet-stream", await readFile(fileURLToPath(file))]
}

async function respond(path: string, served: Served, response: ServerResponse): Promise<void> {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin")
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp")
  try {
    const [type, body] = await answer(path, served)
    response.setHeader("Content-Type", type).end(body)
  } catch {
    response.writeHead(404).end()
  }
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)))

/** What an expression gives in a page of a fresh browser that runs what is served. */
export async function inPage<T>(executablePath: string, served: Served, expression: string): Promise<T> {
  const server = createServer((request, response) => void respond(request.url ?? "/", served, response))
  const port = await listening(server)
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", ...softwareGpu] })
  try {
    const tab = await browser.newPage()
    await tab.goto(`http://127.0.0.1:${port}/`)
    await tab.waitForFunction("globalThis.isReady")
    return (await tab.evaluate(expression)) as T // our own page's
  } finally {
    await browser.close()
    server.close()
  }
}
