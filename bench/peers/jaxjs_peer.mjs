// A workload in jax-js on WebAssembly. Protocol: protocol.mjs; models: jaxjs_models.mjs.

import { jaxjsContestant } from "./jaxjs_contestant.mjs"
import { options, packageVersion, requirePeer, timePeer } from "./protocol.mjs"
import { installWebWorker } from "./web-worker.mjs"

const asked = options()
if (asked.threads > 1) installWebWorker(asked.threads) // jax-js asks for the browser's Worker once, while it loads
const jax = requirePeer("@jax-js/jax")
await jax.init("wasm")
jax.defaultDevice("wasm")

const contestant = jaxjsContestant(jax, asked.workload, asked.batch)
const settings = [
  "jit, SIMD",
  ...(asked.threads > 1 ? ["a Worker for Node"] : []),
  ...(contestant.settings ? [contestant.settings] : []),
]
await timePeer(contestant, asked, {
  peer: "jax-js",
  mode: "wasm",
  version: packageVersion("@jax-js/jax"),
  settings: settings.join(", "),
})
