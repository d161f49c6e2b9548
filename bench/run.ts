/**
 * `npm run bench`: eidos and every peer present on the same workloads, each in its own process, in turn; medians and ratios
 * of one run. `--help` lists the options.
 */
import { spawnSync } from "node:child_process"
import { availableParallelism, cpus, loadavg } from "node:os"
import { fileURLToPath } from "node:url"
import { type BenchOptions, benchOptions, usage } from "./arguments.ts"
import { type Absent, type PeerResult, type PeerVariant, runPeer, runTorchMatmul, variants } from "./peers/peers.ts"
import { drawResults } from "./picture.ts"
import type { Profile } from "./profile-result.ts"
import { ratioTable, workloadTable } from "./report.ts"
import { type Machine, nameOf, type Row, rowOf, savedResults, saveResult, type WorkloadResult } from "./results.ts"
import { type WorkloadName, workloadNames, workloadOf } from "./workloads.ts"

const cores = availableParallelism()
const processor = cpus()[0]?.model ?? "unknown"
const say = (text: string) => process.stderr.write(`${text}\n`)

/** Every contestant once a round, in turn; one that gives nothing once is not asked again. */
async function contest(workload: WorkloadName, batch: number, options: BenchOptions): Promise<Row[]> {
  const entrants = variants(workload)
    .filter(({ peer }) => options.peers?.includes(peer) ?? true)
    .map((variant): Entrant => ({ variant, results: [], absent: undefined }))
  for (let round = 0; round < options.rounds; round++)
    for (const entrant of entrants.filter(({ absent }) => absent === undefined)) {
      const result = await runPeer(entrant.variant, { workload, batch }, options.run)
      if ("absent" in result) entrant.absent = result.absent
      else entrant.results.push(result)
      const what = "absent" in result ? `absent: ${result.absent}` : `${result.medianMs.toPrecision(3)} ms`
      say(`${workload} ${batch}, round ${round + 1}, ${nameOf(entrant.variant)}: ${what}`)
    }
  return entrants.map(({ variant, results, absent }) => rowOf(variant, batch, results, absent))
}

interface Entrant {
  readonly variant: PeerVariant
  readonly results: PeerResult[]
  absent: string | undefined
}

/** Where eidos' time goes, and what PyTorch makes of the same products. */
async function measureMachine(workload: WorkloadName, batch: number, { run }: BenchOptions): Promise<Machine> {
  const profile = profileOf(workload, batch, run.inner)
  const shapes = "absent" in profile ? [] : profile.products.map(({ shape }) => shape)
  const distinct = [...new Map(shapes.map((shape) => [shape.join(), shape])).values()]
  return { batch, profile, torch: await runTorchMatmul(cores, distinct, run) }
}

function profileOf(workload: WorkloadName, batch: number, inner: number | undefined): Profile | Absent {
  const program = fileURLToPath(new URL("./profile.js", import.meta.url))
  const args = [program, "--workload", workload, "--batch", `${batch}`, "--threads", `${cores}`]
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    inner === undefined ? args : [...args, "--inner", `${inner}`],
    {
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    },
  )
  if (status !== 0) return { absent: stderr.trim().split("\n").at(-1) ?? "it said nothing" }
  return JSON.parse(stdout) as Profile | Absent // our own program's line
}

async function benchmark(workload: WorkloadName, options: BenchOptions): Promise<WorkloadResult> {
  const { title, kind, batches } = workloadOf(workload)
  const load = loadavg()
  const rows: Row[] = []
  const machine: Machine[] = []
  for (const batch of options.batches ?? batches) {
    rows.push(...(await contest(workload, batch, options)))
    if (kind === "step") machine.push(await measureMachine(workload, batch, options))
  }
  const date = new Date().toISOString()
  return { workload, title, date, processor, cores, load, rounds: options.rounds, rows, machine }
}

const options = benchOptions(process.argv.slice(2))
if (!options) {
  process.stdout.write(`${usage}\n`)
} else {
  say(`bench: ${options.rounds} rounds; load average ${loadavg()[0]!.toFixed(2)} at the start`)
  const isSmoke = options.run.warmUpSeconds === 0
  const results: WorkloadResult[] = []
  for (const workload of options.workloads) {
    const result = await benchmark(workload, options)
    results.push(result)
    process.stdout.write(`${workloadTable(result)}\n\n`)
    if (!isSmoke) saveResult(result) // a smoke run's figures mean nothing
  }
  process.stdout.write(`${ratioTable(results)}\n`)
  const picture = isSmoke ? "build/bench/smoke.png" : "bench/results/bench.png"
  if (drawResults(isSmoke ? results : savedResults(workloadNames), picture)) say(`bench: drew ${picture}`)
}
