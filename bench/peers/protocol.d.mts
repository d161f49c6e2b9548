/** How a contestant is made for `timed`; the programs' side is protocol.mjs and timing.mjs. */
export interface Contestant {
  /** Makes some calls, waits for the last, and gives the loss. */
  run(calls: number): Promise<number>
  /** What a call does of what is reported; all unless told. */
  readonly share?: number
  /** One call in so many computes the loss; each unless told. */
  readonly lossEvery?: number
  readonly settings?: string
}

export interface Asked {
  readonly workload: string
  readonly batch: number
  readonly threads: number
  readonly timing: {
    readonly rounds: number
    readonly inner: number | undefined
    readonly warmUpSeconds: number
    /** When the process or page began, in epoch ms. */
    readonly startedAt: number
  }
}

/** What the command line asks for. */
export function options(): Asked
/** Times the contestant, prints the result or why there is none, and ends the process. */
export function timePeer(
  contestant: Contestant | { readonly absent: string },
  asked: Asked,
  who: { readonly peer: string; readonly mode: string; readonly version: string; readonly settings: string },
): Promise<void>
