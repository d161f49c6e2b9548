// TensorFlow.js on a workload, in Node and in a browser.

import { batchOf, uniforms, workloads } from "./batch.mjs"
import { models } from "./tfjs_models.mjs"
import { inTurn } from "./timing.mjs"

const training = (tf, workload, build, batch) => {
  const players = build(workload, batch)
  const adam = players.map(() => tf.train.adam(workload.learningRate, workload.beta1))
  const x = tf.tensor(batchOf(workload, batch), [batch, ...workload.event])
  let last
  const step = () => {
    last?.dispose()
    const [first, ...others] = players.map(({ loss, moves }, i) => adam[i].minimize(() => loss(x), true, moves))
    for (const other of others) other.dispose()
    last = first
    return last
  }
  return { run: inTurn(step, (loss) => loss.dataSync()[0]) }
}

const pixelsTimed = 10

// Pixel after pixel, the whole image through the network each time; the draw itself is the page's or the program's.
const sampling = (tf, workload, batch) => {
  const chances = models(tf).pixelcnnChances(workload)
  const pixels = 784
  const images = new Float32Array(batch * pixels)
  const next = uniforms()
  const step = () => {
    for (let pixel = 0; pixel < pixelsTimed; pixel++) {
      const given = tf.tidy(() => chances(tf.tensor(images, [batch, 28, 28, 1])).dataSync())
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

/** What `timed` times, of a workload by name; `tf` is the library, its backend started. */
export const tfjsContestant = (tf, name, batch) =>
  workloads[name].kind === "sampling"
    ? sampling(tf, workloads[name], batch)
    : training(tf, workloads[name], models(tf).steps[name], batch)
