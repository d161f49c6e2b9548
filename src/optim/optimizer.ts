import type { Tensor } from "../graph/tensor.ts"

/**
 * A rule that moves parameters along gradients: as graph operations, and as the name of a fused kernel that does the same
 * in place over flat memory. A contract test holds the two equal.
 */
export interface Optimizer {
  readonly name: string
  /** Names of the numbers kept beside each parameter; they start at zero. */
  readonly slots: readonly string[]
  readonly kernel: "adam"
  /** Constants of the rule, in the order the kernel takes them. */
  readonly constants: readonly number[]
  /** Scalars of step t = 1, 2, … at this learning rate, in the order `update` and the kernel take them. */
  scalars(learningRate: number, t: number): readonly number[]
  update(
    p: Tensor,
    g: Tensor,
    slots: readonly Tensor[],
    scalars: readonly Tensor[],
  ): { readonly p: Tensor; readonly slots: readonly Tensor[] }
}
