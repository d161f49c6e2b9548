/** What is trained while memory is watched: VAEs so small that thousands of steps take seconds, or minutes without a GPU. */
import { fillUniform } from "../../src/core/random.ts"
import { initialize } from "../../src/graph/parameter.ts"
import { vae } from "../../src/models/index.ts"
import { adam } from "../../src/optim/adam.ts"
import type { ExecutorSetup } from "../../src/train/executor.ts"
import { convVae } from "./networks.ts"

const batchSize = 8

const models = {
  convolutional: () => convVae({ width: 4, depth: 1 }, 8),
  dense: () => vae.build(vae.config.parse({ latent: 2, hidden: [128] }), [64]),
}

export type SubjectName = keyof typeof models

export function subject(name: SubjectName = "convolutional"): ExecutorSetup {
  const model = models[name]()
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
