import { describe, expect, it } from "vitest"
import { cudaCheck, webgpuCheck } from "./provider-checks.ts"

const cuda = (facts: object) => cudaCheck({ hasLibrary: true, platform: "linux x64", fault: async () => "", ...facts })

describe("doctor", () => {
  it("says how to get the CUDA library where it would run", async () =>
    expect((await cuda({ hasLibrary: false })).hint).toContain("npm rebuild onnxruntime-node"))
  it("does not complain of CUDA where there is none to be had", async () =>
    expect(await cuda({ platform: "darwin arm64" })).toMatchObject({ status: "ok" }))
  it("passes on why CUDA does not work", async () =>
    expect(await cuda({ fault: async () => "no device" })).toMatchObject({
      status: "warn",
      message: expect.stringContaining("no device"),
    }))
  it("tells a missing adapter from another fault of WebGPU", () => {
    expect(webgpuCheck("Failed to get a WebGPU adapter").hint).toContain("Vulkan")
    expect(webgpuCheck("device lost").message).toContain("device lost")
    expect(webgpuCheck("").status).toBe("ok")
  })
})
