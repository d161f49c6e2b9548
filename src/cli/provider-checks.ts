/** What `eidos doctor` says of each way to run programs: what works here and, where one does not, what it lacks. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Check } from "./check.ts"
import type { Io } from "./io.ts"

type Provider = "wasm" | "webgpu" | "cuda"

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
    return { name, status: "warn", message: "onnxruntime-node has none for this platform", hint: "Use the cpu." }
  return webgpuCheck(await faultOf(name))
}

/** The line on WebGPU where its library is installed. */
export function webgpuCheck(fault: string): Check {
  const name = "webgpu"
  if (fault === "") return { name, status: "ok", message: "works; programs compile for it, training uses the cpu" }
  if (/adapter/i.test(fault))
    return {
      name,
      status: "warn",
      message: "its library is installed, but there is no adapter",
      hint: "Install the driver of a GPU (on Linux its Vulkan driver and libvulkan1). Training uses the cpu and needs none.",
    }
  return { name, status: "warn", message: `does not work: ${fault}`, hint: "Training uses the cpu and needs none." }
}

async function cuda(): Promise<Check> {
  return cudaCheck({
    hasLibrary: await isBundled("cuda"),
    platform: `${process.platform} ${process.arch}`,
    fault: () => faultOf("cuda"),
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
      hint: "With an NVIDIA GPU and CUDA 12: `npm rebuild onnxruntime-node --ignore-scripts=false` fetches it. Training uses the cpu and needs none.",
    }
  const reason = await fault()
  if (reason === "") return { name, status: "ok", message: "works; programs compile for it, training uses the cpu" }
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

/** Why a program does not run on a provider; empty where it does. */
async function faultOf(provider: Provider): Promise<string> {
  const probe = fileURLToPath(new URL("./provider-probe.js", import.meta.url))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [probe, provider], { timeout: 30_000 })
    return (JSON.parse(stdout) as { fault: string }).fault // what provider-probe writes
  } catch (error) {
    return (error as Error).message.split("\n")[0]!
  }
}
