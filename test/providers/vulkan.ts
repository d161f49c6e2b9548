/** WebGPU without a GPU: the software Vulkan that comes with Chromium. */
import { existsSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"

/** The first of these programs that is on the path. */
const onPath = (names: readonly string[]): string | undefined =>
  names
    .flatMap((name) => (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name)))
    .find(existsSync)

/** The browser's program, where there is one. */
export const chromium = onPath(["chromium", "chromium-browser", "google-chrome"])

/** Under these SwiftShader computes on the processor what a GPU would. */
export const softwareGpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"]

// Chromium's own software Vulkan serves Node's WebGPU too, where Debian's layout tells where it lies.
const vulkan = chromium && join(dirname(dirname(chromium)), "lib", "chromium")
const hasVulkan = vulkan !== undefined && existsSync(join(vulkan, "vk_swiftshader_icd.json"))
/** What Node's environment needs for WebGPU without a GPU; undefined where it cannot be had. */
export const softwareVulkan = hasVulkan
  ? {
      LD_LIBRARY_PATH: vulkan,
      VK_ICD_FILENAMES: join(vulkan, "vk_swiftshader_icd.json"),
    }
  : undefined
