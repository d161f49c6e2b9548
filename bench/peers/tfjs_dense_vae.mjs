// The dense VAE's training step in TensorFlow.js on its WebAssembly backend. Protocol: protocol.mjs.

import { join, sep } from "node:path"
import {
  BATCH,
  binaryBatch,
  HIDDEN,
  LATENT,
  LEARNING_RATE,
  options,
  PIXELS,
  packageFolder,
  packageVersion,
  requirePeer,
  timeDenseVae,
} from "./protocol.mjs"

const { threads, rounds, inner } = options({ inner: 2 }) // a step is slow enough to be timed in pairs
// Told to use more, tfjs 4.22 fails to start its backend in Node and carries on in plain JavaScript, ten times slower.
if (threads !== 1) throw new Error("tfjs: its WebAssembly backend has one thread in Node. Use --threads 1.")
console.warn = () => {} // tfjs advertises tfjs-node at start-up
const tf = requirePeer("@tensorflow/tfjs")
const { setWasmPaths } = requirePeer("@tensorflow/tfjs-backend-wasm")
setWasmPaths(join(packageFolder("@tensorflow/tfjs-backend-wasm"), "dist") + sep)
if (!(await tf.setBackend("wasm"))) throw new Error("tfjs: the WebAssembly backend did not start.") // else: plain JavaScript
await tf.ready()

// Uniform in ±1/√inputs, PyTorch's own start.
const linear = (inputs, outputs) => {
  const bound = inputs ** -0.5
  const uniform = (shape) => tf.variable(tf.randomUniform(shape, -bound, bound))
  return { w: uniform([inputs, outputs]), b: uniform([outputs]) }
}

const encode = linear(PIXELS, HIDDEN)
const mean = linear(HIDDEN, LATENT)
const logVarHead = linear(HIDDEN, LATENT)
const decode = linear(LATENT, HIDDEN)
const logitsHead = linear(HIDDEN, PIXELS)

const apply = (layer, x) => x.matMul(layer.w).add(layer.b)

// Nats: summed over the event, averaged over the batch.
const negativeElbo = () => {
  const h = apply(encode, x).relu()
  const mu = apply(mean, h)
  const logVar = apply(logVarHead, h)
  const z = mu.add(
    logVar
      .mul(0.5)
      .exp()
      .mul(tf.randomNormal([BATCH, LATENT])),
  )
  const logits = apply(logitsHead, apply(decode, z).relu())
  const bce = tf.losses.sigmoidCrossEntropy(x, logits, undefined, 0, tf.Reduction.SUM)
  const kl = mu.square().add(logVar.exp()).sub(1).sub(logVar).sum().mul(0.5)
  return bce.add(kl).div(BATCH)
}

const adam = tf.train.adam(LEARNING_RATE)
const x = tf.tensor2d(binaryBatch(), [BATCH, PIXELS])
let loss

const step = () => {
  loss?.dispose()
  loss = adam.minimize(negativeElbo, true)
  return loss
}

await timeDenseVae({
  peer: "tfjs",
  mode: tf.getBackend(),
  threads,
  version: packageVersion("@tensorflow/tfjs"),
  settings: (await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) ? "SIMD" : "no SIMD",
  step,
  ready: (loss) => loss.dataSync()[0],
  rounds,
  inner,
})
