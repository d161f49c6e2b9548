import { describe, expect, it } from "vitest"
import { bitsPerDim, inUnits } from "./scale.ts"

describe("bits a dimension", () => {
  it("are 8 exactly for the uniform density on [0, 1), whatever the dimensions", () => {
    for (const dimensions of [1, 2, 784, 3072]) expect(bitsPerDim(0, dimensions)).toBe(8)
  })
  it("count from 7 where pixels span [−1, 1): NICE's 5371.78 nats on CIFAR-10 are 4.48 bits, not 5.48", () => {
    expect(bitsPerDim(-5371.78, 3072, 2)).toBeCloseTo(4.48, 2)
    expect(bitsPerDim(-5371.78, 3072, 1)).toBeCloseTo(5.48, 2)
    expect(bitsPerDim(-1980.5, 784)).toBeCloseTo(4.36, 2)
  })
  it("do not depend on the scale that the density was stated on: the same uniform, on [−1, 1)", () =>
    expect(bitsPerDim(10 * Math.log(2), 10, 2)).toBeCloseTo(8, 12))
  it("are what an estimate on dequantized grey levels is given in, and nats elsewhere", () => {
    const model = { event: [1, 2, 2] }
    const data = (dequantize: boolean) =>
      ({ dataset: { levels: 256, splits: {} }, preprocessing: { binarize: "none", dequantize }, split: "test" }) as any
    const nats = { value: -4 * Math.LN2, standardError: 4 * Math.LN2 }
    expect(inUnits(nats, model, data(true))).toEqual({ value: 7, standardError: 1, unit: "bits/dim" })
    expect(inUnits(nats, model, data(false))).toEqual({ ...nats, unit: "nats" })
  })
})
