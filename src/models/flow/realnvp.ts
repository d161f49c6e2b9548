/**
 * Real NVP (Dinh et al. 2017) with fully connected networks: affine couplings between halves of an event. Peculiar here:
 * after every two couplings the halves change (the even places of what the last two left, then the odd ones), which stands
 * in for the paper's checkerboards and channels, and there is neither batch normalization nor a multi-scale split.
 */
import { z } from "zod"
import { type Bijector, chain } from "../../bijector/bijector.ts"
import { affine, alternating } from "../../bijector/coupling.ts"
import { logit } from "../../bijector/elementwise.ts"
import { flow } from "../../bijector/flow.ts"
import { sizeOf } from "../../core/shape.ts"
import { bases } from "../../dist/base.ts"
import { defineModel } from "../../model/define.ts"
import { dinh2014, dinh2017 } from "../citations.ts"

const config = z.strictObject({
  couplings: z.int().min(2).max(64).default(6).meta({ title: "Affine coupling layers; halves move in turn" }),
  hidden: z.array(z.int().positive()).min(1).default([512, 512]).meta({ title: "Hidden widths of each coupling" }),
  prior: z.enum(["gaussian", "logistic"]).default("gaussian").meta({ title: "Distribution of the noise" }),
  alpha: z.number().min(0).lt(0.5).default(0).meta({
    title: "Pixels become logit(α + (1 − 2α)x) first; 0 leaves events as they are",
  }),
  classes: z.int().min(2).exactOptional().meta({ title: "Classes that the couplings are told; none unless given" }),
})

export const realnvp = defineModel({
  name: "realnvp",
  title: "Real NVP",
  cites: [dinh2017, dinh2014],
  config,
  density: "tractable",
  sampling: "direct",
  data: () => ({ binarize: "none", dequantize: true }),
  training: { steps: 10_000, batchSize: 128, learningRate: 1e-3 },
  build({ couplings, hidden, prior, alpha, classes }, event) {
    const dims = sizeOf(event)
    const rounds = Array.from({ length: Math.ceil(couplings / 2) }, (_, i) =>
      alternating(dims, Math.min(2, couplings - 2 * i), (sizes) =>
        affine({ ...sizes, hidden, ...(classes !== undefined && { classes }) }),
      ),
    )
    const layers: Bijector<any>[] = alpha > 0 ? [logit(alpha), ...rounds] : rounds
    return {
      density: "tractable" as const,
      sampling: "direct" as const,
      support: "real" as const,
      ...(classes !== undefined && { classes }),
      ...flow({ event, bijector: chain(layers), base: bases[prior] }),
    }
  },
})
