import type { Graph } from "../graph/graph.ts"
import type { Lane, LaneProgram, Ports } from "../runtime/bound.ts"
import { aloneOn } from "../runtime/crew.ts"
import { libraryOf, openGraph, openModel, type WebDevice } from "../runtime/ort-web.ts"
import { canShareMemory, openWorkerLanes } from "../runtime/web-lane.ts"
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
  const threads = (device.provider === "wasm" && device.threads) || 1
  async function bind(graph: Graph, inputs: Ports, outputs: Ports): Promise<LaneProgram> {
    const session = await openGraph(graph, device)
    const feeds = Object.fromEntries(
      [...inputs].map(([name, { data, shape }]) => [name, new library.Tensor("float32", data, shape)]),
    )
    const run = async () => {
      const results = await session.run(feeds)
      for (const [name, { data }] of outputs) data.set(results[name]!.data as Float32Array)
    }
    return { begin: () => run, dispose: () => session.release() }
  }
  const own: Lane = { bind, dispose: async () => {} }
  const hasWorkers = threads > 1 && canShareMemory()
  return {
    library,
    threads,
    isDirect: false,
    lanesSee: hasWorkers ? "shared" : "nothing",
    keepsResults: device.provider === "webgpu",
    own,
    async openLanes(count) {
      if (!hasWorkers) return [own]
      try {
        return await openWorkerLanes(library, count, Math.max(1, Math.floor(threads / count)))
      } catch (fault) {
        console.warn(`eidos: batches are worked on whole. ${(fault as Error).message}`)
        return [own]
      }
    },
    openGraph: (graph, resident) => openGraph(graph, device, resident),
    openModel: (model) => openModel(model, device),
    openCrew: aloneOn,
    pause,
  }
}
