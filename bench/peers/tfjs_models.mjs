// The workloads in TensorFlow.js: for each, the players of a step, who lower a loss in turn.

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

  const denseVae = ({ event: [pixels], sizes: { hidden, latent } }) => {
    const [encode, mean, logVarHead] = [linear(pixels, hidden), linear(hidden, latent), linear(hidden, latent)]
    const decode = layersOf([latent, hidden, pixels])
    const loss = (x) => {
      const h = apply(encode, x).relu()
      const mu = apply(mean, h)
      const logVar = apply(logVarHead, h)
      const z = mu.add(logVar.mul(0.5).exp().mul(tf.randomNormal(mu.shape)))
      const kl = mu.square().add(logVar.exp()).sub(1).sub(logVar).sum()
      return bernoulliNats(mlp(decode, z), x).add(kl.mul(0.5 / x.shape[0]))
    }
    return [{ loss, moves: variablesOf([encode, mean, logVarHead, decode]) }]
  }

  const gan2d = ({ event: [dims], sizes: { latent, hidden } }) => {
    const generator = layersOf([latent, ...hidden, dims])
    const critic = layersOf([dims, ...hidden, 1])
    const fakes = (x) => mlp(generator, tf.randomNormal([x.shape[0], latent]))
    return [
      // −log D(x) − log(1 − D(G(z)))
      {
        loss: (x) =>
          mlp(critic, x)
            .neg()
            .softplus()
            .mean()
            .add(mlp(critic, fakes(x)).softplus().mean()),
        moves: variablesOf(critic),
      },
      { loss: (x) => mlp(critic, fakes(x)).neg().softplus().mean(), moves: variablesOf(generator) },
    ]
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

  return { steps: { "dense-vae": denseVae, realnvp, made, lstm, "gan-2d": gan2d }, pixelcnnChances }
}
