/** The page docs/results/scale.md from what was measured. */
import { type Compilation, oursOf, stages, totalOf, tracingShare } from "./compile.ts"
import { excess, type Growth } from "./growth.ts"
import { gained, type MemoryCourse } from "./memory.ts"

export interface Measured<R> {
  readonly date: string
  readonly processor: string
  readonly cores: number
  /** Load average when it began. */
  readonly load: number
  readonly found: R
}

export interface Parts {
  readonly growth: Measured<readonly Growth[]>
  readonly compile: Measured<readonly Compilation[]>
  readonly memory: Measured<readonly MemoryCourse[]>
}

/** Of the page's sections, in their order. */
const headings: Readonly<Record<keyof Parts, string>> = {
  growth: "## Cost as sizes double",
  compile: "## Compiling a graph of twenty thousand nodes",
  memory: "## Memory over ten thousand steps",
}

const growthLimit = 2.2
const secondsLimit = 2
const tracingLimit = 0.2
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n")

const where = ({ date, processor, cores, load }: Measured<unknown>, part: string): string =>
  `\`node build/bench/scale.js --part ${part}\`; ${processor}, ${cores} cores; load average ${load.toFixed(2)} at the start; ${date}.`

const verdict = (holds: boolean): string => (holds ? "holds" : "does not hold")

function growthText(part: Parts["growth"]): string {
  const { found } = part
  const worst = Math.max(...found.map(excess))
  const rows = found.map((growth) => {
    const { family, doubled, from, gigaflops, ms } = growth
    const size = `${doubled} ${from[doubled]} → ${2 * from[doubled]}`
    const [flops, time] = [gigaflops[1] / gigaflops[0], ms[1] / ms[0]]
    const before = `${ms[0].toPrecision(3)} → ${ms[1].toPrecision(3)}`
    return [family, size, before, flops.toFixed(2), time.toFixed(2), excess(growth).toFixed(2)]
  })
  return `${headings.growth}

One training step, gradient and Adam, on all cores. Flops are those of the products and convolutions in the gradient graph.
The aim, at most ${growthLimit} times the flops that are expected, ${verdict(worst <= growthLimit)}: the worst is ${worst.toFixed(2)}.

${table(["network", "doubled", "ms", "flops ×", "time ×", "time over flops"], rows)}

${where(part, "growth")}`
}

function compileText(part: Parts["compile"]): string {
  const rows = part.found.map((each) => [
    each.name,
    each.nodes.join(" → "),
    ...stages.map((stage) => each.ms[stage].toFixed(0)),
    totalOf(each).toFixed(0),
    percent(tracingShare(each)),
    percent(oursOf(each) / each.ms.session),
  ])
  const share = Math.max(...part.found.map(tracingShare))
  const all = part.found.map((each) => {
    const seconds = totalOf(each) / 1000
    return `${verdict(seconds <= secondsLimit)} for the ${each.name.replace(/,.*/, "")} (${seconds.toFixed(2)} s)`
  })
  return `${headings.compile}

Milliseconds from a model to an ONNX Runtime session, of the gradient graph. Nodes: as traced and differentiated, and after simplification.
The session is opened as training opens it. The aim of ${secondsLimit} s for all of it ${all.join(" and ")}.
The aim that tracing, differentiation included, adds less than ${percent(tracingLimit)} to the other stages ${verdict(share <= tracingLimit)} (${percent(share)} at most);
the last column compares all of eidos' own stages with the session.

${table(["graph", "nodes", ...stages, "all", "tracing beside the rest", "all but the session beside it"], rows)}

${where(part, "compile")}`
}

function memoryText(part: Parts["memory"]): string {
  const rows = part.found.map((course) => {
    const [first, last] = [course.readings[0]!, course.readings.at(-1)!]
    const most = Math.max(...course.readings.map(([, megabytes]) => megabytes))
    return [
      course.provider,
      last[0],
      first[1].toFixed(1),
      last[1].toFixed(1),
      most.toFixed(1),
      gained(course).toFixed(1),
    ]
  })
  const head = [
    "provider",
    "steps",
    "first reading, MB",
    "last, MB",
    "most, MB",
    "gained after a tenth of the steps, MB",
  ]
  return `${headings.memory}

Resident memory of the process, or of the tab's process (with the GPU's in a browser on WebGPU), while a small VAE trains: a convolutional one, on WebGPU a dense one.
WebGPU without a GPU is software Vulkan.

${table(head, rows)}

![Resident memory over training steps](memory.png)

${where(part, "memory")}`
}

/** A section of the page as it is, from its heading on. */
const sectionOf = (page: string, heading: string): string | undefined =>
  page
    .split(/^(?=## )/m)
    .find((section) => section.startsWith(`${heading}\n`))
    ?.trim()

/** The page with what was measured now; its other sections stay as they are. */
export function scalePage({ growth, compile, memory }: Partial<Parts>, page: string): string {
  const sections = [
    growth ? growthText(growth) : sectionOf(page, headings.growth),
    compile ? compileText(compile) : sectionOf(page, headings.compile),
    memory ? memoryText(memory) : sectionOf(page, headings.memory),
  ]
  return `${["# How it scales", ...sections.filter((text) => text !== undefined)].join("\n\n")}\n`
}
