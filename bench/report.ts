/** Results as text: a table of contestants per workload, and one of ratios over all of them. */
import { batchesOf, fastest, type Machine, type Row, type WorkloadResult } from "./results.ts"

const columns = [36, 10, 18, 10, 10, 13, 15, 10] as const
const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(columns[i]!) : cell.padStart(columns[i]!))).join("")

/** Three figures or more: 0.123, 12.3, 1234. */
const written = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

/** What every contestant took, and where eidos' time went. */
export function workloadTable(result: WorkloadResult): string {
  const { title, processor, cores, rounds, machine } = result
  const parts = batchesOf(result).map((batch) => {
    const rows = result.rows.filter((row) => row.batch === batch)
    const ours = fastest(rows, "eidos", batch)?.ms
    return [
      `${title}, ${batch} at a time, ms`,
      line(["", "ms", "range", "best", "× eidos", "compile ms", "to step 1 ms", "peak MB"]),
      ...rows.map((row) => rowLine(row, ours)),
    ].join("\n")
  })
  return [`${processor}, ${cores} cores; medians of ${rounds} processes`, ...parts, ...machine.map(machineText)].join(
    "\n\n",
  )
}

function rowLine(
  { name, ms, range, bestMs, compileMs, firstStepMs, peakMemoryMB, absent }: Row,
  ours: number | undefined,
): string {
  if (ms === undefined) return `${name.padEnd(columns[0])}absent: ${absent}`
  return line([
    name,
    written(ms),
    range!.map(written).join("–"),
    written(bestMs!),
    ours === undefined ? "" : (ms / ours).toFixed(2),
    written(compileMs!),
    written(firstStepMs!),
    peakMemoryMB!.toFixed(0),
  ])
}

function machineText({ batch, profile, torch }: Machine): string {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`
  const peak = "absent" in torch ? [`PyTorch's products: absent: ${torch.absent}`] : [torchText(torch)]
  if ("absent" in profile)
    return [`Batch ${batch}:`, `ONNX Runtime's profile: absent: ${profile.absent}`, ...peak].join("\n")
  const { productsShare, convolutionsShare, insideGflops, aloneGflops, kernelMs, operators } = profile
  const rest = Math.max(0, 1 - productsShare - convolutionsShare)
  return [
    `Batch ${batch}: ${written(kernelMs)} ms of kernels in the gradient graphs: products ${percent(productsShare)}, convolutions ${percent(convolutionsShare)}, the rest ${percent(rest)}`,
    ...operators.slice(0, 8).map(({ operator, nodes, microseconds }) => {
      const of = `${(microseconds / 1e3).toFixed(3).padStart(9)} ms`
      return `  ${operator.padEnd(20)}${String(nodes).padStart(4)} nodes${of}`
    }),
    insideGflops === null || aloneGflops === null
      ? "ONNX Runtime's products: none here"
      : `ONNX Runtime's products: ${insideGflops.toFixed(0)} GF/s inside the step, ${aloneGflops.toFixed(0)} GF/s alone on the same shapes`,
    ...peak,
  ].join("\n")
}

const torchText = ({ gflops, peakGflops }: { gflops: number | null; peakGflops: number }): string =>
  `PyTorch's products: ${gflops === null ? "none here" : `${gflops.toFixed(0)} GF/s on the same shapes`}, ${peakGflops.toFixed(0)} GF/s on 1024³`

/** A line per workload and batch: eidos' time and how many times as long the fastest of each family takes, by medians and by best rounds. */
export function ratioTable(results: readonly WorkloadResult[]): string {
  const head = [
    "workload".padEnd(36),
    "batch".padStart(6),
    "eidos ms".padStart(11),
    "  × fastest of Python".padEnd(40),
    "  at best",
    "  × fastest of JavaScript",
  ]
  const rows = results.flatMap((result) =>
    batchesOf(result).map((batch) => {
      const ours = fastest(result.rows, "eidos", batch)
      const beside = (family: Row["family"]) => {
        const theirs = fastest(result.rows, family, batch)
        if (!theirs) return "–"
        return `${ours ? (theirs.ms / ours.ms).toFixed(2) : `${written(theirs.ms)} ms`} (${theirs.name})`
      }
      const time = ours ? written(ours.ms) : "–"
      const [best, theirBest] = (["eidos", "Python"] as const).map((family) =>
        fastest(result.rows, family, batch, "bestMs"),
      )
      const atBest = best && theirBest ? (theirBest.ms / best.ms).toFixed(2) : "–"
      return [
        result.title.padEnd(36),
        String(batch).padStart(6),
        time.padStart(11),
        `  ${beside("Python").padEnd(38)}`,
        atBest.padStart(9),
        `  ${beside("JavaScript")}`,
      ].join("")
    }),
  )
  return [head.join(""), ...rows].join("\n")
}
