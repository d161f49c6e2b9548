/** What `npm run bench -- …` takes. */
import { parseArgs } from "node:util"
import type { RunOptions } from "./peers/peers.ts"
import { type WorkloadName, workloadNamed, workloadNames } from "./workloads.ts"

export interface BenchOptions {
  readonly workloads: readonly WorkloadName[]
  /** Sizes of a batch; each workload's own unless told. */
  readonly batches: readonly number[] | undefined
  /** Names of contestants; all unless told. */
  readonly peers: readonly string[] | undefined
  /** How often every contestant is run, in turn. */
  readonly rounds: number
  readonly run: RunOptions
}

export const usage = `npm run bench -- [options]
  --workload a,b      workloads (${workloadNames.join(", ")}); all unless given
  --batch 64,128      sizes of a batch, or numbers of images; the workload's own unless given
  --peers a,b         contestants (eidos, pytorch, jax, jax-js, tfjs); all unless given
  --rounds n          processes of each contestant, in turn (3)
  --timeout s         seconds after which a process is stopped (600)
  --smoke             one round of two steps without a warm-up: whether everything runs, not how fast
  --help`

/** The options of a command line; undefined when it asks for help. Throws a sentence for what it cannot be. */
export function benchOptions(argv: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      workload: { type: "string" },
      batch: { type: "string" },
      peers: { type: "string" },
      rounds: { type: "string", default: "3" },
      timeout: { type: "string", default: "600" },
      smoke: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  })
  if (values.help) return undefined
  const parts = (list: string | undefined) => list?.split(",").map((part) => part.trim())
  return {
    workloads: parts(values.workload)?.map(workloadNamed) ?? workloadNames,
    batches: parts(values.batch)?.map((size) => positiveWhole("--batch", size)),
    peers: parts(values.peers),
    rounds: values.smoke ? 1 : positiveWhole("--rounds", values.rounds),
    run: {
      ...(values.smoke && { rounds: 1, inner: 2, warmUpSeconds: 0 }),
      timeoutSeconds: positiveWhole("--timeout", values.timeout),
    },
  }
}

function positiveWhole(flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`bench: ${flag} is ${text}; it needs whole numbers above 0.`)
  return value
}
