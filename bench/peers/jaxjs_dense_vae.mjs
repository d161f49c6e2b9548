// The dense VAE's training step in jax-js on WebAssembly: one jitted function. Protocol: protocol.mjs.
// Every use of an array but its last says `.ref`: jax-js counts references.

import {
  BATCH,
  binaryBatch,
  HIDDEN,
  LATENT,
  LEARNING_RATE,
  options,
  PIXELS,
  packageVersion,
  requirePeer,
  timeDenseVae,
} from "./protocol.mjs"
import { installWebWorker } from "./web-worker.mjs"

const { threads, rounds, inner } = options()
if (threads > 1) installWebWorker(threads) // jax-js asks for the browser's Worker once, while it loads
const { defaultDevice, init, jit, nn, numpy: np, random, tree, valueAndGrad } = requirePeer("@jax-js/jax")
await init("wasm")
defaultDevice("wasm")

// Uniform in ±1/√inputs, PyTorch's own start.
const linear = (key, inputs, outputs) => {
  const [weightKey, biasKey] = random.split(key, 2)
  const range = { minval: -(inputs ** -0.5), maxval: inputs ** -0.5 }
  return { w: random.uniform(weightKey, [inputs, outputs], range), b: random.uniform(biasKey, [outputs], range) }
}

const initial = (key) => {
  const [encode, mean, logVar, decode, logits] = random.split(key, 5)
  return {
    encode: linear(encode, PIXELS, HIDDEN),
    mean: linear(mean, HIDDEN, LATENT),
    logVar: linear(logVar, HIDDEN, LATENT),
    decode: linear(decode, LATENT, HIDDEN),
    logits: linear(logits, HIDDEN, PIXELS),
  }
}

const apply = (layer, x) => np.matmul(x, layer.w).add(layer.b)

// Σ -x·log p - (1 - x)·log(1 - p) = Σ max(l, 0) - l·x + log(1 + exp(-|l|)) for logits l
const bce = (logits, x) =>
  np
    .maximum(logits.ref, 0)
    .sub(logits.ref.mul(x))
    .add(np.log1p(np.exp(np.abs(logits).mul(-1))))
    .sum()

// KL(N(μ,σ²) ‖ N(0,1)) = ½ Σ (μ² + σ² - 1 - log σ²)
const kl = (mu, logVar) => np.square(mu).add(np.exp(logVar.ref)).sub(1).sub(logVar).sum().mul(0.5)

// Nats: summed over the event, averaged over the batch.
const negativeElbo = (params, x, key) => {
  const h = nn.relu(apply(params.encode, x.ref))
  const mu = apply(params.mean, h.ref)
  const logVar = apply(params.logVar, h)
  const z = mu.ref.add(np.exp(logVar.ref.mul(0.5)).mul(random.normal(key, [BATCH, LATENT])))
  const logits = apply(params.logits, nn.relu(apply(params.decode, z)))
  return bce(logits, x).add(kl(mu, logVar)).div(BATCH)
}

const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8]

const zerosLike = (params) => tree.map((param) => np.zeros(param.shape), params)

const adam = {
  initial: (params) => ({ m: zerosLike(params), v: zerosLike(params), steps: np.zeros([]) }),

  // Kingma & Ba 2015, alg. 1, with both bias corrections folded into the rate as the end of section 2 proposes.
  update: (params, grads, { m, v, steps }) => {
    const t = steps.add(1)
    const nextM = tree.map((m, grad) => m.mul(beta1).add(grad.mul(1 - beta1)), m, tree.ref(grads))
    const nextV = tree.map((v, grad) => v.mul(beta2).add(np.square(grad).mul(1 - beta2)), v, grads)
    const correction1 = np
      .exp(t.ref.mul(Math.log(beta1)))
      .mul(-1)
      .add(1) // 1 - β₁ᵗ
    const correction2 = np
      .exp(t.ref.mul(Math.log(beta2)))
      .mul(-1)
      .add(1) // 1 - β₂ᵗ
    const rate = np.sqrt(correction2).div(correction1).mul(LEARNING_RATE)
    const move = (param, m, v) => param.sub(m.mul(rate.ref).div(np.sqrt(v).add(epsilon)))
    const nextParams = tree.map(move, params, tree.ref(nextM), tree.ref(nextV))
    rate.dispose()
    return { params: nextParams, moments: { m: nextM, v: nextV, steps: t } }
  },
}

const train = jit(({ params, moments, key }, x) => {
  const [nextKey, noiseKey] = random.split(key, 2)
  const [loss, grads] = valueAndGrad(negativeElbo)(tree.ref(params), x, noiseKey)
  return { loss, state: { ...adam.update(params, grads, moments), key: nextKey } }
})

const [initKey, trainKey] = random.split(random.key(0), 2)
const params = initial(initKey)
const x = np.array(binaryBatch(), { shape: [BATCH, PIXELS] })
let state = { moments: adam.initial(params), params, key: trainKey }
let loss

const step = () => {
  loss?.dispose()
  const trained = train(state, x.ref)
  state = trained.state
  loss = trained.loss
  return loss
}

await timeDenseVae({
  peer: "jax-js",
  mode: "wasm",
  threads,
  version: packageVersion("@jax-js/jax"),
  settings: threads > 1 ? "jit, SIMD, a Worker for Node" : "jit, SIMD",
  step,
  ready: async (loss) => (await loss.ref.data())[0],
  rounds,
  inner,
})
