import type { Tensor } from "../graph/tensor.ts"

/** Names of the fused kernels, each a file of `runtime/kernels`. */
export type KernelName = "adagrad" | "adam" | "average" | "axpby" | "clip" | "lion" | "momentum" | "rescale" | "rmsprop"

/** One fused kernel over flat vectors, which it changes in place. */
export interface Pass {
  readonly kernel: KernelName
  /** `p`, `gradient` or names of slots, in the order the kernel takes them. */
  readonly vectors: readonly string[]
  /** What the kernel takes after them in step t = 1, 2, … at this learning rate. */
  numbers(learningRate: number, t: number): readonly number[]
}

/**
 * A rule that moves parameters along gradients: as graph operations, and as passes of fused kernels that do the same in
 * place over flat memory. Golden numbers hold the two equal. Weight decay, clipping and averaging wrap one rule into another.
 */
export interface Optimizer {
  readonly name: string
  /** Names of the numbers kept beside each parameter; they start at zero. */
  readonly slots: readonly string[]
  readonly passes: readonly Pass[]
  /** Scalars of step t = 1, 2, … at this learning rate, in the order `update` takes them. */
  scalars(learningRate: number, t: number): readonly number[]
  update(
    p: Tensor,
    g: Tensor,
    slots: readonly Tensor[],
    scalars: readonly Tensor[],
  ): { readonly p: Tensor; readonly slots: readonly Tensor[] }
}
