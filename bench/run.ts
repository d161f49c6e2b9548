/** `npm run bench`: eidos and every peer present on the same step, each in its own process, in turn; medians and ratios of one run. */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg } from "node:os"
import { fileURLToPath } from "node:url"
import { type PeerResult, parsePeerResult } from "./peers/peer-result.ts"
import { peers, runPeer, runTorchMatmul } from "./peers/peers.ts"
import { median } from "./workload.ts"

const repeats = Number(process.argv[2] ?? 3)
const cores = availableParallelism()
const program = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url))

function runEidos(threads: number): PeerResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program("eidos"), String(threads)], {
    encoding: "utf8",
  })
  if (status !== 0) throw new Error(`bench: eidos failed: ${stderr}`)
  return parsePeerResult(stdout, { peer: "eidos", mode: "onnxruntime-node", threads })
}

interface Row {
  readonly name: string
  readonly medians: number[]
  note: string
}

const rows = new Map<string, Row>()
const rowOf = (name: string): Row => {
  const row = rows.get(name) ?? { name, medians: [], note: "" }
  rows.set(name, row)
  return row
}
const label = (result: { peer: string; mode: string; threads: number }) =>
  `${result.peer} ${result.mode}, ${result.threads} threads`

process.stderr.write(`bench: ${repeats} rounds; load average ${loadavg()[0]!.toFixed(2)} at the start\n`)
for (let repeat = 0; repeat < repeats; repeat++) {
  for (const threads of new Set([1, cores])) {
    const result = runEidos(threads)
    rowOf(label(result)).medians.push(result.medianMs)
    process.stderr.write(`${label(result)}: ${result.medianMs.toFixed(2)} ms\n`)
  }
  for (const variant of peers()) {
    const row = rowOf(label(variant))
    if (row.note) continue
    const result = await runPeer(variant)
    if ("absent" in result) row.note = `absent: ${result.absent}`
    else row.medians.push(result.medianMs)
    process.stderr.write(`${label(variant)}: ${row.note || `${row.medians.at(-1)!.toFixed(2)} ms`}\n`)
  }
}
const rates = JSON.parse(execFileSync(process.execPath, [program("products"), String(cores)], { encoding: "utf8" }))
const torchRate = await runTorchMatmul(cores)

const ours = Math.min(
  ...[...rows.values()].filter(({ name }) => name.startsWith("eidos")).map(({ medians }) => median(medians)),
)
const table = [...rows.values()].map(({ name, medians, note }) => {
  if (medians.length === 0) return { name, note }
  const ms = median(medians)
  return { name, ms, range: [Math.min(...medians), Math.max(...medians)], ratioToEidos: ms / ours }
})
const processor = cpus()[0]?.model ?? "unknown"
const lines = [
  `One step of the VAE 784-400-20, batch 128, Adam; ${processor}, ${cores} cores; medians of ${repeats} processes, ms`,
  "",
  `${"".padEnd(34)}${"ms".padStart(9)}${"range".padStart(18)}${"× eidos".padStart(10)}`,
  ...table.map((row) =>
    "note" in row
      ? `${row.name.padEnd(34)}${row.note}`
      : `${row.name.padEnd(34)}${row.ms.toFixed(2).padStart(9)}${row.range
          .map((ms) => ms.toFixed(2))
          .join("–")
          .padStart(18)}${row.ratioToEidos.toFixed(2).padStart(10)}`,
  ),
  "",
  `ONNX Runtime's matrix products: ${rates.insideGflops.toFixed(0)} GF/s inside the step, ${rates.aloneGflops.toFixed(0)} GF/s alone on the same shapes: ${(100 * rates.share).toFixed(0)} %`,
  `Products take ${(100 * rates.productsShareOfNodes).toFixed(0)} % of the gradient graph's kernel time.`,
  ...rates.products.map(
    ({ label: name, gflops }: { label: string; gflops: number }) =>
      `  ${name.padEnd(24)} ${gflops.toFixed(0).padStart(5)} GF/s alone`,
  ),
  "absent" in torchRate
    ? `PyTorch's products: absent: ${torchRate.absent}`
    : `PyTorch's products (MKL): ${torchRate.gflops.toFixed(0)} GF/s`,
]
process.stdout.write(`${lines.join("\n")}\n`)
mkdirSync("bench/results", { recursive: true })
const date = new Date().toISOString()
writeFileSync(
  "bench/results/dense-vae.json",
  `${JSON.stringify({ date, processor, cores, load: loadavg(), repeats, table, rates, torchRate }, null, 2)}\n`,
)
