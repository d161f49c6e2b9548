/** What `eidos doctor` says of each way to run programs: what works here and, where one does not, what it lacks. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { EidosError } from "../core/errors.ts"
import { deviceOf } from "../runtime/device.ts"
import type { Check } from "./check.ts"
import type { Io } from "./io.ts"

const trainsOn = (device: string): string => `works; \`eidos train MODEL --device ${device}\` trains there`

export const doesNotWork = (device: string, reason: string): string =>
  `--device ${device}: ${reason.replace(/\.$/, "")}.`

/** Refuses a device that does not run programs here, with EidosError("usage") that says what is missing. */
export async function refuseMissing(name: string): Promise<void> {
  const device = deviceOf(name)
  if (!device || device.provider === "cpu") return
  const { status, message, hint } = device.provider === "webgpu" ? await webgpu() : await cuda(name)
  if (status === "ok" && (await isBundled(device.provider))) return
  throw new EidosError("usage", doesNotWork(name, message), { hint: hint ?? "Use --device cpu." })
}

/** What works beside the processor: WebAssembly, WebGPU, CUDA, and the browser in which the tests run. */
export async function providers(env: Io["env"]): Promise<Check[]> {
  const found = await Promise.all([wasm(), webgpu(), cuda()])
  return [...found, browser(env)]
}

async function wasm(): Promise<Check> {
  const fault = await faultOf("wasm")
  const message = fault === "" ? "works; for browsers, and everywhere Node runs" : `does not work: ${fault}`
  if (fault === "") return { name: "wasm", status: "ok", message }
  return { name: "wasm", status: "warn", message, hint: "Run `npm ci` again; the package onnxruntime-web holds it." }
}

async function webgpu(): Promise<Check> {
  const name = "webgpu"
  if (!(await isBundled(name)))
    return { name, status: "warn", message: "onnxruntime-node has none for this platform", hint: "Use --device cpu." }
  return webgpuCheck(await faultOf(name))
}

/** The line on WebGPU where its library is installed. */
export function webgpuCheck(fault: string): Check {
  const name = "webgpu"
  if (fault === "") return { name, status: "ok", message: trainsOn(name) }
  if (/adapter/i.test(fault))
    return {
      name,
      status: "warn",
      message: "its library is installed, but there is no adapter",
      hint: "Install the driver of a GPU (on Linux its Vulkan driver and libvulkan1). The cpu, which is the default, needs none.",
    }
  return {
    name,
    status: "warn",
    message: `does not work: ${fault}`,
    hint: "The cpu, which is the default, needs none.",
  }
}

async function cuda(device = "cuda"): Promise<Check> {
  return cudaCheck({
    hasLibrary: await isBundled("cuda"),
    platform: `${process.platform} ${process.arch}`,
    fault: () => faultOf(device),
  })
}

interface CudaFacts {
  readonly hasLibrary: boolean
  /** As in `linux x64`. */
  readonly platform: string
  /** Why a program does not run there; asked only where there is a library. */
  fault(): Promise<string>
}

/** The line on CUDA. */
export async function cudaCheck({ hasLibrary, platform, fault }: CudaFacts): Promise<Check> {
  const name = "cuda"
  if (platform !== "linux x64") return { name, status: "ok", message: `onnxruntime-node has none for ${platform}` }
  if (!hasLibrary)
    return {
      name,
      status: "warn",
      message: "its library is not installed",
      hint: "With an NVIDIA GPU and CUDA 12: `npm rebuild onnxruntime-node --ignore-scripts=false` fetches it. The cpu, which is the default, needs none.",
    }
  const reason = await fault()
  if (reason === "") return { name, status: "ok", message: trainsOn(name) }
  const hint = "Install the NVIDIA driver, CUDA 12 and cuDNN 9; `nvidia-smi` must list a GPU."
  return { name, status: "warn", message: `its library is installed but does not work: ${reason}`, hint }
}

function browser(env: Io["env"]): Check {
  const name = "browser"
  const found = ["chromium", "chromium-browser", "google-chrome"]
    .flatMap((program) => (env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, program)))
    .find(existsSync)
  if (found) return { name, status: "ok", message: found }
  const hint = "`apt-get install chromium`, or another package manager's; only the tests of eidos want it."
  return { name, status: "warn", message: "no chromium on the path", hint }
}

async function isBundled(backend: string): Promise<boolean> {
  try {
    const { listSupportedBackends } = await import("onnxruntime-node")
    return listSupportedBackends().some(({ name, bundled }) => name === backend && bundled)
  } catch {
    return false // the line on onnxruntime says why
  }
}

/** Why a program does not run on a device, or in WebAssembly; empty where it does. */
async function faultOf(device: string): Promise<string> {
  const probe = fileURLToPath(new URL("./provider-probe.js", import.meta.url))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [probe, device], { timeout: 30_000 })
    return (JSON.parse(stdout) as { fault: string }).fault // what provider-probe writes
  } catch (error) {
    return (error as Error).message.split("\n")[0]!
  }
}
