/** eidos as a contestant, in a process of its own: prints one JSON line of the peers' form. Arguments: threads, rounds, steps a round. */
import { readFileSync } from "node:fs"
import { batch, median, openStep, workload } from "./workload.ts"

const [threads = 2, rounds = 9, inner = 8] = process.argv.slice(2).map(Number)
const executor = await openStep(threads)
const [{ loss: first = Number.NaN } = {}] = await executor.run(1, 10)
await executor.run(11, 40) // warm: sessions settle, the optimiser's kernel is compiled by the engine's second tier
const roundsMs: number[] = []
let step = 51
let last = first
for (let round = 0; round < rounds; round++) {
  const began = performance.now()
  const metrics = await executor.run(step, inner)
  roundsMs.push((performance.now() - began) / inner)
  step += inner
  last = metrics.at(-1)?.["loss"] ?? last
}
await executor.dispose()
if (!(last < first)) throw new Error(`the loss did not fall: ${first} to ${last} nats.`)
const { version } = JSON.parse(readFileSync("package.json", "utf8"))
const settings =
  "gradient graph on ONNX Runtime, Adam fused in WebAssembly SIMD, loss computed in every tenth step as in training"
const result = {
  peer: "eidos",
  mode: "onnxruntime-node",
  threads,
  version,
  settings,
  workload,
  batch,
  medianMs: median(roundsMs),
  roundsMs,
  lossFirst: first,
  lossLast: last,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
