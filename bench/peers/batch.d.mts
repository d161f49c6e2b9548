interface Drawn {
  readonly event: readonly number[]
  readonly data: string
}
/** A batch of independent numbers, flat in the order [batch, ...event], the same in every process and every peer. */
export function batchOf(workload: Drawn, batch: number): Float32Array
/** One-hot labels [batch, classes], flat: datum i has label i mod classes. */
export function labelsOf(workload: { readonly sizes: { readonly classes: number } }, batch: number): Float32Array
