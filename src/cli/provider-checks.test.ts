import { describe, expect, it } from "vitest"
import { cudaCheck, refuseMissing, webgpuCheck } from "./provider-checks.ts"

const cuda = (facts: object) => cudaCheck({ hasLibrary: true, platform: "linux x64", fault: async () => "", ...facts })

describe("a device that is asked for", () => {
  it("is refused with what it lacks, as doctor says it", async () =>
    await expect(refuseMissing("cuda:999")).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/^--device cuda:999: .+[^.]\.$/),
      hint: expect.any(String),
    }))
  it("is the processor without a question", async () => await expect(refuseMissing("cpu")).resolves.toBeUndefined())
})

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
  it("says how to train on what works", async () => {
    expect(webgpuCheck("").message).toContain("--device webgpu")
    expect((await cuda({})).message).toContain("--device cuda")
  })
  it("tells a missing adapter from another fault of WebGPU", () => {
    expect(webgpuCheck("Failed to get a WebGPU adapter").hint).toContain("Vulkan")
    expect(webgpuCheck("device lost").message).toContain("device lost")
    expect(webgpuCheck("").status).toBe("ok")
  })
})
