/** The trainings that every device is asked for: weights that move alone, players in turn, and noise in the network. */
import { convVae } from "../../bench/models/conv-vae.ts"
import { fillUniform } from "../../src/core/random.ts"
import { initialize } from "../../src/graph/parameter.ts"
import { sgd } from "../../src/optim/sgd.ts"
import type { ExecutorSetup } from "../../src/train/executor.ts"
import { type Tiny, trainable } from "../laws/tiny.ts"

export const named = (wanted: string): Tiny => trainable.find((tiny) => tiny.name === wanted)!
export const few = ["vae relu", "gan points", "classifier dropout"].map(named)
export const steps = 5
/** Where a run is stopped and taken up again. */
export const stop = 2

export const imageSteps = 2
/** Steps of convolutions, whose batches are worked on in shares where there are threads for it. */
export function imagesSetup(): ExecutorSetup {
  const model = convVae()
  return {
    model,
    optimizer: sgd(),
    parameters: initialize(model.params, 1),
    inputs: {
      seed: 2,
      batchSize: 64,
      learningRate: () => 1e-3,
      fillBatch: (step, out) => void fillUniform({ seed: 3, name: "images", step }, out),
    },
  }
}
