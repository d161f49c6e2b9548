/** A command line run inside the test, with streams it can read, and small data to run it on. */
import { execFileSync, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll } from "vitest"
import { run } from "../../src/cli/cli.ts"
import type { Io, SignalName } from "../../src/cli/io.ts"
import { randomOf } from "../../src/core/random.ts"
import { formatIdx } from "../../src/data/idx.ts"

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What was written to stdout, as bytes. */
  readonly bytes: Buffer
}

export interface Setup {
  readonly env?: Readonly<Record<string, string>>
  /** Called with each piece of stderr; may send signals. */
  readonly onNote?: (text: string, signal: (name: SignalName) => void) => void
  readonly isTTY?: boolean
}

/** Runs a command line in this process. */
export async function eidos(
  args: readonly string[],
  { env = {}, onNote, isTTY = false }: Setup = {},
): Promise<Outcome> {
  const out: Buffer[] = []
  const notes: string[] = []
  const listeners = new Set<(name: SignalName) => void>()
  const send = (name: SignalName) => {
    for (const listener of listeners) listener(name)
  }
  const io: Io = {
    stdout: { write: (chunk) => out.push(Buffer.from(chunk as string)), isTTY, columns: 120 },
    stderr: {
      write(chunk) {
        notes.push(String(chunk))
        onNote?.(String(chunk), send)
      },
      isTTY,
    },
    env,
    onSignal(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    exit(code) {
      throw new Error(`exit ${code}`)
    },
  }
  const code = await run(args, io)
  const bytes = Buffer.concat(out)
  return { code, stdout: bytes.toString(), stderr: notes.join(""), bytes }
}

/** A folder of this test file, removed when it is done. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "eidos-cli-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An IDX file of 400 grey 8×8 images: a soft spot in a random place. */
export function spots(folder: string): string {
  const random = randomOf({ seed: 1, name: "spots" })
  const data = new Uint8Array(400 * 64)
  for (let i = 0; i < 400; i++) {
    const [x, y] = [random.uniform(1, 6), random.uniform(1, 6)]
    for (let j = 0; j < 64; j++)
      data[64 * i + j] = Math.round(255 * Math.exp(-((((j % 8) - x) ** 2 + (Math.floor(j / 8) - y) ** 2) / 4)))
  }
  const path = join(folder, "spots-images-idx3-ubyte")
  writeFileSync(path, formatIdx({ shape: [400, 8, 8], data }))
  return path
}

/** Flags of a run that takes a second. */
export const tiny = (data: string, steps = 60): string[] => [
  ...["train", "vae", "--data", data, "--latent", "2", "--hidden", "16", "--steps", String(steps)],
  ...["--k", "3", "--batch-size", "32", "--threads", "1", "--log-every", "10", "--validate-every", "30"],
]

/** sha256 of the weights a run ended with. */
export function finalWeights(run: string): string {
  const { folder } = JSON.parse(readFileSync(join(run, "checkpoints", "last.json"), "utf8"))
  return createHash("sha256")
    .update(readFileSync(join(run, "checkpoints", folder, "model.safetensors")))
    .digest("hex")
}

export const statusOf = (run: string): string => JSON.parse(readFileSync(join(run, "status.json"), "utf8")).status

const root = fileURLToPath(new URL("../..", import.meta.url))
const bin = join(root, "dist/cli/main.js")

/** The built program, built anew when any source is younger. */
export function built(): string {
  const newest = (folder: string): number =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce(
      (latest, name) => Math.max(latest, statSync(join(folder, name)).mtimeMs),
      0,
    )
  if (!existsSync(bin) || statSync(bin).mtimeMs < newest(join(root, "src")))
    execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { cwd: root })
  return bin
}

/** The built program as a process. */
export const spawned = (args: readonly string[], env: object = {}) => {
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "1", ...env },
  })
  let [stdout, stderr] = ["", ""]
  child.stdout.on("data", (chunk) => (stdout += chunk))
  child.stderr.on("data", (chunk) => (stderr += chunk))
  const ended = new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr })),
  )
  return { child, ended }
}
