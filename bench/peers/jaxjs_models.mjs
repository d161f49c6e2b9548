// The workloads in jax-js: for each, the first parameters by player and, by the same names, the losses that the players lower
// in turn. Images are [batch, channels, height, width].

import { labelsOf, madeMasks, pixelMask, sizeOf } from "./batch.mjs"

const referenced = (value) => (Array.isArray(value) ? value.map(referenced) : (value?.ref ?? value))

// jax-js counts references, and a call uses up those it is given. These calls take their own and leave the caller's: losses
// are only ever traced, once, so what is left over costs nothing.
const borrowing = (namespace) =>
  Object.fromEntries(
    Object.entries(namespace)
      .filter(([, value]) => typeof value === "function")
      .map(([name, call]) => [name, (...operands) => call(...operands.map(referenced))]),
  )

export const models = (jax) => {
  const [np, nn, lax] = [jax.numpy, jax.nn, jax.lax].map(borrowing)
  const { random } = jax
  const split = (key, count) => [...random.split(key, count)]
  const sub = np.subtract
  const mul = np.multiply

  // Uniform in ±1/√inputs, PyTorch's own start.
  const uniform = (key, shape, fanIn) => random.uniform(key, shape, { minval: -(fanIn ** -0.5), maxval: fanIn ** -0.5 })
  const linear = (key, inputs, outputs) => {
    const [w, b] = split(key, 2)
    return { w: uniform(w, [inputs, outputs], inputs), b: uniform(b, [outputs], inputs) }
  }
  const layers = (key, widths) => split(key, widths.length - 1).map((each, i) => linear(each, widths[i], widths[i + 1]))
  const conv = (key, inputs, outputs, kernel) => {
    const [w, b] = split(key, 2)
    const fanIn = inputs * kernel * kernel
    return { w: uniform(w, [outputs, inputs, kernel, kernel], fanIn), b: uniform(b, [outputs, 1, 1], fanIn) }
  }

  const apply = ({ w, b }, x) => np.add(np.matmul(x, w), b)
  const mlp = (p, x) => p.reduce((h, layer, i) => (i === 0 ? apply(layer, h) : apply(layer, nn.relu(h))), x)
  const around = (padding) => [
    [padding, padding],
    [padding, padding],
  ]
  const convolve = ({ w, b }, x, stride, padding) =>
    np.add(lax.convGeneralDilated(x, w, [stride, stride], around(padding)), b)
  const transposeConvolve = ({ w, b }, x, stride, padding) =>
    np.add(lax.convTranspose(x, w, [stride, stride], around(padding)), b)

  // By the statistics of the batch; no running ones are kept. `shape` is that of a layer's scale and shift.
  const normalization = (shape) => ({ scale: jax.numpy.ones(shape), shift: jax.numpy.zeros(shape) })
  const normalize = ({ scale, shift }, x, over) => {
    const centred = sub(x, np.mean(x, over, { keepdims: true }))
    const variance = np.mean(np.square(centred), over, { keepdims: true })
    return np.add(mul(np.divide(centred, np.sqrt(np.add(variance, 1e-5))), scale), shift)
  }

  // −log p(x) in nats, of logits l: max(l, 0) − l·x + log(1 + exp(−|l|)), summed over the event, averaged over the batch.
  const bernoulliNats = (logits, x) => {
    const each = np.add(sub(np.maximum(logits, 0), mul(logits, x)), np.log1p(np.exp(mul(np.abs(logits), -1))))
    return np.divide(np.sum(each), x.shape[0])
  }

  const negativeElbo =
    (encode, decode) =>
    ({ vae: p }, x, key) => {
      const h = encode(p, x)
      const mu = apply(p.mean, h)
      const logVar = apply(p.logVar, h)
      const z = np.add(mu, mul(np.exp(mul(logVar, 0.5)), random.normal(key, mu.shape)))
      // KL(N(μ,σ²) ‖ N(0,1)) = ½ Σ (μ² + σ² − 1 − log σ²)
      const kl = np.sum(sub(sub(np.add(np.square(mu), np.exp(logVar)), 1), logVar))
      return np.add(bernoulliNats(decode(p, z), x), mul(kl, 0.5 / x.shape[0]))
    }

  const denseVae = ({ event: [pixels], sizes: { hidden, latent } }, key) => {
    const [encode, mean, logVar, decode, logits] = split(key, 5)
    const params = {
      encode: linear(encode, pixels, hidden),
      mean: linear(mean, hidden, latent),
      logVar: linear(logVar, hidden, latent),
      decode: layers(decode, [latent, hidden]),
      logits: linear(logits, hidden, pixels),
    }
    const loss = negativeElbo(
      (p, x) => nn.relu(apply(p.encode, x)),
      (p, z) => mlp([...p.decode, p.logits], z),
    )
    return { params: { vae: params }, losses: { vae: loss } }
  }

  const convVae = ({ event, sizes: { channels, kernel, stride, padding, latent } }, key) => {
    const [few, many] = channels
    const side = event[1] / stride ** 2
    const width = many * side * side
    const keys = split(key, 7)
    const params = {
      encode: [conv(keys[0], event[0], few, kernel), conv(keys[1], few, many, kernel)],
      mean: linear(keys[2], width, latent),
      logVar: linear(keys[3], width, latent),
      spread: linear(keys[4], latent, width),
      decode: [conv(keys[5], many, few, kernel), conv(keys[6], few, event[0], kernel)],
    }
    const encode = (p, x) => {
      const h = p.encode.reduce((below, layer) => nn.relu(convolve(layer, below, stride, padding)), x)
      return np.reshape(h, [x.shape[0], width])
    }
    const decode = (p, z) => {
      const h = np.reshape(nn.relu(apply(p.spread, z)), [z.shape[0], many, side, side])
      const up = nn.relu(transposeConvolve(p.decode[0], h, stride, padding))
      return transposeConvolve(p.decode[1], up, stride, padding)
    }
    return { params: { vae: params }, losses: { vae: negativeElbo(encode, decode) } }
  }

  const adversaries = (generate, criticise, latent) => {
    const fakes = (p, x, key) => generate(p.generator, random.normal(key, [x.shape[0], latent]))
    const softMean = (logits) => np.mean(nn.softplus(logits))
    return {
      // −log D(x) − log(1 − D(G(z)))
      critic: (p, x, key) => {
        const fake = lax.stopGradient(fakes(p, x, key))
        return np.add(softMean(mul(criticise(p.critic, x), -1)), softMean(criticise(p.critic, fake)))
      },
      generator: (p, x, key) => softMean(mul(criticise(p.critic, fakes(p, x, key)), -1)),
    }
  }

  const dcgan = ({ event, sizes: { channels, kernel, stride, padding, latent, slope } }, key) => {
    const [few, many] = channels
    const side = event[1] / stride ** 2
    const width = many * side * side
    const keys = split(key, 6)
    const params = {
      critic: {
        convs: [conv(keys[0], event[0], few, kernel), conv(keys[1], few, many, kernel)],
        norm: normalization([many, 1, 1]),
        head: linear(keys[2], width, 1),
      },
      generator: {
        spread: linear(keys[3], latent, width),
        norms: [normalization([width]), normalization([few, 1, 1])],
        convs: [conv(keys[4], many, few, kernel), conv(keys[5], few, event[0], kernel)],
      },
    }
    const maps = [0, 2, 3] // a channel's statistics are over these axes
    const generate = (p, z) => {
      const spread = nn.relu(normalize(p.norms[0], apply(p.spread, z), [0]))
      const h = np.reshape(spread, [z.shape[0], many, side, side])
      const up = nn.relu(normalize(p.norms[1], transposeConvolve(p.convs[0], h, stride, padding), maps))
      return np.tanh(transposeConvolve(p.convs[1], up, stride, padding))
    }
    const criticise = (p, x) => {
      const h = nn.leakyRelu(convolve(p.convs[0], x, stride, padding), slope)
      const top = nn.leakyRelu(normalize(p.norm, convolve(p.convs[1], h, stride, padding), maps), slope)
      return apply(p.head, np.reshape(top, [x.shape[0], width]))
    }
    return { params, losses: adversaries(generate, criticise, latent) }
  }

  const gan2d = ({ event: [dims], sizes: { latent, hidden } }, key) => {
    const [generator, critic] = split(key, 2)
    const params = {
      critic: layers(critic, [dims, ...hidden, 1]),
      generator: layers(generator, [latent, ...hidden, dims]),
    }
    return { params, losses: adversaries(mlp, mlp, latent) }
  }

  const constant = (data, shape) => jax.numpy.array(data, { shape })

  /** A PixelCNN's parameters, and its logits as a function of them. */
  const pixelcnnNet = ({ sizes: { channels, firstKernel, kernel, layers: count } }, key) => {
    const masked = [firstKernel, ...Array(count).fill(kernel)]
    const kernels = [...masked, 1, 1]
    const keys = split(key, kernels.length)
    const last = kernels.length - 1
    const params = kernels.map((k, i) => conv(keys[i], i === 0 ? 1 : channels, i === last ? 1 : channels, k))
    const masks = masked.map((k, i) => constant(pixelMask(k, i > 0), [k, k]))
    const layer = (p, i) => (i < masks.length ? { w: mul(p[i].w, masks[i]), b: p[i].b } : p[i])
    const logits = (p, x) => kernels.reduce((h, k, i) => convolve(layer(p, i), i === 0 ? h : nn.relu(h), 1, k >> 1), x)
    return { params, logits }
  }

  const pixelcnn = (workload, key) => {
    const { params, logits } = pixelcnnNet(workload, key)
    return { params: { net: params }, losses: { net: (p, x) => bernoulliNats(logits(p.net, x), x) } }
  }

  const realnvp = ({ event: [dims], sizes: { couplings, hidden } }, key) => {
    const half = dims / 2
    const coupling = (each) => ({ net: layers(each, [half, ...hidden, dims]), scale: jax.numpy.ones([half]) })
    // −log p(x); halves move in turn, and log s is a learned scale times a tanh, as in eidos.
    const loss = ({ flow }, x) => {
      let [kept, moved] = np.split(x, 2, 1)
      const logScales = flow.map(({ net, scale }) => {
        const [raw, shift] = np.split(mlp(net, kept), 2, 1)
        const logScale = mul(np.tanh(raw), scale)
        ;[kept, moved] = [np.add(mul(moved, np.exp(logScale)), shift), kept]
        return np.sum(logScale, 1)
      })
      const logDet = logScales.reduce((total, each) => np.add(total, each))
      const z = np.concatenate([kept, moved], 1)
      const surprise = mul(np.sum(np.add(np.square(z), Math.log(2 * Math.PI)), 1), 0.5)
      return np.mean(sub(surprise, logDet))
    }
    return { params: { flow: split(key, couplings).map(coupling) }, losses: { flow: loss } }
  }

  const made = (workload, key) => {
    const widths = [sizeOf(workload.event), ...workload.sizes.hidden, sizeOf(workload.event)]
    const masks = madeMasks(workload).map((mask, l) => constant(mask, [widths[l], widths[l + 1]]))
    const masked = (p) => p.map(({ w, b }, l) => ({ w: mul(w, masks[l]), b }))
    return {
      params: { net: layers(key, widths) },
      losses: { net: (p, x) => bernoulliNats(mlp(masked(p.net), x), x) },
    }
  }

  // jax-js has no scan: the steps are written out, one after the other.
  const lstm = (workload, key, batch) => {
    const [steps, inputs] = workload.event
    const { units, classes } = workload.sizes
    const keys = split(key, 4)
    const params = {
      input: uniform(keys[0], [inputs, 4 * units], units),
      state: uniform(keys[1], [units, 4 * units], units),
      bias: uniform(keys[2], [4 * units], units),
      head: linear(keys[3], units, classes),
    }
    const labels = constant(labelsOf(workload, batch), [batch, classes])
    const loss = ({ net: p }, x) => {
      const flat = np.add(np.matmul(np.reshape(x, [batch * steps, inputs]), p.input), p.bias)
      const each = np.split(np.reshape(flat, [batch, steps, 4 * units]), steps, 1)
      let h = jax.numpy.zeros([batch, units])
      let c = jax.numpy.zeros([batch, units])
      for (const given of each) {
        const gates = np.add(np.reshape(given, [batch, 4 * units]), np.matmul(h, p.state))
        const [i, f, g, o] = np.split(gates, 4, 1)
        c = np.add(mul(nn.sigmoid(f), c), mul(nn.sigmoid(i), np.tanh(g)))
        h = mul(nn.sigmoid(o), np.tanh(c))
      }
      return mul(np.sum(mul(nn.logSoftmax(apply(p.head, h), 1), labels)), -1 / batch)
    }
    return { params: { net: params }, losses: { net: loss } }
  }

  const steps = { "dense-vae": denseVae, "conv-vae": convVae, dcgan, pixelcnn, realnvp, made, lstm, "gan-2d": gan2d }
  return { steps, pixelcnnNet, sigmoid: nn.sigmoid }
}
