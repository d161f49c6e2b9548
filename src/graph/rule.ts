import { constantOp } from "./ops/source.ts"
import type { Tensor } from "./tensor.ts"

/** The simpler tensor, or undefined. `once(x)` says that the node is the only user of `x`, so absorbing `x` saves work instead of repeating it. */
type Rewrite = (node: Tensor, once: (x: Tensor) => boolean) => Tensor | undefined

/** A rewrite that holds for every value of tensors of these ops, or of all. */
export interface Rule {
  readonly ops: readonly Tensor["op"][] | "all"
  readonly rewrite: Rewrite
}
/** A rule for tensors of these ops; it is shown no others. */
export const on = (ops: Rule["ops"], rewrite: Rewrite): Rule => ({ ops, rewrite })

/** The number that a scalar constant is. */
export const scalarOf = (x: Tensor | undefined): number | undefined =>
  x?.op === constantOp && typeof x.attrs.value === "number" ? x.attrs.value : undefined
