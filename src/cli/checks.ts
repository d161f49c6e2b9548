/** What `eidos doctor` looks at: each check says what is and, where that is not well, what to do. */
import { existsSync, statfsSync } from "node:fs"
import { availableParallelism, freemem, totalmem } from "node:os"
import { join } from "node:path"
import { binarizedFiles } from "../data/binarized.ts"
import { mnistFiles } from "../data/mnist.ts"
import type { PinnedSet } from "../data/pinned.ts"
import type { Check } from "./check.ts"
import { defaultCacheDir } from "./environment.ts"
import type { Io } from "./io.ts"
import { providers } from "./provider-checks.ts"
import { eidosVersion } from "./versions.ts"

/** All checks, in the order in which they matter. */
export async function checks(env: Io["env"]): Promise<Check[]> {
  return [
    node(process.versions.node),
    { name: "eidos", status: "ok", message: eidosVersion() },
    await runtime(),
    await directCalls(),
    ...(await providers(env)),
    cores(availableParallelism()),
    memory(totalmem(), freemem()),
    disk(freeDisk(".")),
    dataFolder(env["EIDOS_DATA"]),
    ...[mnistFiles, binarizedFiles].map((set) => dataSet(set, env)),
  ]
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`

export function node(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return { name: "node", status: "ok", message: version }
  return { name: "node", status: "fail", message: `${version} is too old`, hint: "Install Node 20.19 or newer." }
}

async function runtime(): Promise<Check> {
  const name = "onnxruntime"
  try {
    const ort = await import("onnxruntime-node")
    const bundled = ort.listSupportedBackends().flatMap(({ name, bundled }) => (bundled ? [name] : []))
    return {
      name,
      status: "ok",
      message: `${ort.env.versions.node} with the backends ${bundled.join(", ")}; eidos trains on cpu unless --device names another`,
    }
  } catch (error) {
    const hint = "Run `npm ci` again; the package onnxruntime-node holds the library for this platform."
    return { name, status: "fail", message: `cannot be loaded: ${(error as Error).message}`, hint }
  }
}

async function directCalls(): Promise<Check> {
  const name = "direct calls"
  const { callsDirectly } = await import("../runtime/ort-bound.ts")
  if (await callsDirectly()) return { name, status: "ok", message: "training steps write their gradients in place" }
  const hint = "Run `npm ci` without --omit=optional; the optional package koffi makes them."
  return {
    name,
    status: "warn",
    message: "not available: training steps copy their gradients, which costs about a fifth of their time",
    hint,
  }
}

export const cores = (n: number): Check => ({ name: "cores", status: "ok", message: `${n}` })

export function memory(total: number, free: number): Check {
  const message = `${gib(total)}, ${gib(free)} free`
  if (total >= 2 * 2 ** 30) return { name: "memory", status: "ok", message }
  return { name: "memory", status: "warn", message, hint: "Train on part of the data with --limit." }
}

/** Bytes that may be written in a folder; undefined where the system does not tell. */
function freeDisk(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return undefined
  }
}

export function disk(free: number | undefined): Check {
  if (free === undefined)
    return {
      name: "disk",
      status: "warn",
      message: "free space here is unknown",
      hint: "Check that this folder exists.",
    }
  const message = `${gib(free)} free in this folder`
  if (free >= 2 ** 30) return { name: "disk", status: "ok", message }
  const hint = "A run takes about 50 MB; free some space, or choose another disk with --out."
  return { name: "disk", status: free < 100 * 2 ** 20 ? "fail" : "warn", message, hint }
}

export function dataFolder(path: string | undefined): Check {
  const name = "EIDOS_DATA"
  if (!path) return { name, status: "ok", message: "not set; data sets are downloaded once, glyphs need no file" }
  if (existsSync(path)) return { name, status: "ok", message: path }
  return {
    name,
    status: "fail",
    message: `${path} does not exist`,
    hint: "Set EIDOS_DATA to the folder that holds your data sets, or unset it.",
  }
}

/** Whether the files of a published set are here; what is in them is checked when they are read. */
export function dataSet({ name, folders, files }: PinnedSet, env: Io["env"]): Check {
  const dataDir = env["EIDOS_DATA"]
  const homes = [
    ...(dataDir ? [dataDir, ...folders.map((folder) => join(dataDir, folder))] : []),
    join(defaultCacheDir(env), name),
  ]
  const isIn = (home: string) =>
    files.every(({ name: file }) => [file, `${file}.gz`].some((path) => existsSync(join(home, path))))
  const home = homes.find(isIn)
  if (home !== undefined) return { name, status: "ok", message: home }
  return {
    name,
    status: "warn",
    message: "not on this machine",
    hint: `Downloaded when first used; or put ${files[0]!.name} and its like into a folder ${folders[0]} of EIDOS_DATA.`,
  }
}
