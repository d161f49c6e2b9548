import type { Graph } from "../graph/graph.ts"
import type { BoundProgram, Ports } from "../runtime/bound.ts"
import { aloneOn } from "../runtime/crew.ts"
import { libraryOf, openGraph, openModel, type WebDevice } from "../runtime/ort-web.ts"
import type { Engine } from "./engine.ts"

/** A turn of the event loop: WebAssembly computes on this thread, and promises alone would leave clicks and timers waiting. */
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel() // timers would wait four milliseconds
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })

/** A page or a worker of one, by WebAssembly or WebGPU. */
export async function webEngine(device: WebDevice): Promise<Engine> {
  const library = await libraryOf(device)
  async function bind(graph: Graph, inputs: Ports, outputs: Ports): Promise<BoundProgram> {
    const session = await openGraph(graph, device)
    const feeds = Object.fromEntries(
      [...inputs].map(([name, { data, shape }]) => [name, new library.Tensor("float32", data, shape)]),
    )
    return {
      kind: "binding",
      async run() {
        const results = await session.run(feeds)
        for (const [name, { data }] of outputs) data.set(results[name]!.data as Float32Array)
      },
      dispose: () => session.release(),
    }
  }
  return {
    library,
    threads: (device.provider === "wasm" && device.threads) || 1,
    isDirect: false,
    keepsResults: device.provider === "webgpu",
    bind,
    openGraph: (graph, resident) => openGraph(graph, device, resident),
    openModel: (model) => openModel(model, device),
    openRunThreads: async () => [],
    openCrew: aloneOn,
    pause,
  }
}
