/** `node build/bench/browser/run.js`: eidos, jax-js and TF.js on training steps in one tab of a headless Chromium, in turn. */
import { mkdirSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg } from "node:os"
import type { Page } from "playwright-core"
import { type BenchOptions, benchOptions, usage } from "../arguments.ts"
import { median } from "../median.ts"
import { type WorkloadName, workloadOf } from "../workloads.ts"
import { bundleForPage } from "./bundle.ts"
import { openBrowser } from "./site.ts"

/** Who is run unless the command line names contestants. */
const usualContestants = ["eidos", "jax-js", "tfjs"]
/** eidos' other way to run steps is there to be compared with the one that was kept. */
const contestants = ["eidos", "eidos-loop", "jax-js", "tfjs"]
/** What is run unless the command line names workloads. */
const usual: readonly WorkloadName[] = ["dense-vae", "conv-vae"]

/** What the page's `contest` gives. */
type Outcome =
  | { readonly absent: string }
  | {
      readonly medianMs: number
      readonly compileMs: number
      readonly firstStepMs: number
      readonly lossFirst: number
      readonly lossLast: number
      readonly version: string
      readonly settings: string
    }
type Timed = Exclude<Outcome, { readonly absent: string }>

interface Entrant {
  readonly name: string
  readonly outcomes: Timed[]
  absent: string | undefined
}

const asText = (value: unknown) => JSON.stringify(value)

async function askPage(page: Page, call: readonly unknown[], seconds: number): Promise<Outcome> {
  const late = new Promise<Outcome>((resolve) =>
    setTimeout(() => resolve({ absent: `the page took more than ${seconds} seconds.` }), 1000 * seconds).unref(),
  )
  const outcome = page.evaluate(`contest(${call.map(asText).join(", ")})`) as Promise<Outcome> // its form is in page.mjs
  return Promise.race([outcome, late]).catch((error: Error) => ({ absent: error.message.split("\n")[0]! }))
}

/** Every contestant once a round, in turn; its session stays open from round to round. */
async function contest(open: () => Promise<Page>, workload: WorkloadName, batch: number, options: BenchOptions) {
  const page = await open()
  const { rounds = 9, inner, warmUpSeconds = 10, timeoutSeconds = 600 } = options.run
  const entrants = contestants
    .filter((name) => (options.peers ?? usualContestants).includes(name))
    .map((name): Entrant => ({ name, outcomes: [], absent: undefined }))
  for (let round = 0; round < options.rounds; round++)
    for (const entrant of entrants.filter(({ absent }) => absent === undefined)) {
      const timing = { rounds, inner, warmUpSeconds, isFirst: round === 0 }
      const outcome = await askPage(page, [entrant.name, workload, batch, timing], timeoutSeconds)
      if ("absent" in outcome) entrant.absent = outcome.absent
      else entrant.outcomes.push(outcome)
    }
  await page.close()
  return entrants.map((entrant) => ({ batch, ...rowOf(entrant) }))
}

interface Row {
  readonly name: string
  readonly absent?: string
  readonly version?: string
  readonly settings?: string
  readonly ms?: number
  readonly range?: readonly [number, number]
  readonly compileMs?: number
  readonly firstStepMs?: number
  /** Of the first step and the last one of all rounds. */
  readonly losses?: readonly [number, number]
}

function rowOf({ name, outcomes, absent }: Entrant): Row {
  const [first] = outcomes
  if (absent !== undefined || !first) return { name, absent: absent ?? "not run" }
  const ms = outcomes.map(({ medianMs }) => medianMs)
  const { compileMs, firstStepMs, version, settings, lossFirst } = first // later rounds find everything compiled
  return {
    name,
    version,
    settings,
    ms: median(ms),
    range: [Math.min(...ms), Math.max(...ms)],
    compileMs,
    firstStepMs,
    losses: [lossFirst, outcomes.at(-1)!.lossLast],
  }
}

/** A line for a contestant, its time also as a multiple of eidos'. */
function rowText({ name, absent, ms, range, losses, settings }: Row, ours: number | undefined): string {
  if (ms === undefined) return `  ${name.padEnd(12)} absent: ${absent}`
  const times = ours === undefined ? "" : `${(ms / ours).toFixed(2)} × eidos`
  const [low, high] = range!.map((each) => each.toPrecision(3))
  const [first, last] = losses!.map((loss) => loss.toFixed(1))
  return `  ${name.padEnd(12)}${ms.toPrecision(3).padStart(8)} ms (${low}–${high})  ${times.padEnd(14)} loss ${first} → ${last}  (${settings})`
}

const isNamed = process.argv.some((argument) => argument.startsWith("--workload"))
const options = benchOptions(process.argv.slice(2))
if (!options) {
  process.stdout.write(`${usage}\n`)
} else {
  await bundleForPage("eidos")
  const { browser, open, close } = await openBrowser("page.html")
  const isSmoke = options.run.warmUpSeconds === 0 // its figures mean nothing
  for (const workload of isNamed ? options.workloads : usual) {
    const load = loadavg()
    const rows: (Row & { readonly batch: number })[] = []
    for (const batch of options.batches ?? workloadOf(workload).batches) {
      const found = await contest(open, workload, batch, options)
      const ours = found.find(({ name }) => name === "eidos")?.ms
      process.stdout.write(`${workload}, ${batch} at a time\n${found.map((row) => rowText(row, ours)).join("\n")}\n`)
      rows.push(...found)
    }
    if (!isSmoke) save(workload, { browser: browser.version(), load, rounds: options.rounds, rows })
  }
  await close()
}

function save(workload: WorkloadName, found: object): void {
  mkdirSync("bench/results", { recursive: true })
  const { title } = workloadOf(workload)
  const machine = { processor: cpus()[0]?.model, cores: availableParallelism() }
  const result = { workload, title, date: new Date().toISOString(), ...machine, ...found }
  writeFileSync(`bench/results/browser-${workload}.json`, `${JSON.stringify(result, null, 2)}\n`)
}
