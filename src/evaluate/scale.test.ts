import { describe, expect, it } from "vitest"
import type { Dataset } from "../data/dataset.ts"
import type { Preprocessing } from "../data/preprocess.ts"
import type { EvaluationData } from "./evaluator.ts"
import {
  densityOfBits,
  densityOfGrey,
  densityOfReals,
  inUnits,
  kindOf,
  likelihoodNotes,
  noDensity,
  noted,
} from "./scale.ts"

const event = [1, 2, 2]
const nothing = { count: 0, pixels: new Uint8Array() }
const dataOf = (levels: Dataset["levels"], preprocessing: Partial<Preprocessing> = {}): EvaluationData => ({
  dataset: { levels, splits: { train: nothing, validation: nothing, test: nothing } },
  split: "test",
  preprocessing: { binarize: "none", dequantize: false, ...preprocessing },
})
const bits = dataOf(2)
const binarized = dataOf(256, { binarize: "dynamic" })
const dequantized = dataOf(256, { dequantize: true })
const grey = dataOf(256)
const reals = dataOf("real")

describe("a likelihood is called what it is:", () => {
  it.each([
    ["a probability of bits, of bits", "binary", bits, []],
    ["a probability of bits, of binarized levels", "binary", binarized, []],
    ["a Bernoulli likelihood of grey values", "binary", grey, [noDensity]],
    ["a Bernoulli likelihood of dequantized levels", "binary", dequantized, [noDensity]],
    ["a density, of bits", "real", bits, [densityOfBits]],
    ["a density, of binarized levels", "real", binarized, [densityOfBits]],
    ["a histogram's density, of bits", "levels", bits, [densityOfBits]],
    ["a density, of dequantized levels", "real", dequantized, []],
    ["a density, of grey values", "real", grey, [densityOfGrey]],
    ["a density, of reals", "real", reals, [densityOfReals]],
    ["of a model that states nothing, of bits", undefined, bits, []],
    ["of a model that states nothing, of grey values", undefined, grey, [densityOfGrey]],
  ] as const)("%s", (_, support, data, notes) =>
    expect(likelihoodNotes({ event, ...(support && { support }) }, data)).toEqual(notes),
  )

  it("given the label where the model is conditional, and with the model's own caution last", () => {
    const model = { event, support: "real", classes: 3, caution: "do not rank" } as const
    expect(likelihoodNotes(model, bits)).toEqual([densityOfBits, "given the label", "do not rank"])
    expect(noted(...likelihoodNotes(model, bits)).note).toBe(`${densityOfBits}; given the label; do not rank`)
    expect(noted()).toEqual({})
  })
})

describe("bits/dim", () => {
  const nats = { value: 8 * Math.LN2, standardError: 4 * Math.LN2 }
  it("are −log₂ p / D + 8 of a density of dequantized levels, and of nothing else", () => {
    expect(inUnits(nats, { event, support: "real" }, dequantized)).toEqual({
      value: expect.closeTo(10, 12),
      standardError: expect.closeTo(1, 12),
      unit: "bits/dim",
    })
    for (const data of [bits, binarized, grey, reals])
      expect(inUnits(nats, { event, support: "real" }, data)).toEqual({ ...nats, unit: "nats" })
    expect(inUnits(nats, { event, support: "binary" }, dequantized).unit).toBe("nats")
  })
  it("are exact where the density is constant over each level, else a bound", () => {
    expect(kindOf({ event, support: "levels" }, dequantized)).toBe("exact")
    expect(kindOf({ event, support: "real" }, dequantized)).toBe("bound")
    expect(kindOf({ event }, dequantized)).toBe("bound")
    expect(kindOf({ event, support: "real" }, reals)).toBe("exact")
  })
})
