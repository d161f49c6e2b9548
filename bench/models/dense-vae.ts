import { vae } from "../../src/models/index.ts"
import { workloads } from "../workloads.ts"

const { event, sizes } = workloads["dense-vae"]

export const denseVae = () => vae.build(vae.config.parse({ latent: sizes.latent, hidden: [sizes.hidden] }), event)
