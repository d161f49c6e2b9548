import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { decodeSafetensors, encodeSafetensors, maxHeaderBytes, wrongDtype } from "./safetensors.ts"

/** A file with this header text, over `body` zero bytes. */
function crafted(header: string | Uint8Array, body = 0, claimed?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header
  const bytes = new Uint8Array(8 + text.length + body)
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

const tensor = (shape: string, offsets: string, dtype = '"F32"') =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`
const one = (shape: string, offsets: string, body: number, dtype?: string) =>
  crafted(`{"a":${tensor(shape, offsets, dtype)}}`, body)
const two = (a: string, b: string, body: number) => crafted(`{"a":${tensor("[2]", a)},"b":${tensor("[2]", b)}}`, body)
const twoPow53 = "9007199254740992"
const many = (count: number) =>
  crafted(`{${Array.from({ length: count }, (_, i) => `"${i}":${tensor("[0]", "[0,0]")}`).join(",")}}`)

const bad: Record<string, () => Uint8Array> = {
  "an empty file": () => new Uint8Array(0),
  "seven bytes": () => new Uint8Array(7),
  "a header length of zero": () => new Uint8Array(8),
  "a header length above the file": () => crafted("{}", 0, 3n),
  "a header length of 16 MiB + 1": () => crafted("{}", 0, BigInt(maxHeaderBytes) + 1n),
  "a header length of 2^53 + 1": () => crafted("{}", 0, 2n ** 53n + 1n),
  "a header length of 2^64 - 1": () => crafted("{}", 0, 2n ** 64n - 1n),
  "a header of spaces": () => crafted("        "),
  "a header that is not UTF-8": () => crafted(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])),
  "a byte order mark": () => crafted("\ufeff{}"),
  "an array for a header": () => crafted("[]"),
  "null for a header": () => crafted("null"),
  "a header cut off": () => crafted('{"a":{"dtype":"F32"'),
  "a string cut off": () => crafted('{"a'),
  "a string cut off in an escape": () => crafted('{"a\\'),
  "a bad escape": () => crafted('{"\\x":1}'),
  "a control character in a name": () => crafted(`{"a\n":${tensor("[0]", "[0,0]")}}`),
  "text after the header": () => crafted("{}x"),
  "two headers": () => crafted("{}{}"),
  "a trailing comma": () => crafted(`{"a":${tensor("[0]", "[0,0]")},}`),
  "a comment": () => crafted("{/* none */}"),
  "single quotes": () => crafted("{'a':1}"),
  "deep nesting": () => crafted("[".repeat(1_000_000)),
  "deep nesting in a shape": () => crafted(`{"a":{"shape":${"[".repeat(1_000_000)}`),
  "a tensor that is a number": () => crafted('{"a":1}'),
  "a tensor without a dtype": () => crafted('{"a":{"shape":[0],"data_offsets":[0,0]}}'),
  "a tensor without a shape": () => crafted('{"a":{"dtype":"F32","data_offsets":[0,0]}}'),
  "a tensor without offsets": () => crafted('{"a":{"dtype":"F32","shape":[0]}}'),
  "a field that does not exist": () => crafted('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":0}}'),
  "a field twice": () => crafted('{"a":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
  "one offset": () => one("[0]", "[0]", 0),
  "three offsets": () => one("[0]", "[0,0,0]", 0),
  "a name twice": () => crafted(`{"a":${tensor("[0]", "[0,0]")},"a":${tensor("[0]", "[0,0]")}}`),
  "a name twice, once escaped": () => crafted(`{"a":${tensor("[0]", "[0,0]")},"\\u0061":${tensor("[0]", "[0,0]")}}`),
  "the name __proto__": () => crafted(`{"__proto__":${tensor("[0]", "[0,0]")}}`),
  "the name __proto__, escaped": () => crafted(`{"\\u005f_proto__":${tensor("[0]", "[0,0]")}}`),
  "__proto__ within a path": () => crafted(`{"a.__proto__.b":${tensor("[0]", "[0,0]")}}`),
  "the name constructor.prototype": () => crafted(`{"constructor.prototype":${tensor("[0]", "[0,0]")}}`),
  "metadata twice": () => crafted('{"__metadata__":{},"__metadata__":{}}'),
  "metadata that is a string": () => crafted('{"__metadata__":"x"}'),
  "metadata with a number": () => crafted('{"__metadata__":{"a":1}}'),
  "a metadata key twice": () => crafted('{"__metadata__":{"a":"1","a":"2"}}'),
  "metadata named __proto__": () => crafted('{"__metadata__":{"__proto__":"1"}}'),
  "100,001 tensors": () => many(100_001),
  "a shape of 33 axes": () => one(`[${"1,".repeat(32)}1]`, "[0,4]", 4),
  "dtype F16": () => one("[2]", "[0,4]", 4, '"F16"'),
  "dtype f32 in small letters": () => one("[1]", "[0,4]", 4, '"f32"'),
  "a dtype that is a number": () => one("[1]", "[0,4]", 4, "32"),
  "a negative length": () => one("[-1]", "[0,4]", 4),
  "a fraction": () => one("[1.5]", "[0,6]", 6),
  "an exponent": () => one("[1e0]", "[0,4]", 4),
  "a leading zero": () => one("[01]", "[0,4]", 4),
  "a length in quotes": () => one('["1"]', "[0,4]", 4),
  "a length of null": () => one("[null]", "[0,4]", 4),
  "a length of NaN": () => one("[NaN]", "[0,4]", 4),
  "a length of 2^53": () => one(`[${twoPow53}]`, "[0,0]", 0),
  "a length of a hundred digits": () => one(`[${"9".repeat(100)}]`, "[0,0]", 0),
  "a product that wraps to 0 in 64 bits": () => one("[4294967296,4294967296]", "[0,0]", 0),
  "a product that wraps to 1 in 64 bits": () => one("[274177,67280421310721]", "[0,4]", 4),
  "a product beyond memory, times zero": () => one("[4503599627370496,4503599627370496,0]", "[0,0]", 0),
  "a range too short for its shape": () => one("[2]", "[0,4]", 4),
  "a range too long for its shape": () => one("[1]", "[0,8]", 8),
  "a scalar without bytes": () => one("[]", "[0,0]", 0),
  "a range that ends before it begins": () => one("[1]", "[4,0]", 4),
  "a negative offset": () => one("[1]", "[-4,0]", 4),
  "a range outside the file": () => one("[2]", "[0,8]", 4),
  "a range far outside the file": () => one("[1]", "[9007199254740980,9007199254740984]", 4),
  "the file cut short": () => encodeSafetensors(new Map([["a", ndarray([4])]])).subarray(0, -1),
  "the same bytes for two tensors": () => two("[0,8]", "[0,8]", 8),
  "overlapping ranges": () => two("[0,8]", "[4,12]", 12),
  "an empty tensor inside another": () => crafted(`{"a":${tensor("[2]", "[0,8]")},"b":${tensor("[0]", "[4,4]")}}`, 8),
  "an empty tensor after a hole": () => crafted(`{"a":${tensor("[1]", "[0,4]")},"b":${tensor("[0]", "[8,8]")}}`, 8),
  "a hole before the first tensor": () => one("[1]", "[4,8]", 8),
  "a hole between tensors": () => two("[0,8]", "[12,20]", 20),
  "bytes after the last tensor": () => one("[1]", "[0,4]", 5),
  "bytes without any tensor": () => crafted("{}", 4),
}

const refusal = (bytes: Uint8Array): unknown => {
  try {
    return decodeSafetensors(bytes, "model.safetensors")
  } catch (error) {
    return error
  }
}

describe("decodeSafetensors refuses", () => {
  it.each(Object.entries(bad))("%s", (_, bytes) => {
    const error = refusal(bytes())
    expect(error).toBeInstanceOf(EidosError)
    expect(error).toMatchObject({ code: "model-file", message: expect.stringMatching(/^model\.safetensors: .*\.$/s) })
    expect((error as EidosError).message.length).toBeLessThan(500)
  })

  it("another dtype by its name", () => {
    expect(refusal(one("[2]", "[0,4]", 4, '"BF16"'))).toMatchObject({
      message: wrongDtype("model.safetensors", "a", "BF16"),
      hint: expect.stringContaining("F32"),
    })
  })
})

const name = fc
  .string({ unit: "grapheme", maxLength: 12 })
  .filter((text) => !/__proto__|constructor|prototype|__metadata__/.test(text))
const array = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
  const length = shape.reduce((product, axis) => product * axis, 1)
  return fc.float32Array({ minLength: length, maxLength: length }).map((data) => ({ shape, data }) as NdArray)
})
const tensors = fc
  .uniqueArray(fc.tuple(name, array), { selector: ([key]) => key, maxLength: 6 })
  .map((pairs) => new Map(pairs))

describe("encodeSafetensors", () => {
  it("is undone by decodeSafetensors, order and bits included", () => {
    fc.assert(
      fc.property(tensors, fc.dictionary(name, fc.string(), { noNullPrototype: true }), (map, metadata) => {
        const bytes = encodeSafetensors(map, metadata)
        const decoded = decodeSafetensors(bytes, "x")
        expect([...decoded.tensors]).toEqual([...map])
        expect(decoded.metadata).toEqual(metadata)
        expect(encodeSafetensors(decoded.tensors, decoded.metadata)).toEqual(bytes)
      }),
    )
  })

  it("starts its data at a multiple of 8", () => {
    const bytes = encodeSafetensors(new Map([["weight", ndarray([3], [1, 2, 3])]]))
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n)
  })

  it("writes a view of a larger buffer as just its numbers, and reads bytes at odd offsets", () => {
    const part = ndarray([2], Float32Array.of(1, 2, 3, 4).subarray(1, 3))
    const bytes = encodeSafetensors(new Map([["a", part]]))
    const shifted = Buffer.concat([new Uint8Array(3), bytes]).subarray(3)
    expect(decodeSafetensors(shifted, "x").tensors.get("a")!.data).toEqual(Float32Array.of(2, 3))
  })

  it.each(["__proto__", "a.__proto__", "__metadata__", "constructor"])("refuses the name %s", (key) => {
    expect(() => encodeSafetensors(new Map([[key, ndarray([1])]]))).toThrow(EidosError)
  })

  it("refuses a shape that its numbers do not fill", () => {
    expect(() => encodeSafetensors(new Map([["a", { shape: [3], data: new Float32Array(2) }]]))).toThrow(EidosError)
  })
})

describe("a mutated file", () => {
  const original = encodeSafetensors(
    new Map([
      ["encoder.0.w", ndarray([2, 3], [1, 2, 3, 4, 5, 6])],
      ["encoder.0.b", ndarray([3])],
      ["scale", ndarray([])],
    ]),
    { format: "eidos", step: "500" },
  )
  const bodyStart = 8 + Number(new DataView(original.buffer).getBigUint64(0, true))
  const survives = (bytes: Uint8Array) => {
    const outcome = refusal(bytes)
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(EidosError)
  }

  it("is read or refused, never a crash: bytes replaced anywhere", () => {
    const edit = fc.tuple(fc.nat(bodyStart + 8), fc.nat(255))
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const bytes = original.slice()
        for (const [at, value] of edits) bytes[at] = value
        survives(bytes)
      }),
      { numRuns: 3000 },
    )
  })

  it("is read or refused, never a crash: pieces cut, doubled or inserted", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      '"',
      ",",
      ":",
      "\\",
      "0",
      "-1",
      "1e9",
      twoPow53,
      '"__proto__":',
      " ",
    )
    fc.assert(
      fc.property(fc.nat(bodyStart), fc.nat(20), piece, fc.boolean(), (at, length, insert, fixLength) => {
        const bytes = new Uint8Array(
          Buffer.concat([original.subarray(0, at), Buffer.from(insert), original.subarray(at + length)]),
        )
        const header = BigInt(Math.max(0, bodyStart - 8 + bytes.length - original.length))
        if (fixLength && bytes.length >= 8) new DataView(bytes.buffer).setBigUint64(0, header, true)
        survives(bytes)
      }),
      { numRuns: 3000 },
    )
  })
})

const python = process.env["EIDOS_PYTHON"]
const title = python
  ? "Python's safetensors"
  : "Python's safetensors (skipped: EIDOS_PYTHON names no interpreter that has it)"

describe.skipIf(!python)(title, () => {
  const run = (script: string, ...args: string[]) => {
    const { status, stderr } = spawnSync(python!, ["-c", script, ...args], { encoding: "utf8" })
    expect(status, stderr).toBe(0)
  }
  const folder = mkdtempSync(join(tmpdir(), "eidos-safetensors-"))
  const map = new Map([
    ["b.weight", ndarray([2, 3], [1, -2, 3.5, 1e-30, 5, 6])],
    ["a é", ndarray([], [7])],
    ["none", ndarray([0, 4])],
    ["10", ndarray([1], [8])],
  ])

  it("reads what we write", () => {
    writeFileSync(join(folder, "ours"), encodeSafetensors(map, { note: "über" }))
    run(
      `import sys; from safetensors import safe_open
with safe_open(sys.argv[1], "np") as f:
    assert f.metadata() == {"note": "über"}, f.metadata()
    assert sorted(f.keys()) == ["10", "a é", "b.weight", "none"], f.keys()
    assert f.get_tensor("b.weight").tolist()[0] == [1, -2, 3.5]
    assert f.get_tensor("a é").shape == () and f.get_tensor("none").shape == (0, 4)`,
      join(folder, "ours"),
    )
  })

  it("writes what we read", () => {
    run(
      `import sys, numpy as np; from safetensors.numpy import save_file
save_file({"w": np.arange(6, dtype=np.float32).reshape(2, 3), "s": np.array(2.5, np.float32), "e": np.zeros((3, 0), np.float32)}, sys.argv[1], {"k": "v"})`,
      join(folder, "theirs"),
    )
    const { tensors: read, metadata } = decodeSafetensors(readFileSync(join(folder, "theirs")), "theirs")
    expect(metadata).toEqual({ k: "v" })
    expect(read.get("w")).toEqual(ndarray([2, 3], [0, 1, 2, 3, 4, 5]))
    expect(read.get("s")).toEqual(ndarray([], [2.5]))
    expect(read.get("e")).toEqual(ndarray([3, 0]))
  })
})
