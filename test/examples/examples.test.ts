/** Every example runs to its end as a program of its own; each stays short enough to read at a glance. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { describe, expect, it } from "vitest"

const folder = new URL("../../examples/", import.meta.url)
const entry = new URL("../../dist/index.js", import.meta.url)

describe.each(readdirSync(folder).filter((name) => name.endsWith(".ts")))("%s", (name) => {
  const source = readFileSync(new URL(name, folder), "utf8")

  it("has at most 40 lines", () => expect(source.trimEnd().split("\n").length).toBeLessThanOrEqual(40))

  it("runs", () => {
    const scratch = mkdtempSync(join(tmpdir(), "eidos-example-"))
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
    })
    writeFileSync(join(scratch, "example.mjs"), outputText.replace('"eidos"', JSON.stringify(entry.href)))
    const { status, stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], { cwd: scratch, encoding: "utf8" })
    expect(stderr).toBe("")
    expect(status).toBe(0)
    expect(stdout).toContain("−log p(x): ≤")
    expect(readFileSync(join(scratch, "samples.png")).subarray(1, 4).toString()).toBe("PNG")
    rmSync(scratch, { recursive: true })
  })
})

it("examples import the built library, which `npm test` builds first", () => {
  expect(readFileSync(fileURLToPath(entry), "utf8").length).toBeGreaterThan(0)
})
