/**
 * What a worker of web-lane.ts runs: programs on an ONNX Runtime of its own, over arrays in memory that it shares with the page.
 * It imports nothing by name but ONNX Runtime, since a page's import map does not reach its workers.
 */
import type { InferenceSession, Tensor } from "onnxruntime-web"
import type { Ports } from "./bound.ts"
import type { Library } from "./program.ts"
import { type Answer, type Request, type Start, started } from "./web-lane-messages.ts"

interface Open {
  readonly session: InferenceSession
  readonly feeds: Readonly<Record<string, Tensor>>
  readonly outputs: Ports
}

const open = new Map<number, Open>()

async function load({ address, wasmPaths, threads }: Start): Promise<Library> {
  const library: Library = await (address === undefined
    ? import("#ort-wasm")
    : import(/* @vite-ignore */ /* webpackIgnore: true */ address))
  const { env } = library
  env.logLevel = "error"
  env.wasm.numThreads = threads
  if (wasmPaths !== undefined) env.wasm.wasmPaths = wasmPaths
  return library
}

async function answer({ InferenceSession, Tensor }: Library, request: Request): Promise<void> {
  if (request.kind === "open") {
    const { id, model, options, inputs, outputs } = request
    const session = await InferenceSession.create(model, options)
    const feeds = [...inputs].map(([name, { data, shape }]) => [name, new Tensor("float32", data, shape)] as const)
    open.set(id, { session, feeds: Object.fromEntries(feeds), outputs })
    return
  }
  const { session, feeds, outputs } = open.get(request.of)!
  const results = await session.run(feeds)
  for (const [name, { data }] of outputs) data.set(results[name]!.data as Float32Array)
}

const textOf = (fault: unknown): string => (fault instanceof Error ? fault.message : String(fault))

addEventListener(
  "message",
  async ({ data }: MessageEvent<Start>) => {
    const { port } = data
    const reply = (id: number, fault?: unknown) =>
      port.postMessage({ id, ...(fault !== undefined && { fault: textOf(fault) }) } satisfies Answer)
    try {
      const library = await load(data)
      port.onmessage = ({ data: request }: MessageEvent<Request>) =>
        answer(library, request).then(
          () => reply(request.id),
          (fault) => reply(request.id, fault ?? "no reason was given"),
        )
      reply(started)
    } catch (fault) {
      reply(started, fault)
    }
  },
  { once: true },
)
