import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { EidosError } from "../core/errors.ts"
import { sizeOf } from "../core/shape.ts"
import { noSuchFile, tooLarge } from "./gzip.ts"
import { formatIdx, parseIdx, readIdxFile, shortHeader, unzippedIdx, wrongElementType, wrongSize } from "./idx.ts"

const image = { shape: [2, 3, 4], data: Uint8Array.from({ length: 24 }, (_, i) => 10 * i) }

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eidos-idx-"))
})
afterAll(() => rm(folder, { recursive: true }))

const stored = async (bytes: Uint8Array): Promise<string> => {
  const path = join(folder, "file")
  await writeFile(path, bytes)
  return path
}

/** The outcome of reading: the value, or the EidosError; any other error escapes. */
async function outcome<T>(read: () => T | Promise<T>): Promise<T | EidosError> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof EidosError) return error
    throw error
  }
}

describe("an IDX file", () => {
  it("comes back as it was written, gzipped or not", async () => {
    expect(parseIdx(formatIdx(image), "x")).toEqual(image)
    expect(await readIdxFile(await stored(formatIdx(image)))).toEqual(image)
    expect(await readIdxFile(await stored(gzipSync(formatIdx(image))))).toEqual(image)
  })

  it("that ends early, goes on, or lies about its lengths is refused with both sizes", () => {
    const bytes = formatIdx(image)
    expect(() => parseIdx(bytes.subarray(0, -1), "x")).toThrow(wrongSize("x", [2, 3, 4], 23))
    expect(() => parseIdx(Uint8Array.of(...bytes, 0), "x")).toThrow(wrongSize("x", [2, 3, 4], 25))
    expect(() => parseIdx(bytes.subarray(0, 9), "x")).toThrow(shortHeader("x", 9, 16))
    const huge = formatIdx(image)
    huge.fill(0xff, 4, 16)
    expect(() => parseIdx(huge, "x")).toThrow("bytes, but 24 follow")
  })

  it("of floats is refused by name", () => {
    const bytes = formatIdx(image)
    bytes[2] = 13
    expect(() => parseIdx(bytes, "x")).toThrow(wrongElementType("x", 13))
  })

  it("that is missing is said to be missing", async () => {
    await expect(readIdxFile(join(folder, "none"))).rejects.toThrow(noSuchFile(join(folder, "none")))
  })

  it("that unpacks to more than its header tells is stopped there", async () => {
    const bomb = gzipSync(Buffer.concat([formatIdx(image), new Uint8Array(50_000_000)]))
    await expect(unzippedIdx(bomb, "x")).rejects.toThrow(tooLarge("x", 40))
  })

  it("that is cut off or has a flipped bit inside gzip is never read as another", async () => {
    const noise = Uint8Array.from({ length: 600 }, (_, i) => (i * i * 31) & 255)
    const whole = formatIdx({ shape: [600], data: noise })
    const packed = gzipSync(whole)
    const read = (bytes: Uint8Array) => outcome(() => unzippedIdx(bytes, "x"))
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.nat(7), async (at, bit) => {
        expect(await read(packed.subarray(0, at))).toSatisfy((r) => r instanceof EidosError || at < 2)
        const flipped = Uint8Array.from(packed)
        flipped[at]! ^= 1 << bit
        const result = await read(flipped)
        // Ten bytes of gzip's own header, and a few bits of the deflate stream, may flip and leave the content whole.
        const isWhole = result instanceof Uint8Array && Buffer.from(result).equals(whole)
        if (at >= 10) expect(result instanceof EidosError || isWhole).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it("with any bytes changed is an error or a valid file", () => {
    const change = fc.record({ at: fc.nat(39), to: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(40), (changes, length) => {
        const bytes = formatIdx(image)
        for (const { at, to } of changes) bytes[at] = to
        try {
          const { shape, data } = parseIdx(bytes.subarray(0, length), "x")
          expect(sizeOf(shape)).toBe(data.length)
        } catch (error) {
          expect(error).toBeInstanceOf(EidosError)
          expect((error as EidosError).code).toBe("data")
        }
      }),
      { numRuns: 5000 },
    )
  })
})
