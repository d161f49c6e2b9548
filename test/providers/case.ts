/** What a provider is asked to compute, and how near the reference it must come. */
import type { NdArray } from "../../src/core/array.ts"
import type { Graph } from "../../src/graph/graph.ts"
import type { Target } from "../../src/graph/tensor.ts"

/** Numbers that a program gave, by output. */
export type Values = Readonly<Record<string, readonly number[]>>

/** A program with its inputs, and what is asked of its results. */
export interface Case {
  /** As in `matmul #2`; no two are alike. */
  readonly name: string
  /** The op's name, or the model's. */
  readonly subject: string
  /** `example`, `step` and `law`: the results are the reference's; `range`: none of them is NaN. */
  readonly kind: "example" | "step" | "range" | "law"
  readonly graph: Graph
  readonly feeds: Readonly<Record<string, NdArray>>
  /** Outputs where noise is compared with a probability: one number in a thousand may fall on the other side. */
  readonly drawn?: readonly string[]
  /** What a provider's own results contradict beyond this tolerance, as a sentence; nothing where the law holds. */
  holds?(found: Values, tolerance: number): string | undefined
}

/**
 * Largest distance from the reference in 64 bits that passes, relative where numbers are large. The steps and the laws sum
 * over batches and layers; WebGPU leaves the precision of transcendental functions to the device.
 */
export const tolerances: Readonly<
  Record<Target["provider"], Readonly<Record<Exclude<Case["kind"], "range">, number>>>
> = {
  any: { example: 2e-6, step: 1e-5, law: 1e-5 },
  cpu: { example: 2e-6, step: 1e-5, law: 1e-5 },
  wasm: { example: 2e-6, step: 1e-5, law: 1e-5 },
  webgpu: { example: 2e-5, step: 1e-4, law: 1e-4 },
  cuda: { example: 2e-6, step: 1e-5, law: 1e-5 },
}
