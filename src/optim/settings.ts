/** Optimisers as plain data, the way configurations keep them. */
import { adagrad } from "./adagrad.ts"
import { adam } from "./adam.ts"
import { adamw } from "./adamw.ts"
import { averaged } from "./average.ts"
import { type Clip, clipped } from "./clip.ts"
import { lion } from "./lion.ts"
import type { Optimizer } from "./optimizer.ts"
import { rmsprop } from "./rmsprop.ts"
import { sgd } from "./sgd.ts"

/** The rules by name; each takes its constants and has an answer for those left out. */
const rules = { sgd, adam, adamw, rmsprop, adagrad, lion } as const
/** Name of a rule. */
export type OptimizerName = keyof typeof rules
/** Names of the rules. */
export const optimizerNames = Object.keys(rules) as OptimizerName[] // the keys of a literal

/** A rule's name with its constants. */
export type RuleSettings = {
  readonly [Name in OptimizerName]: { readonly name: Name } & Omit<
    NonNullable<Parameters<(typeof rules)[Name]>[0]>,
    "epsilon"
  >
}[OptimizerName]

/** A rule and what is wrapped around it. */
export interface OptimizerSettings {
  readonly optimizer: RuleSettings
  readonly clip?: Clip
  /** Decay of the average of the weights, where one is kept. */
  readonly ema?: number
}

/** The optimiser that settings describe: gradients are clipped, the rule moves the weights, the average follows them. */
export function optimizerOf({ optimizer: { name, ...constants }, clip, ema }: OptimizerSettings): Optimizer {
  const rule: Optimizer = rules[name](constants)
  const small = clip === undefined ? rule : clipped(rule, clip)
  return ema === undefined ? small : averaged(small, ema)
}
