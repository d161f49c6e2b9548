/** What eidos and every peer run, read from the one file that all sides read. */
import workloads from "./workloads.json" with { type: "json" }

export type WorkloadName = keyof typeof workloads

/** What all workloads have; their sizes differ and are typed in the file itself. */
export interface Workload {
  readonly title: string
  /** A training step, or images drawn. */
  readonly kind: string
  readonly event: readonly number[]
  readonly data: string
  readonly learningRate: number
  readonly beta1: number
  /** Sizes of a batch, or numbers of images, that are timed unless told. */
  readonly batches: readonly number[]
  /** Where a sound start puts the first loss, in nats; `within` is a share of it. */
  readonly firstLoss: { readonly near: number; readonly within: number }
  /** Whether the last loss must be below the first; those of adversaries need not. */
  readonly falls: boolean
}

export const workloadNames = Object.keys(workloads) as WorkloadName[]
export const workloadOf = (name: WorkloadName): Workload => workloads[name]
/** The name, where it is one. Throws a sentence when it is not. */
export function workloadNamed(name: string): WorkloadName {
  const found = workloadNames.find((known) => known === name)
  if (found === undefined) throw new Error(`no workload is called ${name}; there are ${workloadNames.join(", ")}.`)
  return found
}
export { workloads }
