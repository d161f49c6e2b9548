/**
 * NICE (Dinh et al. 2014): additive couplings between the even and the odd places of an event, whose volume never changes,
 * and one diagonal scaling that carries all of log|det|. Peculiar here: the scaling comes last, as in the paper, but the
 * couplings' networks end in layers that start near zero, so that training begins at the identity.
 */
import { z } from "zod"
import { type Bijector, chain } from "../../bijector/bijector.ts"
import { additive, alternating } from "../../bijector/coupling.ts"
import { diagonal, logit } from "../../bijector/elementwise.ts"
import { flow } from "../../bijector/flow.ts"
import { sizeOf } from "../../core/shape.ts"
import { bases } from "../../dist/base.ts"
import { defineModel } from "../../model/define.ts"
import { dinh2014 } from "../citations.ts"

const config = z.strictObject({
  couplings: z.int().min(2).max(64).default(4).meta({ title: "Additive coupling layers; halves move in turn" }),
  hidden: z.array(z.int().positive()).min(1).default([256, 256, 256]).meta({ title: "Hidden widths of each coupling" }),
  prior: z.enum(["logistic", "gaussian"]).default("logistic").meta({ title: "Distribution of the noise" }),
  alpha: z.number().min(0).lt(0.5).default(0).meta({
    title: "Pixels become logit(α + (1 − 2α)x) first; 0 leaves events as they are",
  }),
})

export const nice = defineModel({
  name: "nice",
  title: "NICE: non-linear independent components estimation",
  cites: [dinh2014],
  config,
  density: "tractable",
  sampling: "direct",
  data: () => ({ binarize: "none", dequantize: true }),
  training: { steps: 10_000, batchSize: 128, learningRate: 1e-3 },
  build({ couplings, hidden, prior, alpha }, event) {
    const dims = sizeOf(event)
    const layers: Bijector<any>[] = [
      alternating(dims, couplings, (sizes) => additive({ ...sizes, hidden })),
      diagonal(dims),
    ]
    return {
      density: "tractable" as const,
      sampling: "direct" as const,
      support: "real" as const,
      ...flow({ event, bijector: chain(alpha > 0 ? [logit(alpha), ...layers] : layers), base: bases[prior] }),
    }
  },
})
