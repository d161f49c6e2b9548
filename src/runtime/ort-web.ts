/** Programs on onnxruntime-web: WebAssembly in browsers and in Node, WebGPU in browsers. Imports nothing that only Node has. */
import type { InferenceSession } from "onnxruntime-web"
import { EidosError } from "../core/errors.ts"
import type { Graph } from "../graph/graph.ts"
import { verify } from "../graph/verify.ts"
import { lower } from "../onnx/lower.ts"
import { openWithoutFallback, withoutFallback } from "./fallback.ts"
import { createSession, type Library, type Program, programOf } from "./program.ts"

export type { Program } from "./program.ts"

/** What of a browser a program runs on. All WebAssembly programs of a page or process share one number of threads, 1 unless told. */
export type WebDevice = { readonly provider: "wasm"; readonly threads?: number } | { readonly provider: "webgpu" }

export const otherThreads = (running: number, asked: number): string =>
  `runtime: WebAssembly already runs with ${running} ${running === 1 ? "thread" : "threads"} here, and ${asked} came; the first program of a page or process decides.`
export const noThreads = (asked: number): string =>
  `runtime: ${asked} WebAssembly threads came, but this page may not share memory between threads.`
export const noWebGpu = "runtime: no WebGPU adapter is offered here."

// Subpath import of package.json: the build for Node there, the smaller one without WebGPU in browsers.
const libraries = { wasm: () => import("#ort-wasm"), webgpu: () => import("onnxruntime-web/webgpu") }

/** ONNX Runtime as it runs on a device, its threads asked for. Throws EidosError("resources") when the device cannot be had. */
export async function libraryOf(device: WebDevice): Promise<Library> {
  if (device.provider === "webgpu") await needAdapter()
  const library = await libraries[device.provider]()
  askForThreads(library.env, threadsOf(device))
  return library
}

const threadsOf = (device: WebDevice): number => (device.provider === "wasm" ? (device.threads ?? 1) : 1)

/** Compiles a traced program for a browser's device. Throws EidosError("failed"), or "resources" when the device cannot be had. */
export async function compile(graph: Graph, device: WebDevice = { provider: "wasm" }): Promise<Program> {
  return programOf(graph, await openGraph(graph, device), await libraryOf(device))
}

/** The session of a traced program; of its results those named stay on a WebGPU device. Throws as `compile` does. */
export function openGraph(
  graph: Graph,
  device: WebDevice,
  resident: readonly string[] = [],
): Promise<InferenceSession> {
  const target = { provider: device.provider } as const
  const open = (part: Graph) => {
    const kept = resident.filter((output) => part.outputs.has(output))
    return openModel(lower(part, { target }), device, kept)
  }
  return openWithoutFallback(verify(graph), target, open)
}

/** The session of model bytes. Throws as `compile` does. */
export async function openModel(
  model: Uint8Array,
  device: WebDevice,
  resident: readonly string[] = [],
): Promise<InferenceSession> {
  const { provider } = device
  const library = await libraryOf(device)
  const session = await createSession(library, model, {
    executionProviders: [provider],
    ...(provider === "webgpu" && withoutFallback),
    ...(resident.length > 0 && {
      preferredOutputLocation: Object.fromEntries(resident.map((output) => [output, "gpu-buffer" as const])),
    }),
  })
  // The library falls back to one thread without an error.
  const threads = threadsOf(device)
  if (library.env.wasm.numThreads === threads) return session
  await session.release()
  throw new EidosError("resources", noThreads(threads), {
    hint: "Serve the page with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.",
  })
}

function askForThreads(env: typeof import("onnxruntime-web").env, threads: number): void {
  const running = env.wasm.numThreads
  if (running !== undefined && running !== threads) throw new EidosError("resources", otherThreads(running, threads))
  env.wasm.numThreads = threads
}

async function needAdapter(): Promise<void> {
  // Older versions of Node have no navigator, pages that are not secure no gpu.
  const { navigator } = globalThis as { navigator?: { gpu?: { requestAdapter(): Promise<unknown> } } }
  if (await navigator?.gpu?.requestAdapter()) return
  throw new EidosError("resources", noWebGpu, {
    hint: "Open the page over https or on localhost in a browser with WebGPU, or use WebAssembly.",
  })
}
