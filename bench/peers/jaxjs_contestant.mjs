// jax-js on a workload, in Node and in a browser: the whole step in one jitted function, Adam written out (its optax was not
// in the registry).

import { batchOf, uniforms, workloads } from "./batch.mjs"
import { models } from "./jaxjs_models.mjs"
import { inTurn } from "./timing.mjs"

const [beta2, epsilon] = [0.999, 1e-8]

// Kingma & Ba 2015, alg. 1, with both bias corrections folded into the rate as the end of section 2 proposes.
const adamOf = ({ numpy: np, tree }, { learningRate, beta1 }) => {
  const zerosLike = (params) => tree.map((param) => np.zeros(param.shape), params)
  const correction = (t, beta) =>
    np
      .exp(t.mul(Math.log(beta)))
      .mul(-1)
      .add(1) // 1 − βᵗ
  return {
    initial: (params) => ({ m: zerosLike(params), v: zerosLike(params), steps: np.zeros([]) }),
    update: (params, grads, { m, v, steps }) => {
      const t = steps.add(1)
      const nextM = tree.map((m, grad) => m.mul(beta1).add(grad.mul(1 - beta1)), m, tree.ref(grads))
      const nextV = tree.map((v, grad) => v.mul(beta2).add(np.square(grad).mul(1 - beta2)), v, grads)
      const rate = np.sqrt(correction(t.ref, beta2)).div(correction(t.ref, beta1)).mul(learningRate)
      const move = (param, m, v) => param.sub(m.mul(rate.ref).div(np.sqrt(v).add(epsilon)))
      const nextParams = tree.map(move, params, tree.ref(nextM), tree.ref(nextV))
      rate.dispose()
      return { params: nextParams, moments: { m: nextM, v: nextV, steps: t } }
    },
  }
}

const training = (jax, workload, name, batch) => {
  const { jit, numpy: np, random, tree, valueAndGrad } = jax
  const [initKey, trainKey] = random.split(random.key(0), 2)
  const { params, losses } = models(jax).steps[name](workload, initKey, batch)
  const adam = adamOf(jax, workload)
  const moments = Object.fromEntries(Object.keys(losses).map((player) => [player, adam.initial(params[player])]))

  // Every player moves once and sees what those before it have moved.
  const train = jit(({ params, moments, key }, x) => {
    const next = { params, moments, key }
    const values = Object.entries(losses).map(([player, loss]) => {
      const [nextKey, noise] = random.split(next.key, 2)
      const others = tree.ref(next.params)
      const ofMine = (mine, x, noise) => loss({ ...others, [player]: mine }, x, noise)
      const [value, grads] = valueAndGrad(ofMine)(tree.ref(next.params[player]), x.ref, noise)
      const moved = adam.update(next.params[player], grads, next.moments[player])
      next.params = { ...next.params, [player]: moved.params }
      next.moments = { ...next.moments, [player]: moved.moments }
      next.key = nextKey
      return value
    })
    return { loss: values[0], state: next }
  })

  const x = np.array(batchOf(workload, batch), { shape: [batch, ...workload.event] })
  let state = { params, moments, key: trainKey }
  let loss
  const step = () => {
    loss?.dispose()
    const trained = train(state, x.ref)
    state = trained.state
    loss = trained.loss
    return loss
  }
  return { run: inTurn(step, async (loss) => (await loss.ref.data())[0]) }
}

const pixelsTimed = 10

// Pixel after pixel, the whole image through the network each time; the draw itself is the page's or the program's.
const sampling = (jax, workload, batch) => {
  const { jit, numpy: np, random, tree } = jax
  const { pixelcnnNet, sigmoid } = models(jax)
  const { params, logits } = pixelcnnNet(workload, random.key(0))
  const chances = jit((p, x) => sigmoid(logits(p, x)))
  const pixels = 784
  const images = new Float32Array(batch * pixels)
  const next = uniforms()
  const step = async () => {
    for (let pixel = 0; pixel < pixelsTimed; pixel++) {
      const given = await chances(tree.ref(params), np.array(images.slice(), { shape: [batch, 1, 28, 28] })).data()
      for (let at = pixel; at < images.length; at += pixels) images[at] = next() < given[at] ? 1 : 0
    }
    return images
  }
  const ready = (images) => {
    const drawn = images.filter((_, i) => i % pixels < pixelsTimed)
    return drawn.reduce((total, bit) => total + bit, 0) / drawn.length // share of ones
  }
  const settings = `whole image a pixel; ${pixelsTimed} of ${pixels} pixels timed`
  return { run: inTurn(step, ready), share: pixelsTimed / pixels, settings }
}

/** What `timed` times, of a workload by name; `jax` is the library, initialised. */
export const jaxjsContestant = (jax, name, batch) =>
  workloads[name].kind === "sampling"
    ? sampling(jax, workloads[name], batch)
    : training(jax, workloads[name], name, batch)
