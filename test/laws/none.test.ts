/** Models without a density claim none: no function, no estimate, no number in nats. */
import { describe, expect, it } from "vitest"
import { summarize } from "../../src/evaluate/summary.ts"
import { beginning, tinies } from "./tiny.ts"

describe.each(tinies.filter(({ model }) => model.density === "none"))("$name", (tiny) => {
  it("claims no likelihood and draws no samples", async () => {
    for (const claim of ["logProb", "elbo", "logWeights", "sample"]) expect(claim in tiny.model).toBe(false)
    const { parameters } = await beginning(tiny)
    const data = { ...tiny, split: "test" } as const
    const estimates = await summarize({ model: tiny.model, parameters }, data, { k: 5 })
    expect(estimates.map(({ quantity }) => quantity)).toContain(tiny.model.classify ? "accuracy" : "reconstruction")
    const ofLabels = ["class frequencies", "cross-entropy −log p(y|x)"]
    const ofData = estimates.filter(({ quantity }) => !ofLabels.includes(quantity))
    expect(ofData.filter(({ unit }) => /nats|bits/.test(unit))).toEqual([])
  })
})

describe.each(tinies.filter(({ model }) => model.density === "bounded"))("$name, by contrast", (tiny) => {
  it("states its likelihoods as bounds with their number of samples, never as exact", async () => {
    const { parameters } = await beginning(tiny)
    const estimates = await summarize({ model: tiny.model, parameters }, { ...tiny, split: "test" }, { k: 5 })
    const own = estimates.filter(({ quantity, kind }) => /ELBO|log p\(x\)$/.test(quantity) && kind !== "baseline")
    expect(
      own.map((one) => `${one.quantity}: ${one.kind}, K = ${one.kind === "bound" ? one.k : "none"}`).sort(),
    ).toEqual(["−ELBO: bound, K = 1", "−log p(x): bound, K = 5"])
  })
})
