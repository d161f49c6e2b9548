// The workloads in TensorFlow.js: for each, the players of a step, who lower a loss in turn. Images are [batch, height, width,
// channels]. Convolutions that are trained are products over windows, written here with their gradient: its WebAssembly backend
// has none (no Conv2DBackpropFilter).

import { labelsOf, madeMasks, pixelMask } from "./batch.mjs"

export const models = (tf) => {
  // Uniform in ±1/√inputs, PyTorch's own start.
  const uniform = (shape, fanIn) => tf.variable(tf.randomUniform(shape, -(fanIn ** -0.5), fanIn ** -0.5))
  const linear = (inputs, outputs) => ({ w: uniform([inputs, outputs], inputs), b: uniform([outputs], inputs) })
  const layersOf = (widths) => widths.slice(1).map((outputs, i) => linear(widths[i], outputs))
  const apply = ({ w, b }, x) => x.matMul(w).add(b)
  const mlp = (layers, x) => layers.reduce((h, layer, i) => apply(layer, i === 0 ? h : h.relu()), x)
  const variablesOf = (tree) =>
    tree instanceof tf.Tensor ? [tree] : Object.values(tree).flatMap((branch) => variablesOf(branch))

  // −log p(x) in nats: summed over the event, averaged over the batch.
  const bernoulliNats = (logits, x) =>
    tf.losses.sigmoidCrossEntropy(x, logits, undefined, 0, tf.Reduction.SUM).div(x.shape[0])

  const padded2d = (x, padding) =>
    tf.pad(x, [
      [0, 0],
      [padding, padding],
      [padding, padding],
      [0, 0],
    ])

  /** What each place sees of x padded: its values at the taps [row, column], one after the other, for rows × columns places. */
  const windows = (x, taps, [rows, columns], padding) => {
    const [batch, , , channels] = x.shape
    const padded = padded2d(x, padding)
    return tf.concat(
      taps.map(([i, j]) => tf.slice(padded, [0, i, j, 0], [batch, rows, columns, channels])),
      3,
    )
  }

  // The backend's own gradient of a product multiplies transposed operands as they lie: these steps took three to six times as long.
  const product = tf.customGrad((x, w, save) => {
    save([x, w])
    return { value: x.matMul(w), gradFunc: (g, [x, w]) => [g.matMul(w.transpose()), x.transpose().matMul(g)] }
  })

  /** The dense layer at each place. */
  const everywhere = ({ w, b }, x) => {
    const [batch, rows, columns, values] = x.shape
    const flat = product(x.reshape([batch * rows * columns, values]), w).add(b)
    return flat.reshape([batch, rows, columns, flat.shape[1]])
  }

  const square = [0, 1].flatMap((i) => [0, 1].map((j) => [i, j]))

  // A kernel of 4×4 with stride 2 and padding 1 is one of 2×2 over squares of 2×2 pixels.
  const halving = (inputs, outputs) => linear(16 * inputs, outputs)
  const halve = (layer, x) => {
    const [batch, height, width, channels] = x.shape
    const [rows, columns] = [height / 2 + 1, width / 2 + 1]
    const squares = padded2d(x, 1)
      .reshape([batch * rows, 2, columns, 2 * channels])
      .transpose([0, 2, 1, 3])
      .reshape([batch, rows, columns, 4 * channels])
    return everywhere(layer, windows(squares, square, [height / 2, width / 2], 0))
  }

  // Transposed, each of the four pixels that come of one sees 2×2 of the pixels around it.
  const doubling = (inputs, outputs) => {
    const fanIn = 16 * inputs
    return { w: uniform([4 * inputs, 4 * outputs], fanIn), b: uniform([outputs], fanIn) }
  }
  const double = ({ w, b }, x) => {
    const [batch, height, width] = x.shape
    const outputs = b.shape[0]
    const seen = windows(x, square, [height + 1, width + 1], 1)
    const all = everywhere({ w, b: tf.tile(b, [4]) }, seen)
    const pixel = (i, j) => tf.slice(all, [0, i, j, (2 * i + j) * outputs], [batch, height, width, outputs])
    const row = (i) => tf.concat([pixel(i, 0), pixel(i, 1)], 3).reshape([batch, height, 1, 2 * width * outputs])
    return tf.concat([row(0), row(1)], 2).reshape([batch, 2 * height, 2 * width, outputs])
  }

  const asImages = (x, [channels, height, width]) => x.reshape([x.shape[0], height, width, channels]) // of one channel

  /** −ELBO of an encoder [batch, …] → [batch, width] and a decoder [batch, latent] → [batch, …]. */
  const vaeOf = ({ encode, width, decode, moves }, { latent }, shaped = (x) => x) => {
    const [mean, logVarHead] = [linear(width, latent), linear(width, latent)]
    const loss = (data) => {
      const x = shaped(data)
      const h = encode(x)
      const mu = apply(mean, h)
      const logVar = apply(logVarHead, h)
      const z = mu.add(logVar.mul(0.5).exp().mul(tf.randomNormal(mu.shape)))
      const kl = mu.square().add(logVar.exp()).sub(1).sub(logVar).sum()
      return bernoulliNats(decode(z), x).add(kl.mul(0.5 / x.shape[0]))
    }
    return [{ loss, moves: variablesOf([...moves, mean, logVarHead]) }]
  }

  const denseVae = ({ event: [pixels], sizes }) => {
    const encode = linear(pixels, sizes.hidden)
    const decode = layersOf([sizes.latent, sizes.hidden, pixels])
    const parts = {
      encode: (x) => apply(encode, x).relu(),
      width: sizes.hidden,
      decode: (z) => mlp(decode, z),
      moves: [encode, decode],
    }
    return vaeOf(parts, sizes)
  }

  const convVae = ({ event, sizes }) => {
    const [few, many] = sizes.channels
    const side = event[1] / 4
    const width = many * side * side
    const down = [halving(event[0], few), halving(few, many)]
    const spread = linear(sizes.latent, width)
    const up = [doubling(many, few), doubling(few, event[0])]
    const parts = {
      encode: (x) => down.reduce((h, layer) => halve(layer, h).relu(), x).reshape([x.shape[0], width]),
      width,
      decode: (z) => {
        const h = apply(spread, z).relu().reshape([z.shape[0], side, side, many])
        return double(up[1], double(up[0], h).relu())
      },
      moves: [down, spread, up],
    }
    return vaeOf(parts, sizes, (x) => asImages(x, event))
  }

  const adversaries = (generator, critic, latent) => {
    const fakes = (x) => generator.apply(tf.randomNormal([x.shape[0], latent]))
    return [
      // −log D(x) − log(1 − D(G(z)))
      {
        loss: (x) =>
          critic
            .apply(x)
            .neg()
            .softplus()
            .mean()
            .add(critic.apply(fakes(x)).softplus().mean()),
        moves: variablesOf(critic.layers),
      },
      { loss: (x) => critic.apply(fakes(x)).neg().softplus().mean(), moves: variablesOf(generator.layers) },
    ]
  }

  const gan2d = ({ event: [dims], sizes: { latent, hidden } }) => {
    const player = (widths) => {
      const layers = layersOf(widths)
      return { layers, apply: (x) => mlp(layers, x) }
    }
    return adversaries(player([latent, ...hidden, dims]), player([dims, ...hidden, 1]), latent)
  }

  // By the statistics of the batch; no running ones are kept.
  const normalization = (channels) => ({
    scale: tf.variable(tf.ones([channels])),
    shift: tf.variable(tf.zeros([channels])),
  })
  const normalize = ({ scale, shift }, x) => {
    const { mean, variance } = tf.moments(
      x,
      x.shape.slice(1).map((_, axis) => axis),
    )
    return x.sub(mean).div(variance.add(1e-5).sqrt()).mul(scale).add(shift)
  }

  const dcgan = ({ event, sizes: { channels, latent, slope } }) => {
    const [few, many] = channels
    const side = event[1] / 4
    const width = many * side * side
    const [spread, spreadNorm, mapNorm] = [linear(latent, width), normalization(width), normalization(few)]
    const up = [doubling(many, few), doubling(few, event[0])]
    const [down, norm, head] = [[halving(event[0], few), halving(few, many)], normalization(many), linear(width, 1)]
    const generator = {
      layers: [spread, spreadNorm, mapNorm, up],
      apply: (z) => {
        const h = normalize(spreadNorm, apply(spread, z)).relu()
        const maps = double(up[0], h.reshape([z.shape[0], side, side, many]))
        return double(up[1], normalize(mapNorm, maps).relu()).tanh()
      },
    }
    const critic = {
      layers: [down, norm, head],
      apply: (x) => {
        const h = tf.leakyRelu(halve(down[0], asImages(x, event)), slope)
        const top = tf.leakyRelu(normalize(norm, halve(down[1], h)), slope)
        return apply(head, top.reshape([x.shape[0], width]))
      },
    }
    return adversaries(generator, critic, latent)
  }

  const pixelcnn = ({ event, sizes: { channels, firstKernel, kernel, layers } }) => {
    const side = event[1]
    const kernels = [firstKernel, ...Array(layers).fill(kernel), 1, 1]
    const convs = kernels.map((k, i) => {
      const seen = k === 1 ? [1] : pixelMask(k, i > 0)
      const taps = [...seen].flatMap((see, at) => (see ? [[Math.floor(at / k), at % k]] : []))
      const [inputs, outputs] = [i === 0 ? 1 : channels, i === kernels.length - 1 ? 1 : channels]
      const fanIn = k * k * inputs
      const layer = { w: uniform([taps.length * inputs, outputs], fanIn), b: uniform([outputs], fanIn) }
      return { layer, apply: (x) => everywhere(layer, windows(x, taps, [side, side], k >> 1)) }
    })
    const loss = (data) => {
      const x = asImages(data, event)
      const logits = convs.reduce((h, { apply }, i) => apply(i === 0 ? h : h.relu()), x)
      return bernoulliNats(logits, x)
    }
    return [{ loss, moves: variablesOf(convs.map(({ layer }) => layer)) }]
  }

  const realnvp = ({ event: [dims], sizes: { couplings, hidden } }) => {
    const nets = Array.from({ length: couplings }, () => layersOf([dims / 2, ...hidden, dims]))
    const scales = nets.map(() => tf.variable(tf.ones([dims / 2])))
    // −log p(x); halves move in turn, and log s is a learned scale times a tanh, as in eidos.
    const loss = (x) => {
      let [kept, moved] = tf.split(x, 2, 1)
      const logScales = nets.map((net, i) => {
        const [raw, shift] = tf.split(mlp(net, kept), 2, 1)
        const logScale = raw.tanh().mul(scales[i])
        ;[kept, moved] = [moved.mul(logScale.exp()).add(shift), kept]
        return logScale.sum(1)
      })
      const surprise = tf
        .concat([kept, moved], 1)
        .square()
        .add(Math.log(2 * Math.PI))
        .sum(1)
        .mul(0.5)
      return logScales.reduce((total, each) => total.sub(each), surprise).mean()
    }
    return [{ loss, moves: [...variablesOf(nets), ...scales] }]
  }

  const made = (workload) => {
    const widths = [...workload.event, ...workload.sizes.hidden, ...workload.event]
    const layers = layersOf(widths)
    const masks = madeMasks(workload).map((mask, l) => tf.tensor2d(mask, [widths[l], widths[l + 1]]))
    const masked = () => layers.map(({ w, b }, l) => ({ w: w.mul(masks[l]), b }))
    return [{ loss: (x) => bernoulliNats(mlp(masked(), x), x), moves: variablesOf(layers) }]
  }

  // Written out, one step after the other; its layers.lstm does the same.
  const lstm = (workload, batch) => {
    const [steps, inputs] = workload.event
    const { units, classes } = workload.sizes
    const [input, state] = [uniform([inputs, 4 * units], units), uniform([units, 4 * units], units)]
    const bias = uniform([4 * units], units)
    const head = linear(units, classes)
    const labels = tf.tensor2d(labelsOf(workload, batch), [batch, classes])
    const loss = (x) => {
      const given = x
        .reshape([batch * steps, inputs])
        .matMul(input)
        .add(bias)
        .reshape([batch, steps, 4 * units])
      let h = tf.zeros([batch, units])
      let c = tf.zeros([batch, units])
      for (const now of tf.unstack(given, 1)) {
        const [i, f, g, o] = tf.split(now.add(h.matMul(state)), 4, 1)
        c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
        h = o.sigmoid().mul(c.tanh())
      }
      return tf.losses.softmaxCrossEntropy(labels, apply(head, h))
    }
    return [{ loss, moves: variablesOf({ input, state, bias, head }) }]
  }

  /** Chances of ones [batch, height, width, 1] of images of that shape. */
  const pixelcnnChances = ({ sizes: { channels, firstKernel, kernel, layers } }) => {
    const kernels = [firstKernel, ...Array(layers).fill(kernel), 1, 1]
    const last = kernels.length - 1
    const convs = kernels.map((k, i) => {
      const [inputs, outputs] = [i === 0 ? 1 : channels, i === last ? 1 : channels]
      const w = uniform([k, k, inputs, outputs], k * k * inputs)
      const mask = k === 1 ? tf.ones([1, 1, 1, 1]) : tf.tensor(pixelMask(k, i > 0), [k, k, 1, 1])
      return { w: w.mul(mask), b: uniform([outputs], k * k * inputs) } // nothing is trained: masked once
    })
    return (x) => convs.reduce((h, { w, b }, i) => tf.conv2d(i === 0 ? h : h.relu(), w, 1, "same").add(b), x).sigmoid()
  }

  const steps = { "dense-vae": denseVae, "conv-vae": convVae, dcgan, pixelcnn, realnvp, made, lstm, "gan-2d": gan2d }
  return { steps, pixelcnnChances }
}
