/** Where the cases run: each column is a provider in Node or in a browser, with what it needs of this machine. */
import { execFile, execFileSync } from "node:child_process"
import { readFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { listSupportedBackends } from "onnxruntime-node"
import { build } from "rolldown"
import type { Target } from "../../src/graph/tensor.ts"
import { inPage } from "./browser.ts"
import type { Outcome } from "./outcomes.ts"
import { chromium, softwareVulkan } from "./vulkan.ts"

/** A provider in a place, or why it is not here. */
export interface Column {
  readonly name: string
  readonly provider: Target["provider"]
  readonly missing?: string
  /** The column its bits are compared with, and whether they must be the same. */
  readonly beside?: { readonly name: string; readonly isTwin: boolean }
  /** Run only where results are recorded: another column tests the same emission. */
  readonly isExtra?: boolean
  /** Models whose laws are not run here. */
  readonly leaves?: readonly string[]
  run(): Promise<Outcome[]>
}

/** Whether every program runs on every provider there is, and what they do is written down. */
export const isRecording = process.env["EIDOS_RECORD"] !== undefined

// Long chains and integrations: a minute in all on a software GPU, so that their laws run there only where results are recorded.
const slowWithoutGpu = ["boltzmann", "dbm", "ffjord"]

const root = fileURLToPath(new URL("../..", import.meta.url))
const here = fileURLToPath(new URL(".", import.meta.url))
const built = join(root, "build", "providers")

/** As in `Chromium 156.0.8078.79`, or that there is none. */
export const chromiumVersion = (): string =>
  chromium
    ? (/\w+ [\d.]+/.exec(
        execFileSync(chromium, ["--version"], { stdio: ["ignore", "pipe", "ignore"] }).toString(),
      )?.[0] ?? "unknown")
    : "none"

export const noChromium = "there is no chromium on the path (apt-get install chromium)"
const noSoftwareVulkan = "there is no software Vulkan beside a chromium on the path"
const hasBackend = (name: string): boolean =>
  listSupportedBackends().some((backend) => backend.name === name && backend.bundled)

const noCuda = "the installed onnxruntime-node has no CUDA library"

/** One file of a module and everything eidos it imports; ONNX Runtime stays outside, for its workers load it by address. */
async function bundle(input: string, platform: "node" | "browser"): Promise<string> {
  const file = join(built, `${basename(input, ".ts")}.mjs`)
  await build({
    input,
    platform,
    external: [/^onnxruntime-/, /^node:/, "#ort-wasm", "koffi"],
    output: { file, codeSplitting: false },
    logLevel: "warn",
  })
  return file
}

const inNode = (provider: string, threads: number, env: object = {}): Promise<Outcome[]> =>
  resultIn("in-node", [provider, `${threads}`], env)

/** What a script of this folder writes as JSON into the file that is its last argument, in a process of its own. */
export async function resultIn<T>(entry: string, args: readonly string[], env: object = {}): Promise<T> {
  const script = await bundle(join(here, `${entry}.ts`), "node")
  const out = join(built, `${[entry, ...args].join("-")}.json`)
  await promisify(execFile)(process.execPath, [script, ...args, out], { cwd: root, env: { ...process.env, ...env } })
  return JSON.parse(await readFile(out, "utf8"))
}

/** Where steps are tried on a device, and what Node's environment needs there; or why they are not. */
export const trainingPlaces: readonly { readonly device: string; readonly env: object; readonly missing?: string }[] = [
  { device: "webgpu", env: softwareVulkan ?? {}, ...(!softwareVulkan && { missing: noSoftwareVulkan }) },
  { device: "cuda", env: {}, ...(!hasBackend("cuda") && { missing: noCuda }) },
]

/** What a function of a script of this folder gives in a page. */
export const inChromium = async <T>(entry: string, call: string, ...args: readonly unknown[]): Promise<T> => {
  const code = async (input: string) => readFile(await bundle(input, "browser"), "utf8")
  const served = {
    "/cases.mjs": await code(join(here, `${entry}.ts`)),
    "/web-lane-worker.js": await code(join(root, "src/runtime/web-lane-worker.ts")),
  }
  return inPage(chromium!, served, `${call}(${args.map((arg) => JSON.stringify(arg)).join()})`)
}

type Beside = NonNullable<Column["beside"]>
const browserColumn = (
  name: string,
  device: { provider: "wasm" | "webgpu"; threads?: number },
  beside: Beside,
  leaves: readonly string[] = [],
): Column => ({
  name,
  provider: device.provider,
  beside,
  ...(!chromium && { missing: noChromium }),
  leaves,
  run: () => inChromium("in-browser", "outcomesOn", device, leaves),
})

const [cpu, wasm, wasm2] = ["CPU, Node", "wasm, Node", "wasm, Node, 2 threads"] as const
const unlike = (name: string): Beside => ({ name, isTwin: false })
/** The same library with the same number of threads. */
const twin = (name: string): Beside => ({ name, isTwin: true })

/** All columns, the processor first. */
export const columns: readonly Column[] = [
  { name: cpu, provider: "cpu", run: () => inNode("cpu", 1) },
  { name: wasm, provider: "wasm", beside: unlike(cpu), run: () => inNode("wasm", 1) },
  { name: wasm2, provider: "wasm", isExtra: true, beside: unlike(wasm), run: () => inNode("wasm", 2) },
  browserColumn("wasm, Chromium", { provider: "wasm" }, twin(wasm)),
  { ...browserColumn("wasm, Chromium, 2 threads", { provider: "wasm", threads: 2 }, twin(wasm2)), isExtra: true },
  browserColumn("WebGPU, Chromium", { provider: "webgpu" }, unlike(cpu), isRecording ? [] : slowWithoutGpu),
  {
    name: "WebGPU, Node",
    provider: "webgpu",
    isExtra: true,
    beside: unlike("WebGPU, Chromium"),
    ...(!softwareVulkan && { missing: noSoftwareVulkan }),
    run: () => inNode("webgpu", 1, softwareVulkan ?? {}),
  },
  {
    name: "CUDA, Node",
    provider: "cuda",
    beside: unlike(cpu),
    ...(!hasBackend("cuda") && { missing: noCuda }),
    run: () => inNode("cuda", 1),
  },
]
