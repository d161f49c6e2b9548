/**
 * eidos' side of each workload. To add a training step: one file here that reads its sizes from `workloads` and exports a
 * function which builds the `Model`, and a line in `steps`. The model's event is the workload's, its first player's loss is
 * what the peers report first (nats, summed over the event and averaged over the batch; for adversaries the critic's), and
 * a conditional model has the `classes` of the workload's sizes. To add sampling: a `Sampler`, and a line in `samplers`.
 */
import type { Model } from "../../src/model/capabilities.ts"
import type { WorkloadName } from "../workloads.ts"
import { convVae } from "./conv-vae.ts"
import { dcgan } from "./dcgan.ts"
import { denseVae } from "./dense-vae.ts"
import { gan2d } from "./gan-2d.ts"
import { recurrent } from "./lstm.ts"
import { wideMade } from "./made.ts"
import { pixelcnn } from "./pixelcnn.ts"
import { pixelcnnSampling } from "./pixelcnn-sampling.ts"
import { denseRealnvp } from "./realnvp.ts"

/** Draws images with untrained weights; it may draw some pixels of each and say so. */
export interface Sampler {
  /** What a call draws of the images, 1 for all of their pixels. */
  readonly share: number
  readonly settings: string
  /** Opens what draws so many images; each call of it draws and returns the share of ones among the pixels drawn. */
  open(images: number, threads: number): Promise<() => Promise<number>>
}

export const steps: Readonly<Partial<Record<WorkloadName, () => Model>>> = {
  "dense-vae": denseVae,
  "conv-vae": convVae,
  dcgan,
  pixelcnn,
  realnvp: denseRealnvp,
  made: wideMade,
  lstm: recurrent,
  "gan-2d": gan2d,
}

export const samplers: Readonly<Partial<Record<WorkloadName, Sampler>>> = {
  "pixelcnn-sampling": pixelcnnSampling,
}

export const notBuilt = (workload: string): string => `eidos: bench/models has nothing for ${workload} yet.`
