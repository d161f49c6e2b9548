/** What a run of the bench found about one workload, kept as JSON, and what it says in words. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { median } from "./median.ts"
import type { Absent, MatmulResult, PeerResult, PeerVariant } from "./peers/peers.ts"
import type { Profile } from "./profile-result.ts"
import type { WorkloadName } from "./workloads.ts"

/** One contestant at one size of batch: medians over its processes, or why there are none. */
export interface Row {
  readonly name: string
  readonly family: PeerVariant["family"]
  readonly batch: number
  readonly absent?: string
  readonly version?: string
  readonly settings?: string
  readonly ms?: number
  readonly range?: readonly [number, number]
  /** Its fastest round of all processes: on a shared machine, the one that others disturbed least. */
  readonly bestMs?: number
  readonly compileMs?: number
  readonly firstStepMs?: number
  readonly peakMemoryMB?: number
}

/** ONNX Runtime's profile of the step and PyTorch's rate on the same products, of the same run. */
export interface Machine {
  readonly batch: number
  readonly profile: Profile | Absent
  readonly torch: MatmulResult | Absent
}

export interface WorkloadResult {
  readonly workload: WorkloadName
  readonly title: string
  readonly date: string
  readonly processor: string
  readonly cores: number
  /** Averages over 1, 5 and 15 minutes when it began. */
  readonly load: readonly number[]
  readonly rounds: number
  readonly rows: readonly Row[]
  readonly machine: readonly Machine[]
}

export const nameOf = ({ peer, mode, threads }: PeerVariant): string =>
  `${peer} ${mode}, ${threads} thread${threads === 1 ? "" : "s"}`

/** The row of a contestant's processes; `absent` is why one of them gave nothing. */
export function rowOf(variant: PeerVariant, batch: number, results: readonly PeerResult[], absent?: string): Row {
  const who = { name: nameOf(variant), family: variant.family, batch }
  const [first] = results
  if (absent !== undefined || !first) return { ...who, absent: absent ?? "not run" }
  const of = (field: "medianMs" | "compileMs" | "firstStepMs" | "peakMemoryMB") => results.map((each) => each[field])
  return {
    ...who,
    version: first.version,
    settings: first.settings,
    ms: median(of("medianMs")),
    range: [Math.min(...of("medianMs")), Math.max(...of("medianMs"))],
    bestMs: Math.min(...results.flatMap(({ roundsMs }) => roundsMs)),
    compileMs: median(of("compileMs")),
    firstStepMs: median(of("firstStepMs")),
    peakMemoryMB: median(of("peakMemoryMB")),
  }
}

/** The fastest of a family at a size of batch, by medians or by best rounds; undefined where none ran. */
export const fastest = (
  rows: readonly Row[],
  family: Row["family"],
  batch: number,
  by: "ms" | "bestMs" = "ms",
): { readonly name: string; readonly ms: number } | undefined =>
  rows
    .flatMap((row) => {
      const ms = row[by]
      return row.family === family && row.batch === batch && ms !== undefined ? [{ name: row.name, ms }] : []
    })
    .sort((a, b) => a.ms - b.ms)[0]

export const batchesOf = ({ rows }: WorkloadResult): number[] => [...new Set(rows.map(({ batch }) => batch))]

const folder = "bench/results"

export function saveResult(result: WorkloadResult): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${result.workload}.json`), `${JSON.stringify(result, null, 2)}\n`)
}

/** The latest result of each workload that has one. */
export const savedResults = (order: readonly WorkloadName[]): WorkloadResult[] => {
  const files = new Set(readdirSync(folder))
  return order
    .filter((name) => files.has(`${name}.json`))
    .map((name) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as WorkloadResult)
    .filter(({ rows }) => rows !== undefined) // files of an earlier form have none
}
