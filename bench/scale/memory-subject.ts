/** What is trained while memory is watched: a convolutional VAE so small that thousands of steps take seconds. */
import { fillUniform } from "../../src/core/random.ts"
import { initialize } from "../../src/graph/parameter.ts"
import { adam } from "../../src/optim/adam.ts"
import type { ExecutorSetup } from "../../src/train/executor.ts"
import { convVae } from "./networks.ts"

const batchSize = 8

export function subject(): ExecutorSetup {
  const model = convVae({ width: 4, depth: 1 }, 8)
  return {
    model,
    optimizer: adam(),
    parameters: initialize(model.params, 0),
    inputs: {
      seed: 0,
      batchSize,
      learningRate: () => 1e-3,
      fillBatch(step, out) {
        fillUniform({ seed: 0, name: "batch", step }, out)
        for (const [i, u] of out.entries()) out[i] = u < 0.3 ? 1 : 0
      },
    },
  }
}
