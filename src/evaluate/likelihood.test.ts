import { describe, expect, it } from "vitest"
import type { Dataset, Split } from "../data/dataset.ts"
import { initialize } from "../graph/parameter.ts"
import { configure } from "../model/define.ts"
import { nice } from "../models/flow/nice.ts"
import { openValidator } from "../run/validation.ts"
import { logLikelihood } from "./likelihood.ts"
import { notNumbers } from "./statistics.ts"

const model = nice.build(configure(nice, { couplings: 2, hidden: [3] }), [2])
const points = (values: readonly number[]): Split => ({ count: values.length / 2, pixels: Float32Array.from(values) })
const dataOf = (values: readonly number[]) => {
  const split = points(values)
  const dataset: Pick<Dataset, "splits" | "levels"> = {
    levels: "real",
    splits: { train: split, validation: split, test: split },
  }
  return { dataset, split: "validation", preprocessing: { binarize: "none", dequantize: false } } as const
}
const parameters = initialize(model.params, 1)

describe("a likelihood that is not a number", () => {
  it("fails with its count and its place: it is not averaged away", async () => {
    const measured = logLikelihood({ model, parameters }, dataOf([0, 1, Number.NaN, 0, 1, 1, 0, Number.NaN]))
    await expect(measured).rejects.toMatchObject({ code: "diverged", message: notNumbers(2, 4, 1) })
    expect((await logLikelihood({ model, parameters }, dataOf([0, 1, 1, 1]))).length).toBe(2)
  })
  it("fails when a weight is one, in an evaluation and in a validation", async () => {
    const broken = new Map(parameters).set("1.logScale", { shape: [2], data: Float32Array.of(0, Number.NaN) })
    await expect(logLikelihood({ model, parameters: broken }, dataOf([0, 1]))).rejects.toMatchObject({
      code: "diverged",
    })
    const validator = await openValidator(model, dataOf([0, 1]), 1)
    await expect(validator.measure(broken)).rejects.toMatchObject({ code: "diverged" })
    expect(Number.isFinite((await validator.measure(parameters))["negativeLogLikelihood"])).toBe(true)
    await validator.dispose()
  })
})
