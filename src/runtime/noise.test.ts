import { describe, expect, it } from "vitest"
import { fillNormal, fillUniform } from "../core/random.ts"
import { fillNormal as fastNormal, fillUniform as fastUniform } from "./noise.ts"

const pairs = [
  [fillUniform, fastUniform],
  [fillNormal, fastNormal],
] as const

const streams = [
  { seed: 0, name: "noise" },
  { seed: 1, name: "noise/gibbs/1/hidden", step: 7 },
  { seed: 2 ** 40 + 12_345, name: "é", step: 2 ** 31 + 5, item: 3 },
  { seed: 2 ** 32 - 1, name: "", step: 4_000_000_000, item: 4_000_000_000 },
]

describe("noise from the kernel", () => {
  it.each(streams)("is that of the plain generator, bit for bit, whatever its length: %o", (stream) => {
    for (const length of [1, 2, 3, 4, 5, 15, 16, 17, 1000, 16_384, 16_385, 40_003])
      for (const [plain, fast] of pairs) {
        const [found, expected] = [new Float32Array(length), new Float32Array(length)]
        expect(fast(stream, found)).toBe(found)
        expect(Buffer.from(found.buffer).equals(Buffer.from(plain(stream, expected).buffer))).toBe(true)
      }
  })
  it("leaves what lies around the numbers as it was", () => {
    const around = new Float32Array(12).fill(9)
    fastUniform({ seed: 1, name: "x" }, around.subarray(3, 8))
    expect([...around.subarray(0, 3), ...around.subarray(8)]).toEqual(new Array(7).fill(9))
  })
})
