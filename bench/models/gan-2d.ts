import { gan } from "../../src/models/index.ts"
import { workloads } from "../workloads.ts"

const { event, sizes } = workloads["gan-2d"]

export const gan2d = () =>
  gan.build(
    gan.config.parse({
      latent: sizes.latent,
      generator: sizes.hidden,
      critic: sizes.hidden,
      activation: "relu",
    }),
    event,
  )
