import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import ts from "typescript"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { lockRun } from "./lock.ts"
import { bornAt } from "./process-identity.ts"

const root = mkdtempSync(join(tmpdir(), "eidos-lock-"))
const run = join(root, "run")
beforeEach(() => {
  rmSync(run, { recursive: true, force: true })
  mkdirSync(run)
})
afterAll(() => rmSync(root, { recursive: true }))

const deadPid = 2 ** 22 + 1 // above the largest number Linux gives
const holder = { pid: deadPid, host: hostname(), start: "2026-01-01T00:00:00.000Z", born: null, released: false }
const lockFile = (number: number, content: unknown) =>
  writeFileSync(join(run, `run.lock.${number}`), typeof content === "string" ? content : JSON.stringify(content))
const makeOld = (number: number) => utimesSync(join(run, `run.lock.${number}`), 1, 1)
const refused = expect.objectContaining({ code: "locked", hint: expect.stringContaining("--out") })
const attempt = (): unknown => {
  try {
    lockRun(run).release()
    return "locked"
  } catch (error) {
    return error
  }
}

describe("lockRun", () => {
  it("lets one holder in at a time, and the next after release", () => {
    const lock = lockRun(run)
    expect(attempt()).toEqual(refused)
    lock.release()
    lock.release()
    expect(attempt()).toBe("locked")
    expect(readdirSync(run)).toHaveLength(1)
  })

  it("says who holds it since when", () => {
    lockRun(run)
    expect(String(attempt())).toMatch(new RegExp(`process ${process.pid} on ${hostname()} .* since \\d{4}-`))
  })

  it("takes the lock of a process that is dead", () => {
    lockFile(1, holder)
    expect(attempt()).toBe("locked")
  })

  it("leaves the lock of a process that lives, or that lives where it cannot be asked", () => {
    lockFile(1, { ...holder, pid: process.ppid })
    expect(attempt()).toEqual(refused)
    lockFile(2, { ...holder, host: `not-${hostname()}` })
    expect(attempt()).toEqual(refused)
  })

  it.runIf(bornAt(process.pid))("takes the lock of a dead process whose number a later one has", () => {
    lockFile(1, { ...holder, pid: process.ppid, born: "an earlier boot:1" })
    expect(attempt()).toBe("locked")
  })

  it.each(["", "{", '{"pid":', "null", "[]", '"x"', '{"pid":-1,"host":"x"}'])(
    "takes an old torn lock, %j, but not a young one",
    (torn) => {
      lockFile(1, torn)
      expect(attempt()).toEqual(refused)
      makeOld(1)
      expect(attempt()).toBe("locked")
    },
  )

  it("goes by the highest number alone", () => {
    lockFile(9, { ...holder, pid: process.ppid })
    lockFile(10, { ...holder, released: true })
    expect(attempt()).toBe("locked")
    expect(readdirSync(run)).toEqual(["run.lock.11"])
  })

  it("is released into a folder that is gone without a word", () => {
    const lock = lockRun(run)
    rmSync(run, { recursive: true })
    expect(() => lock.release()).not.toThrow()
  })
})

/** The lock as plain modules, which a child process can load. */
function compile(): string {
  for (const name of [
    "core/errors",
    "storage/lock",
    "storage/process-identity",
    "storage/reading",
    "storage/write-errors",
  ]) {
    const source = readFileSync(new URL(`../${name}.ts`, import.meta.url), "utf8")
    const compilerOptions = {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      rewriteRelativeImportExtensions: true,
    }
    mkdirSync(join(root, name, ".."), { recursive: true })
    writeFileSync(join(root, `${name}.js`), ts.transpileModule(source, { compilerOptions }).outputText)
  }
  writeFileSync(join(root, "package.json"), '{"type":"module"}')
  return pathToFileURL(join(root, "storage", "lock.js")).href
}

/** Says "ready", waits for a word, tries the lock, says how it went, and holds on until its input ends. */
const starter = `
  const { lockRun } = await import(process.argv[1])
  process.stdin.once("data", () => {
    try { lockRun(process.argv[2]); console.log("won") }
    catch (error) { console.log(error.code ?? String(error)) }
  })
  process.stdin.on("end", () => process.exit())
  console.log("ready")
`

describe("20 processes that start at once", () => {
  let module: string
  beforeAll(() => {
    module = compile()
  })

  const word = async (child: ChildProcess) => String((await once(child.stdout!, "data"))[0]).trim()

  async function race(): Promise<string[]> {
    const spawned = Array.from({ length: 20 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", starter, module, run], {
        stdio: ["pipe", "pipe", "inherit"],
      }),
    )
    await Promise.all(spawned.map(word))
    const outcomes = spawned.map(word)
    for (const child of spawned) child.stdin.write("go\n")
    const words = await Promise.all(outcomes)
    for (const child of spawned) child.stdin.end()
    await Promise.all(spawned.map((child) => once(child, "exit")))
    return words.sort()
  }
  const oneWinner = [...Array<string>(19).fill("locked"), "won"]

  it("find one winner in a new folder, and again after it died without release", async () => {
    expect(await race()).toEqual(oneWinner)
    expect(await race()).toEqual(oneWinner)
  })
})
