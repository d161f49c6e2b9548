import { describe, expect, it } from "vitest"
import { mul } from "../graph/ops/arithmetic.ts"
import { concat, slice } from "../graph/ops/layout.ts"
import type { Tensor } from "../graph/tensor.ts"
import { classificationEstimates } from "./classification.ts"
import { noTruth } from "./confidence.ts"
import type { EvaluationData } from "./evaluator.ts"

/** p(y = 1|x) = σ(x₁): it goes by the sign of the first coordinate. */
const bySign = {
  density: "none",
  sampling: "none",
  event: [2],
  labels: 2,
  params: {},
  players: {},
  classify: (_: unknown, x: Tensor) => {
    const first = slice(x, 1, 0, 1)
    return concat([mul(first, 0), first], 1) // [batch, 2]
  },
} as const

/** Four points with these labels in every split. */
function dataOf(labels: number[] | undefined, train = labels): EvaluationData {
  const points = Float32Array.of(1, 0, 2, 0, -1, 0, -3, 0)
  const split = (of: number[] | undefined) => ({ count: 4, pixels: points, ...(of && { labels: Uint8Array.from(of) }) })
  const splits = { train: split(train), validation: split(labels), test: split(labels) }
  return { dataset: { levels: "real", splits }, split: "test", preprocessing: { binarize: "none", dequantize: false } }
}

const softplus = (x: number) => Math.log1p(Math.exp(x))

describe("a classifier on labelled data", () => {
  it("has its accuracy and −log p(y|x) beside what labels alone give", async () => {
    const data = dataOf([1, 0, 0, 0], [1, 1, 1, 0])
    const found = await classificationEstimates({ model: bySign, parameters: new Map() }, data)
    const byName = Object.fromEntries(found.map((one) => [one.quantity, one]))
    expect(byName["accuracy"]).toEqual({
      quantity: "accuracy",
      kind: "exact",
      value: 0.75,
      standardError: 0.25, // √(Σ (v − ¾)² / 3 / 4)
      unit: "share right",
    })
    const nats = (softplus(-1) + softplus(2) + softplus(-1) + softplus(-3)) / 4
    expect(byName["cross-entropy −log p(y|x)"]!.value).toBeCloseTo(nats, 6)
    expect(byName["commonest class"]).toMatchObject({ kind: "baseline", value: 0.25 })
    expect(byName["class frequencies"]!.value).toBeCloseTo((Math.log(5 / 3.5) + 3 * Math.log(5 / 1.5)) / 4, 12)
  })

  it("is not measured where there are no labels", async () => {
    const asked = classificationEstimates({ model: bySign, parameters: new Map() }, dataOf(undefined))
    await expect(asked).rejects.toThrow(noTruth("test"))
  })
})
