/** From what a user asked to the optimiser of a run: whatever does not apply is refused, never ignored. */
import { EidosError } from "../core/errors.ts"
import type { TrainingDefaults } from "../model/define.ts"
import type { Clip } from "../optim/clip.ts"
import type { OptimizerName } from "../optim/settings.ts"
import type { RunConfig } from "./config.ts"
import type { Preset } from "./presets.ts"

/** What may be said about how weights move. */
export interface OptimizerRequest {
  /** Adam unless told. */
  readonly optimizer?: OptimizerName
  /** μ of `sgd`; 0 unless told. */
  readonly momentum?: number
  readonly nesterov?: boolean
  /** Decay of the first moment, β₁. */
  readonly beta1?: number
  /** Decay of the mean of squares, or of Lion's momentum, β₂. */
  readonly beta2?: number
  readonly weightDecay?: number
  /** Largest norm of a player's gradient. */
  readonly clipNorm?: number
  /** Largest size of each number of a gradient. */
  readonly clipValue?: number
  /** Decay of the average of the weights; none is kept unless told. */
  readonly ema?: number
}

const takers = {
  momentum: ["sgd"],
  nesterov: ["sgd"],
  beta1: ["adam", "adamw", "lion"],
  beta2: ["adam", "adamw", "rmsprop", "lion"],
} as const satisfies Record<string, readonly OptimizerName[]>

export const notOfOptimizer = (flag: string, name: OptimizerName): string =>
  `--${flag} does not apply to --optimizer ${name}.`
export const nesterovAlone = "--nesterov looks ahead along the momentum; it needs --momentum above 0."
export const twoClips = "--clip-norm and --clip-value both say how gradients are clipped; give one of them."

/** Refuses, with EidosError("usage"), settings that the optimiser does not take or that contradict each other. */
export function refuseUnfit(request: OptimizerRequest): void {
  const { optimizer = "adam", momentum = 0, nesterov = false, clipNorm, clipValue } = request
  for (const [flag, names] of Object.entries(takers) as [keyof typeof takers, readonly OptimizerName[]][])
    if (request[flag] !== undefined && !names.includes(optimizer))
      throw new EidosError("usage", notOfOptimizer(flag, optimizer), {
        hint: `It is of ${names.join(", ")}; leave it out, or choose one of them.`,
      })
  if (nesterov && momentum === 0)
    throw new EidosError("usage", nesterovAlone, { hint: "As in --optimizer sgd --momentum 0.9 --nesterov." })
  if (clipNorm !== undefined && clipValue !== undefined) throw new EidosError("usage", twoClips)
}

type Training = Pick<RunConfig["training"], "optimizer" | "clip" | "ema">

/** The optimiser of a run with all its constants. Throws EidosError("usage"). */
export function resolveOptimizer(request: OptimizerRequest, preset: Preset, defaults: TrainingDefaults): Training {
  refuseUnfit(request)
  const clip = clipOf(request)
  return {
    optimizer: ruleOf(request, preset.beta1 ?? defaults.beta1 ?? 0.9),
    ...(clip && { clip }),
    ...(request.ema !== undefined && { ema: request.ema }),
  }
}

/** The rule; a preset's or model's β₁ is Adam's, so that other rules keep their own. */
function ruleOf(request: OptimizerRequest, adams: number): Training["optimizer"] {
  const { optimizer: name = "adam", momentum = 0, nesterov = false, beta1, beta2, weightDecay } = request
  const decay = weightDecay === undefined ? {} : { weightDecay }
  switch (name) {
    case "sgd":
      return { name, momentum, nesterov, ...decay }
    case "adam":
      return { name, beta1: beta1 ?? adams, beta2: beta2 ?? 0.999, ...decay }
    case "adamw":
      return { name, beta1: beta1 ?? adams, beta2: beta2 ?? 0.999, weightDecay: weightDecay ?? 0.01 }
    case "rmsprop":
      return { name, beta2: beta2 ?? 0.99, ...decay }
    case "adagrad":
      return { name, ...decay }
    case "lion":
      return { name, beta1: beta1 ?? 0.9, beta2: beta2 ?? 0.99, weightDecay: weightDecay ?? 0 }
  }
}

function clipOf({ clipNorm, clipValue }: OptimizerRequest): Clip | undefined {
  if (clipNorm !== undefined) return { norm: clipNorm }
  return clipValue === undefined ? undefined : { value: clipValue }
}
