import { describe, expect, it } from "vitest"
import { logDensityOf, toy2d } from "../data/toy2d.ts"
import { likelihoodBaselines } from "./baselines.ts"

const plain = { binarize: "none", dequantize: false } as const

describe("the baseline of real numbers", () => {
  const dataset = toy2d("two-moons", { train: 3000, validation: 10, test: 500 })
  const measured = likelihoodBaselines({ dataset, split: "test", preprocessing: plain }, [2])

  it("is one Gaussian with the full covariance of the training data, in nats", async () => {
    const points = (split: "train" | "test") =>
      Array.from({ length: dataset.splits[split].count }, (_, i) =>
        [0, 1].map((axis) => dataset.splits[split].pixels[2 * i + axis]!),
      ) as [number, number][]
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
    const train = points("train")
    const [mx, my] = [mean(train.map(([x]) => x)), mean(train.map(([, y]) => y))]
    const xx = mean(train.map(([x]) => (x - mx) ** 2))
    const yy = mean(train.map(([, y]) => (y - my) ** 2))
    const xy = mean(train.map(([x, y]) => (x - mx) * (y - my)))
    const det = xx * yy - xy * xy
    const nats = points("test").map(([x, y]) => {
      const [a, b] = [x - mx, y - my]
      return Math.log(2 * Math.PI) + 0.5 * Math.log(det) + (0.5 * (a * a * yy - 2 * a * b * xy + b * b * xx)) / det
    })
    const [only, ...others] = await measured
    expect(others).toEqual([])
    expect([only!.quantity, only!.kind, only!.unit]).toEqual(["Gaussian", "baseline", "nats"])
    expect(only!.value).toBeCloseTo(mean(nats), 4)
  })

  it("is worse than the truth where that is known", async () => {
    const ring = toy2d("ring", { train: 3000, validation: 10, test: 500 })
    const [gaussian] = await likelihoodBaselines({ dataset: ring, split: "test", preprocessing: plain }, [2])
    const { pixels, count } = ring.splits.test
    const truth =
      Array.from({ length: count }, (_, i) => -logDensityOf("ring")!([pixels[2 * i]!, pixels[2 * i + 1]!])).reduce(
        (a, b) => a + b,
        0,
      ) / count
    expect(gaussian!.value - truth).toBeGreaterThan(1)
  })
})
