/** All contestants, eidos and the frameworks it is timed beside: what can be run here, and running one in a process of its own. */

import { spawn, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { availableParallelism, homedir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { WorkloadName } from "../workloads.ts"
import { type Absent, type MatmulResult, type PeerResult, parseMatmulResult, parsePeerResult } from "./peer-result.ts"

export type { Absent, MatmulRate, MatmulResult, PeerResult } from "./peer-result.ts"

export type Availability = { readonly available: true } | { readonly available: false; readonly reason: string }

/** One way to run one peer. */
export type PeerVariant = {
  readonly peer: string
  readonly mode: string
  readonly threads: number
  readonly family: "eidos" | "Python" | "JavaScript"
  readonly command: Command
  readonly available: () => Availability
}

type Command = { readonly program: string; readonly args: readonly string[] }

/** How long to measure; what is left out is the program's own default. */
export type RunOptions = {
  readonly rounds?: number
  readonly inner?: number
  readonly warmUpSeconds?: number
  readonly timeoutSeconds?: number
}

/** Every variant for a workload, installed or not; with one thread and with all cores where the peer can choose. */
export const variants = (workload: WorkloadName): PeerVariant[] => [
  ...threadCounts().map(eidos),
  ...threadCounts().flatMap((threads) => [
    torch("eager", threads),
    torch("compile", threads),
    jax("jit", threads),
    ...(workload === "gan-2d" ? [jax("scan", threads)] : []),
    jaxjs(threads),
  ]),
  tfjs(),
]

/** The variant's result, or why there is none: not installed, not able, failed, too slow, or trained wrongly. */
export const runPeer = (
  variant: PeerVariant,
  what: { readonly workload: WorkloadName; readonly batch: number },
  options: RunOptions = {},
): Promise<PeerResult | Absent> =>
  run(variant, ["--workload", what.workload, "--batch", `${what.batch}`], options, (stdout) =>
    parsePeerResult(stdout, { ...variant, ...what }),
  )

/** PyTorch's rate on each of these products [rows, inner, columns] and on a large one, or why there is none. */
export const runTorchMatmul = (
  threads: number,
  shapes: readonly (readonly number[])[],
  options: RunOptions = {},
): Promise<MatmulResult | Absent> =>
  run(
    { ...torch("eager", threads), command: python("torch_matmul.py", ["--threads", `${threads}`]) },
    ["--shapes", shapes.map((shape) => shape.join("x")).join(",")],
    options,
    parseMatmulResult,
  )

const threadCounts = () => [...new Set([1, availableParallelism()])]

const eidos = (threads: number): PeerVariant => ({
  peer: "eidos",
  mode: "onnxruntime-node",
  threads,
  family: "eidos",
  command: node("../eidos.js", ["--threads", `${threads}`]),
  available: () => installed,
})

const torch = (mode: "eager" | "compile", threads: number): PeerVariant => ({
  peer: "pytorch",
  mode,
  threads,
  family: "Python",
  command: python("torch_peer.py", ["--mode", mode, "--threads", `${threads}`]),
  available: () => firstMissing(mode === "compile" ? [pythonHas("torch"), compilerRuns()] : [pythonHas("torch")]),
})

const jax = (mode: "jit" | "scan", threads: number): PeerVariant => ({
  peer: "jax",
  mode,
  threads,
  family: "Python",
  command: python("jax_peer.py", ["--mode", mode, "--threads", `${threads}`]),
  available: () => firstMissing([canLimitCores(threads), pythonHas("jax"), pythonHas("optax")]),
})

const jaxjs = (threads: number): PeerVariant => ({
  peer: "jax-js",
  mode: "wasm",
  threads,
  family: "JavaScript",
  command: node("jaxjs_peer.mjs", ["--threads", `${threads}`]),
  available: () => nodeHas("@jax-js/jax"),
})

const tfjs = (): PeerVariant => ({
  peer: "tfjs",
  mode: "wasm",
  threads: 1,
  family: "JavaScript",
  command: node("tfjs_peer.mjs", []),
  available: () => firstMissing([nodeHas("@tensorflow/tfjs"), nodeHas("@tensorflow/tfjs-backend-wasm")]),
})

/** Where install.sh puts the peers. */
export const peersFolder = () => process.env["EIDOS_PEERS"] ?? join(homedir(), ".cache", "eidos-peers")

const interpreter = () => join(peersFolder(), "venv", "bin", "python")

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

// -B: no __pycache__ in the repository.
const python = (file: string, args: readonly string[]): Command => ({
  program: interpreter(),
  args: ["-B", here(file), ...args],
})

const node = (file: string, args: readonly string[]): Command => ({
  program: process.execPath,
  args: [here(file), ...args],
})

const installed: Availability = { available: true }

export const notInstalled = (what: string): Availability => ({
  available: false,
  reason: `${what} is not installed. Run bench/peers/install.sh.`,
})

const pythonHas = (name: string): Availability => {
  if (!existsSync(interpreter())) return notInstalled("the peers' Python")
  const asked = spawnSync(interpreter(), ["-c", `import importlib.metadata as m; m.version("${name}")`])
  return asked.status === 0 ? installed : notInstalled(name)
}

const nodeHas = (name: string): Availability =>
  existsSync(join(peersFolder(), "node", "node_modules", name, "package.json")) ? installed : notInstalled(name)

const compilerRuns = (): Availability => {
  const compiler = process.env["CXX"] ?? "g++"
  if (spawnSync(compiler, ["--version"]).status === 0) return installed
  return { available: false, reason: `torch.compile needs a C++ compiler, and ${compiler} does not run.` }
}

const canLimitCores = (threads: number): Availability => {
  if (process.platform === "linux" || threads === availableParallelism()) return installed
  return { available: false, reason: `JAX uses every core, and ${process.platform} cannot limit it to ${threads}.` }
}

const firstMissing = (needs: readonly Availability[]) => needs.find((need) => !need.available) ?? installed

const run = async <R>(
  { available, command }: PeerVariant,
  what: readonly string[],
  options: RunOptions,
  parse: (stdout: string) => R,
): Promise<R | Absent> => {
  const availability = available()
  if (!availability.available) return { absent: availability.reason }
  try {
    const { program, args } = command
    const all = [...args, ...what, ...argv(options), "--started-at", `${Date.now()}`]
    return parse(await output({ program, args: all }, options.timeoutSeconds ?? 600))
  } catch (error) {
    return { absent: (error as Error).message } // only Errors are thrown above
  }
}

const argv = ({ rounds, inner, warmUpSeconds }: RunOptions): string[] =>
  Object.entries({ rounds, inner, "warm-up": warmUpSeconds }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, `${value}`],
  )

const output = ({ program, args }: Command, timeoutSeconds: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], timeout: timeoutSeconds * 1000 })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk))
    child.on("error", reject)
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout)
      else reject(new Error(child.killed ? tooSlow(timeoutSeconds) : failed(code, signal, stderr)))
    })
  })

const tooSlow = (seconds: number) => `the program was stopped after ${seconds} seconds.`

const failed = (code: number | null, signal: string | null, stderr: string) =>
  `the program ended with ${signal ?? code}: ${stderr.trim().split("\n").at(-1) || "it said nothing"}`
