import { constantOp } from "./ops/source.ts"
import type { Tensor } from "./tensor.ts"

/** `once(x)` says that the node is the only user of `x`, so absorbing `x` saves work instead of repeating it. */
export type Rule = (node: Tensor, once: (x: Tensor) => boolean) => Tensor | undefined

/** The number that a scalar constant is. */
export const scalarOf = (x: Tensor | undefined): number | undefined =>
  x?.op === constantOp && typeof x.attrs.value === "number" ? x.attrs.value : undefined
