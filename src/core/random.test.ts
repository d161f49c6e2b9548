import { describe, expect, it } from "vitest"
import { fillNormal, fillUniform, permutation, philox4x32, randomWords, writeNormals } from "./random.ts"

const philox = (counter: number[], key: number[]) => {
  const out = [0, 0, 0, 0]
  philox4x32(counter[0]!, counter[1]!, counter[2]!, counter[3]!, key[0]!, key[1]!, out)
  return out.map((word) => word.toString(16).padStart(8, "0")).join(" ")
}

describe("Philox4x32-10 gives the published known answers of Random123", () => {
  it.each([
    [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [Array(4).fill(0xffffffff), Array(2).fill(0xffffffff), "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], "d16cfe09 94fdcceb 5001e420 24126ea1"],
  ])("counter %j, key %j", (counter, key, answer) => expect(philox(counter, key)).toBe(answer))
})

describe("streams", () => {
  const stream = { seed: 7, name: "test" }
  it("are pure functions of their name", () => {
    expect(randomWords(stream, 100)).toEqual(randomWords({ ...stream }, 100))
    expect(randomWords(stream, 5)).toEqual(randomWords(stream, 100).slice(0, 5))
  })
  it("differ in every field, the high half of a large seed included", () => {
    const first = [stream, { ...stream, seed: 8 }, { ...stream, seed: 7 + 2 ** 32 }, { ...stream, name: "tesu" }]
    const more = [
      { ...stream, step: 1 },
      { ...stream, item: 1 },
    ]
    expect(new Set([...first, ...more].map((s) => randomWords(s, 4).join())).size).toBe(6)
  })
  it("have the moments of their distributions", () => {
    const n = 1_000_000
    const moment = (a: Float32Array, k: number) => a.reduce((sum, x) => sum + x ** k, 0) / a.length
    const uniform = fillUniform(stream, new Float32Array(n))
    expect(Math.abs(moment(uniform, 1) - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / n))
    const normal = fillNormal(stream, new Float32Array(n))
    expect(Math.abs(moment(normal, 1))).toBeLessThan(4 / Math.sqrt(n))
    expect(Math.abs(moment(normal, 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
    expect(Math.abs(moment(normal, 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n))
  })
  it("are Box and Muller's to the last bit but one of a float, at the ends of their range too", () => {
    const words = randomWords(stream, 200_000)
    words.set([0, 0, 2 ** 32 - 1, 2 ** 32 - 1, 0, 2 ** 31, 2 ** 32 - 1, 2 ** 29, 1, 2 ** 30, 2 ** 31, 3 * 2 ** 29 - 1])
    const pair = new Float32Array(2)
    for (let i = 0; i < words.length; i += 2) {
      writeNormals(words, i, pair, 0)
      const radius = Math.sqrt(-2 * Math.log1p(-(2 ** 32 - words[i]! - 0.5) * 2 ** -32))
      const angle = 2 * Math.PI * words[i + 1]! * 2 ** -32
      const errors = [pair[0]! - radius * Math.cos(angle), pair[1]! - radius * Math.sin(angle)]
      expect(Math.max(...errors.map(Math.abs)) <= radius * 2 ** -24).toBe(true)
    }
  })
  it("are these bits in every engine", () => {
    const bits = new Uint32Array(fillNormal({ seed: 1, name: "golden" }, new Float32Array(10_000)).buffer)
    expect(bits.reduce((hash, word) => Math.imul(hash ^ word, 0x01000193) >>> 0, 0x811c9dc5)).toBe(650_791_378)
  })
  it("permute without loss", () => {
    const order = permutation(stream, 1000)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect(order).not.toEqual(permutation({ ...stream, step: 1 }, 1000))
  })
})
