import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { readJson, writeJson } from "./json.ts"

const root = mkdtempSync(join(tmpdir(), "eidos-json-"))
const path = join(root, "config.json")
afterAll(() => rmSync(root, { recursive: true }))

const reading = (text: string, schema: z.ZodType): unknown => {
  writeFileSync(path, text)
  try {
    return readJson(path, schema)
  } catch (error) {
    return error
  }
}

describe("writeJson", () => {
  it("writes indented JSON that ends in a newline", () => {
    writeJson(path, { a: [1] })
    expect(readFileSync(path, "utf8")).toBe('{\n  "a": [\n    1\n  ]\n}\n')
  })

  it("writes NaN and infinities as strings", () => {
    writeJson(path, [Number.NaN, Number.NEGATIVE_INFINITY])
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(["NaN", "-Infinity"])
  })

  it("is undone by readJson, to the last bit of every number", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0) // JSON has no -0
    fc.assert(
      fc.property(fc.array(number), (numbers) => {
        writeJson(path, numbers)
        expect(readJson(path, z.array(z.number()))).toEqual(numbers)
      }),
      { numRuns: 20 },
    )
  })
})

describe("readJson refuses", () => {
  const schema = z.strictObject({ steps: z.int() })

  it.each(["", "{", '{"steps":1.5}', '{"steps":1,"other":2}', '{"__proto__":{"x":1},"steps":1}', "\ufeff{}"])(
    "%j",
    (text) => {
      expect(reading(text, schema)).toMatchObject({ code: "model-file", message: expect.stringContaining(path) })
      expect(({} as { x?: number }).x).toBeUndefined()
    },
  )

  it("a file that is missing", () => {
    expect(() => readJson(join(root, "none.json"), schema)).toThrow(/none\.json: could not be read/)
  })

  it("naming the field", () => {
    expect(reading('{"steps":"many"}', schema)).toMatchObject({ message: expect.stringContaining("steps: ") })
  })
})
