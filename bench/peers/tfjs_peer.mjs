// A workload in TensorFlow.js on its WebAssembly backend. Protocol: protocol.mjs; models: tfjs_models.mjs.

import { join, sep } from "node:path"
import { options, packageFolder, packageVersion, requirePeer, timePeer } from "./protocol.mjs"
import { tfjsContestant } from "./tfjs_contestant.mjs"

const asked = options()
// Told to use more, tfjs 4.22 fails to start its backend in Node and carries on in plain JavaScript, ten times slower.
if (asked.threads !== 1) throw new Error("tfjs: its WebAssembly backend has one thread in Node. Use --threads 1.")
console.warn = () => {} // tfjs advertises tfjs-node at start-up
const tf = requirePeer("@tensorflow/tfjs")
const { setWasmPaths } = requirePeer("@tensorflow/tfjs-backend-wasm")
setWasmPaths(join(packageFolder("@tensorflow/tfjs-backend-wasm"), "dist") + sep)
if (!(await tf.setBackend("wasm"))) throw new Error("tfjs: the WebAssembly backend did not start.") // else: plain JavaScript
await tf.ready()

const contestant = tfjsContestant(tf, asked.workload, asked.batch)
const simd = (await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) ? "SIMD" : "no SIMD"
await timePeer(contestant, asked, {
  peer: "tfjs",
  mode: tf.getBackend(),
  version: packageVersion("@tensorflow/tfjs"),
  settings: contestant.settings ? `${simd}, ${contestant.settings}` : simd,
})
