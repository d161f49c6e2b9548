/** What profile.ts prints of a training step. */

export interface OperatorTime {
  readonly operator: string
  readonly nodes: number
  readonly microseconds: number
}

export interface Profile {
  readonly threads: number
  /** Floating-point operations of the step's matrix products. */
  readonly flops: number
  /** Rate of the products inside the step; null where it has none. */
  readonly insideGflops: number | null
  /** Rate of the same products alone. */
  readonly aloneGflops: number | null
  /** Of the kernel time of the gradient graphs. */
  readonly productsShare: number
  readonly convolutionsShare: number
  /** Kernel time of the gradient graphs of all players. */
  readonly kernelMs: number
  readonly products: readonly {
    readonly label: string
    readonly shape: readonly [rows: number, inner: number, columns: number]
    readonly gflops: number
  }[]
  readonly operators: readonly OperatorTime[]
}
