/** Images from the untrained `pixelcnn`, all of their pixels. */
import type { CausalKernel, CausalNetwork } from "../../src/explore/causal-network.ts"
import { drawBits, openCausalSampler } from "../../src/explore/causal-sampling.ts"
import { relu } from "../../src/graph/ops/unary.ts"
import { initialize } from "../../src/graph/parameter.ts"
import { workloads } from "../workloads.ts"
import type { Sampler } from "./index.ts"
import { pixelcnn } from "./pixelcnn.ts"

const { event, sizes } = workloads["pixelcnn-sampling"]
const depth = sizes.layers + 3 // the first convolution, and two of single pixels at the end

function network(): CausalNetwork {
  const parameters = initialize(pixelcnn().params, 0)
  const kernels = Array.from({ length: depth }, (_, i): CausalKernel => {
    const [w, b] = [parameters.get(`${i}.w`)!, parameters.get(`${i}.b`)!]
    return { type: i === 0 ? "A" : "B", w, b }
  })
  return {
    event,
    kernels,
    logits: (x, conv) => kernels.reduce((h, _, i) => conv(i, i === 0 ? h : relu(h)), x),
  }
}

export const pixelcnnSampling: Sampler = {
  share: 1,
  settings: "each layer computes each of its values once, from cached rows of the layer below; one program a pixel",
  async open(images, threads) {
    const sampler = await openCausalSampler(network(), images, { threads })
    let seed = 0
    return async () => {
      const { data } = await sampler.sample(drawBits(seed++))
      return data.reduce((total, bit) => total + bit, 0) / data.length
    }
  },
}
