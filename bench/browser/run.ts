/** `node build/bench/browser/run.js`: eidos, jax-js and TF.js on training steps in one tab of a headless Chromium, in turn. */
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg } from "node:os"
import { fileURLToPath } from "node:url"
import { type Browser, chromium, type Page } from "playwright-core"
import { type BenchOptions, benchOptions, usage } from "../arguments.ts"
import { median } from "../median.ts"
import { peersFolder } from "../peers/peers.ts"
import { type WorkloadName, workloadOf } from "../workloads.ts"
import { serve } from "./serve.ts"

const contestants = ["eidos", "jax-js", "tfjs"] as const
/** What is run unless the command line names workloads. */
const usual: readonly WorkloadName[] = ["dense-vae", "conv-vae"]

/** What the page's `contest` gives. */
type Outcome =
  | { readonly absent: string }
  | {
      readonly medianMs: number
      readonly compileMs: number
      readonly firstStepMs: number
      readonly version: string
      readonly settings: string
    }
type Timed = Exclude<Outcome, { readonly absent: string }>

interface Entrant {
  readonly name: string
  readonly outcomes: Timed[]
  absent: string | undefined
}

const program = () => {
  const found = ["chromium", "chromium-browser", "google-chrome"].find((name) => {
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" })
      return true
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error("bench: there is no chromium on the path, and the page needs one.")
  return execFileSync("which", [found], { encoding: "utf8" }).trim()
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage()
  page.on("pageerror", (error) => process.stderr.write(`page: ${error.message}\n`))
  await page.goto(`${url}/build/bench/browser/page.html`)
  await page.waitForFunction("globalThis.isReady && globalThis.crossOriginIsolated")
  return page
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
    .filter((name) => options.peers?.includes(name) ?? true)
    .map((name): Entrant => ({ name, outcomes: [], absent: undefined }))
  for (let round = 0; round < options.rounds; round++)
    for (const entrant of entrants.filter(({ absent }) => absent === undefined)) {
      const timing = { rounds, inner, warmUpSeconds, isFirst: round === 0 }
      const outcome = await askPage(page, [entrant.name, workload, batch, timing], timeoutSeconds)
      if ("absent" in outcome) entrant.absent = outcome.absent
      else entrant.outcomes.push(outcome)
    }
  await page.close()
  return entrants.map((entrant) => ({ workload, batch, ...rowOf(entrant) }))
}

function rowOf({ name, outcomes, absent }: Entrant) {
  const [first] = outcomes
  if (absent !== undefined || !first) return { name, absent: absent ?? "not run" }
  const ms = outcomes.map(({ medianMs }) => medianMs)
  const { compileMs, firstStepMs, version, settings } = first // later rounds find everything compiled
  return { name, version, settings, ms: median(ms), range: [Math.min(...ms), Math.max(...ms)], compileMs, firstStepMs }
}

const isNamed = process.argv.some((argument) => argument.startsWith("--workload"))
const options = benchOptions(process.argv.slice(2))
if (!options) {
  process.stdout.write(`${usage}\n`)
} else {
  const site = await serve({
    "/build/": fileURLToPath(new URL("../../", import.meta.url)),
    "/peers/": `${peersFolder()}/node`,
    "/node_modules/": "node_modules",
  })
  const load = loadavg()
  const browser = await chromium.launch({ executablePath: program(), args: ["--no-sandbox"] })
  const rows = []
  for (const workload of isNamed ? options.workloads : usual)
    for (const batch of options.batches ?? workloadOf(workload).batches) {
      const found = await contest(() => openPage(browser, site.url), workload, batch, options)
      for (const row of found) {
        const what =
          row.absent === undefined ? `${row.ms!.toPrecision(3)} ms (${row.settings})` : `absent: ${row.absent}`
        process.stdout.write(`${workload} ${batch}, ${row.name}: ${what}\n`)
      }
      rows.push(...found)
    }
  const machine = { processor: cpus()[0]?.model, cores: availableParallelism(), browser: browser.version(), load }
  await browser.close()
  site.close()
  if (options.run.warmUpSeconds !== 0) {
    mkdirSync("bench/results", { recursive: true })
    const result = { date: new Date().toISOString(), ...machine, rounds: options.rounds, rows }
    writeFileSync("bench/results/browser.json", `${JSON.stringify(result, null, 2)}\n`)
  }
}
