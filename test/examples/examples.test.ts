/** Every example runs to its end as a program of its own; each stays short enough to read at a glance. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { describe, expect, it } from "vitest"

const folder = new URL("../../examples/", import.meta.url)
const built = (module: string) => new URL(`../../dist/${module}.js`, import.meta.url)
const entry = built("index")
const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8")
/** The README's programs. */
const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!)

const javascript = (source: string): string =>
  ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext } })
    .outputText

/** What a program prints that imports the built library, in a folder of its own. */
function printed(source: string, scratch: string): string {
  const modules = { eidos: entry, "eidos/models": built("models/index"), "eidos/web": built("web") }
  const code = javascript(source).replace(
    /(?<=from ")eidos[^"]*/g,
    (name) => modules[name as keyof typeof modules].href,
  )
  writeFileSync(join(scratch, "example.mjs"), code)
  const { status, stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], { cwd: scratch, encoding: "utf8" })
  expect(stderr).toBe("")
  expect(status).toBe(0)
  return stdout
}

describe.each(readdirSync(folder).filter((name) => name.endsWith(".ts")))("%s", (name) => {
  const source = readFileSync(new URL(name, folder), "utf8")

  it("has at most 40 lines", () => expect(source.trimEnd().split("\n").length).toBeLessThanOrEqual(40))

  it("runs", () => {
    const scratch = mkdtempSync(join(tmpdir(), "eidos-example-"))
    expect(printed(source, scratch)).toContain("−log p(x): ≤")
    expect(readFileSync(join(scratch, "samples.png")).subarray(1, 4).toString()).toBe("PNG")
    rmSync(scratch, { recursive: true })
  })
})

describe("the README", () => {
  it("shows examples/vae.ts and a page's program, and nothing else", () => {
    expect(programs).toHaveLength(2)
    expect(readFileSync(new URL("vae.ts", folder), "utf8")).toContain(programs[0])
  })

  it("has a page's program that trains, here on WebAssembly, which it names as the other choice", () => {
    const [, page] = programs
    const [choice] = /\{ provider: "wasm".*? \}/.exec(page!)!
    const source = `
      const count = 64, pixels = Uint8Array.from({ length: 64 * 784 }, (_, i) => (i % 28 < 14 ? 255 : 0))
      const seen: number[] = []
      const show = (step: number, nats: number) => seen.push(nats)
      ${page!.replace(/\{ provider: "webgpu" \}/, choice).replace("steps: 500", "steps: 100")}
      process.stdout.write(String(seen.length > 0 && seen.at(-1)! < 100), () => process.exit(0)) // its workers would stay`
    expect(source).toContain(`const device = ${choice}`)
    expect(source).toContain("steps: 100")
    const scratch = mkdtempSync(join(tmpdir(), "eidos-example-"))
    expect(printed(source, scratch)).toContain("true")
    rmSync(scratch, { recursive: true })
  })
})

it("examples import the built library, which `npm test` builds first", () => {
  expect(readFileSync(fileURLToPath(entry), "utf8").length).toBeGreaterThan(0)
})
