// The browser's `Worker` for Node: just as much of it as jax-js uses to run its kernels on several threads.

import { resolveObjectURL } from "node:buffer"
import { Worker as NodeWorker } from "node:worker_threads"

const browserNames = `
const { parentPort } = require("node:worker_threads")
globalThis.self = globalThis
globalThis.postMessage = (data) => parentPort.postMessage(data)
parentPort.on("message", (data) => self.onmessage({ data }))
`

class WebWorker {
  #started

  constructor(url) {
    this.#started = resolveObjectURL(url)
      .text()
      .then((source) => this.#start(source))
  }

  #start(source) {
    const worker = new NodeWorker(browserNames + source, { eval: true })
    worker.on("message", (data) => this.onmessage?.({ data }))
    worker.on("error", (error) => this.onerror?.(error))
    return worker
  }

  postMessage(data) {
    this.#started.then((worker) => worker.postMessage(data))
  }
}

/** Makes libraries that look for a browser's workers find `threads` of them. */
export const installWebWorker = (threads) => {
  globalThis.Worker = WebWorker
  Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: threads }, configurable: true })
}
