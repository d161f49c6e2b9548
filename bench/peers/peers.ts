/** The frameworks that eidos is timed beside: what can be run here, and running one in a process of its own. */

import { spawn, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { availableParallelism, homedir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type MatmulResult, type PeerResult, parseMatmulResult, parsePeerResult } from "./peer-result.ts"

export type { MatmulRate, MatmulResult, PeerResult } from "./peer-result.ts"

export type Availability = { readonly available: true } | { readonly available: false; readonly reason: string }

export type Absent = { readonly absent: string }

export type Command = { readonly program: string; readonly args: readonly string[] }

/** One way to run one peer on the dense VAE's training step. */
export type PeerVariant = {
  readonly peer: string
  readonly mode: string
  readonly threads: number
  readonly command: (argv?: readonly string[]) => Command
  readonly available: () => Availability
}

/** How long to measure; what is left out is the program's own default (9 rounds of 8 steps; of 2 in tfjs). */
export type RunOptions = { readonly rounds?: number; readonly inner?: number; readonly timeoutSeconds?: number }

/** Every variant there is, installed or not; with one thread and with all cores where the peer can choose. */
export const peers = (): PeerVariant[] => [
  ...threadCounts().flatMap((threads) => [
    torch("eager", threads),
    torch("compile", threads),
    jax(threads),
    jaxjs(threads),
  ]),
  tfjs(),
]

/** The variant's result, or why there is none: not installed, failed, too slow, or trained wrongly. */
export const runPeer = (variant: PeerVariant, options: RunOptions = {}): Promise<PeerResult | Absent> =>
  run(variant, options, parsePeerResult)

/** PyTorch's rate on each matrix product of the dense VAE's step, or why there is none. */
export const runTorchMatmul = (threads: number, options: RunOptions = {}): Promise<MatmulResult | Absent> =>
  run(torchMatmul(threads), options, parseMatmulResult)

const threadCounts = () => [...new Set([1, availableParallelism()])]

const torch = (mode: "eager" | "compile", threads: number): PeerVariant => ({
  peer: "pytorch",
  mode,
  threads,
  command: python("torch_dense_vae.py", ["--mode", mode, "--threads", `${threads}`]),
  available: () => firstMissing(mode === "compile" ? [pythonHas("torch"), compilerRuns()] : [pythonHas("torch")]),
})

const torchMatmul = (threads: number): PeerVariant => ({
  peer: "pytorch",
  mode: "matmul",
  threads,
  command: python("torch_matmul.py", ["--threads", `${threads}`]),
  available: () => pythonHas("torch"),
})

const jax = (threads: number): PeerVariant => ({
  peer: "jax",
  mode: "jit",
  threads,
  command: python("jax_dense_vae.py", ["--threads", `${threads}`]),
  available: () => firstMissing([canLimitCores(threads), pythonHas("jax"), pythonHas("optax")]),
})

const jaxjs = (threads: number): PeerVariant => ({
  peer: "jax-js",
  mode: "wasm",
  threads,
  command: node("jaxjs_dense_vae.mjs", ["--threads", `${threads}`]),
  available: () => nodeHas("@jax-js/jax"),
})

const tfjs = (): PeerVariant => ({
  peer: "tfjs",
  mode: "wasm",
  threads: 1,
  command: node("tfjs_dense_vae.mjs", []),
  available: () => firstMissing([nodeHas("@tensorflow/tfjs"), nodeHas("@tensorflow/tfjs-backend-wasm")]),
})

const peersFolder = () => process.env["EIDOS_PEERS"] ?? join(homedir(), ".cache", "eidos-peers")

const interpreter = () => join(peersFolder(), "venv", "bin", "python")

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

// -B: no __pycache__ in the repository.
const python =
  (file: string, args: readonly string[]) =>
  (argv: readonly string[] = []): Command => ({ program: interpreter(), args: ["-B", here(file), ...args, ...argv] })

const node =
  (file: string, args: readonly string[]) =>
  (argv: readonly string[] = []): Command => ({ program: process.execPath, args: [here(file), ...args, ...argv] })

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
  variant: PeerVariant,
  options: RunOptions,
  parse: (stdout: string, asked: PeerVariant) => R,
): Promise<R | Absent> => {
  const availability = variant.available()
  if (!availability.available) return { absent: availability.reason }
  try {
    return parse(await output(variant.command(argv(options)), options.timeoutSeconds ?? 300), variant)
  } catch (error) {
    return { absent: (error as Error).message } // only Errors are thrown above
  }
}

const argv = ({ rounds, inner }: RunOptions): string[] => [
  ...(rounds === undefined ? [] : ["--rounds", `${rounds}`]),
  ...(inner === undefined ? [] : ["--inner", `${inner}`]),
]

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
