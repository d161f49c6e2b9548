/**
 * `node build/bench/scale.js`: how eidos scales. Time of a step as sizes double, time to compile graphs of twenty thousand
 * nodes, memory over ten thousand steps; written to docs/results/scale.md. `--part growth,compile,memory` measures some of
 * them, the rest stays as it was; `--smoke` shows whether it runs, not how fast.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg } from "node:os"
import { dirname } from "node:path"
import { parseArgs } from "node:util"
import { measureCompilation } from "./scale/compile.ts"
import { measureGrowth } from "./scale/growth.ts"
import { measureMemory } from "./scale/memory.ts"
import { drawMemory } from "./scale/memory-picture.ts"
import { type Measured, type Parts, scalePage } from "./scale/page.ts"

const { values } = parseArgs({
  options: { part: { type: "string", default: "growth,compile,memory" }, smoke: { type: "boolean", default: false } },
})
const isSmoke = values.smoke

const measures: { readonly [name in keyof Parts]-?: () => Promise<unknown> } = {
  growth: () => measureGrowth(isSmoke ? { rounds: 1, seconds: 0 } : { rounds: 9, seconds: 0.25 }),
  compile: () => (isSmoke ? measureCompilation(1, 0.05) : measureCompilation(3)),
  memory: () => measureMemory(isSmoke ? { steps: 100, every: 20 } : { steps: 10_000, every: 500 }),
}

/** One part with where and when it was measured. */
async function measured(measure: () => Promise<unknown>): Promise<Measured<unknown>> {
  const load = loadavg()[0]!
  const machine = { processor: cpus()[0]?.model ?? "unknown", cores: availableParallelism() }
  return { date: new Date().toISOString().slice(0, 10), ...machine, load, found: await measure() }
}

const files = isSmoke
  ? {
      json: "build/bench/scale-smoke.json",
      page: "build/bench/scale-smoke.md",
      picture: "build/bench/memory-smoke.png",
    }
  : { json: "bench/results/scale.json", page: "docs/results/scale.md", picture: "docs/results/memory.png" }

const wanted = values.part.split(",").map((name) => name.trim())
const parts: Partial<Parts> = {}
for (const name of wanted) {
  if (!Object.hasOwn(measures, name))
    throw new Error(`scale: no part is called ${name}; there are growth, compile, memory.`)
  process.stderr.write(`scale: ${name}; load average ${loadavg()[0]!.toFixed(2)}\n`)
  Object.assign(parts, { [name]: await measured(measures[name as keyof Parts]) })
}
for (const file of Object.values(files)) mkdirSync(dirname(file), { recursive: true })
writeFileSync(files.json, `${JSON.stringify(parts, null, 2)}\n`)
if (parts.memory) drawMemory(parts.memory.found, files.picture)
const page = scalePage(parts, existsSync(files.page) ? readFileSync(files.page, "utf8") : "")
writeFileSync(files.page, page)
process.stdout.write(page)
