/**
 * Threads of a page that programs are opened for: workers, each with an ONNX Runtime of its own, over memory that all share.
 * ONNX Runtime's own threads in WebAssembly meet after every product, and a convolution is a product for every image (ADR 0013).
 */
import { EidosError } from "../core/errors.ts"
import type { Graph } from "../graph/graph.ts"
import { lower } from "../onnx/lower.ts"
import type { Lane } from "./bound.ts"
import { type Library, refused, sessionOptions } from "./program.ts"
import { type Answer, type Request, type Start, started } from "./web-lane-messages.ts"

/** Whether this page's workers can see its memory. */
export const canShareMemory = (): boolean =>
  typeof Worker === "function" && (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === true

export const workerSilent = (reason: string): string => `runtime: a worker beside this page does not work: ${reason}`

/** Opens so many workers with so many threads each. Throws EidosError("resources") when one cannot be had. */
export async function openWorkerLanes(library: Library, count: number, threads: number): Promise<Lane[]> {
  const opening = Array.from({ length: count }, () => openWorker(library, threads))
  const found = await Promise.allSettled(opening)
  const lanes = found.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []))
  const failed = found.find((each) => each.status === "rejected")
  if (!failed) return lanes
  for (const lane of lanes) await lane.dispose()
  throw failed.reason
}

async function openWorker({ env }: Library, threads: number): Promise<Lane> {
  // A bundler finds the worker's module by this very form.
  const worker = new Worker(new URL("./web-lane-worker.js", import.meta.url), { type: "module" })
  const { port1: port, port2 } = new MessageChannel()
  const waiting = new Map<number, { readonly resolve: () => void; readonly reject: (fault: EidosError) => void }>()
  let broken: EidosError | undefined
  const answerTo = (id: number): Promise<void> =>
    new Promise((resolve, reject) => {
      if (broken) reject(broken)
      else waiting.set(id, { resolve, reject })
    })
  port.onmessage = ({ data: { id, fault } }: MessageEvent<Answer>) => {
    const asker = waiting.get(id) // none where the worker broke in the meantime
    waiting.delete(id)
    if (fault === undefined) asker?.resolve()
    else if (id === started) asker?.reject(new EidosError("resources", workerSilent(fault)))
    else asker?.reject(new EidosError("failed", refused(fault)))
  }
  worker.onerror = (event) => {
    event.preventDefault()
    broken = new EidosError("resources", workerSilent(event.message || "its module cannot be loaded."))
    for (const { reject } of waiting.values()) reject(broken)
    waiting.clear()
  }
  let asked = started
  /** Asks, and gives the question's number and what waits for its answer. */
  const ask = (asRequest: (id: number) => Request): { id: number; done: Promise<void> } => {
    const id = ++asked
    const done = answerTo(id)
    port.postMessage(asRequest(id))
    return { id, done }
  }
  const up = answerTo(started)
  const { wasmPaths } = env.wasm
  const start: Start = { port: port2, address: addressOfLibrary(), wasmPaths: asText(wasmPaths), threads }
  worker.postMessage(start, [port2])
  await up.catch((fault) => {
    worker.terminate()
    throw fault
  })
  return {
    async bind(graph: Graph, inputs, outputs) {
      const model = lower(graph, { target: { provider: "wasm" } })
      const options = { executionProviders: ["wasm"], ...sessionOptions }
      const { id: of, done } = ask((id) => ({ id, kind: "open", model, options, inputs, outputs }))
      await done
      return {
        begin() {
          const { done } = ask((id) => ({ id, kind: "run", of }))
          return () => done
        },
        dispose: async () => {}, // its session goes with the worker
      }
    },
    async dispose() {
      port.close()
      worker.terminate()
    },
  }
}

/** Where the page's import map says ONNX Runtime is; nothing where a bundler has put it into the page. */
function addressOfLibrary(): string | undefined {
  try {
    return import.meta.resolve("#ort-wasm")
  } catch {
    return undefined
  }
}

type Paths = Start["wasmPaths"]
/** The same with addresses as text, since URL objects cannot be sent. */
const asText = (paths: Paths): Paths =>
  typeof paths === "object"
    ? Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, path?.toString()]))
    : paths
