/** The WebAssembly that is shipped is the one that its source assembles to. */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import { kernelBinaries, sharedKernelBinaries } from "../../src/runtime/kernels/kernels.ts"

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
const formatless = (text: string): string => text.replaceAll(/[\s,]/g, "")

it("kernels.ts is what the .wat files assemble to", () => {
  const assembled = execFileSync(process.execPath, [path("scripts/kernels.mjs"), "--print"], { encoding: "utf8" })
  expect(formatless(readFileSync(path("src/runtime/kernels/kernels.ts"), "utf8"))).toBe(formatless(assembled))
  const sources = readdirSync(path("src/runtime/kernels")).filter((name) => name.endsWith(".wat"))
  expect(Object.keys(kernelBinaries)).toEqual(sources.map((name) => name.replace(".wat", "")))
  expect(Object.keys(sharedKernelBinaries)).toEqual(Object.keys(kernelBinaries))
  for (const binary of [...Object.values(kernelBinaries), ...Object.values(sharedKernelBinaries)])
    expect(WebAssembly.validate(Buffer.from(binary, "base64"))).toBe(true)
})
