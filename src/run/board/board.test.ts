import { describe, expect, it } from "vitest"
import type { Estimate } from "../../core/estimate.ts"
import type { Dataset } from "../../data/dataset.ts"
import { densityOfBits, densityOfGrey } from "../../evaluate/scale.ts"
import { pca, rbm, vae } from "../../models/index.ts"
import { cellsOf, groupsOf, headingOf, ordered } from "./order.ts"
import { commandOf, entryOf, type PlanOptions, planAll } from "./plan.ts"
import { type BoardRow, baselineRows, figureOf, inBits, noDensityAtAll, whyNotRanked } from "./row.ts"

const split = (count: number) => ({ count, pixels: new Uint8Array(16 * count) })
const bits: Dataset = {
  name: "bits",
  event: [1, 4, 4],
  levels: 2,
  classes: [],
  splits: { train: split(64), validation: split(8), test: split(8) },
  digest: "d".repeat(64),
  source: "Made by the test.",
}
const grey: Dataset = { ...bits, name: "grey", levels: 256 }
const plan: PlanOptions = {
  folder: "board",
  dataset: bits,
  shared: { data: "bits", cacheDir: "", seed: 3, threads: 1 },
  budgetSeconds: 30,
  eidos: "1.0.0",
}

const figure = (value: number, kind: "exact" | "bound" | "estimate" | "baseline" = "exact"): Estimate =>
  ({ quantity: "−log p(x)", kind, value, standardError: 1, unit: "nats" }) as Estimate // one of the four by `kind`
const row = (model: string, rest: Partial<BoardRow> = {}): BoardRow => ({
  ...{ model, title: model, isBaseline: false, preprocessing: "already binary", estimates: [] },
  ...{ seed: 0, dataDigest: "", eidos: "1.0.0", command: "", repeats: "bit for bit" },
  ...rest,
})

describe("the order of a board", () => {
  const rows = [
    row("worse", { figure: figure(90) }),
    row("bounded", { figure: figure(80, "bound") }),
    row("estimated", { figure: figure(70, "estimate") }),
    row("broken", { error: { code: "diverged", message: "NaN.", hint: "" } }),
    row("better", { figure: figure(85) }),
    row("denser", { figure: figure(-2000), doNotRank: densityOfBits }),
    row("dense", { figure: figure(-1000), doNotRank: densityOfBits }),
    row("silent", { doNotRank: noDensityAtAll }),
    row("uniform", { figure: figure(543, "baseline"), isBaseline: true }),
  ]
  it("has baselines first, then kinds apart, best first, then what must not be ranked by name, then failures", () =>
    expect(ordered(rows).map(({ model }) => model)).toEqual([
      ...["uniform", "better", "worse", "bounded", "estimated", "dense", "denser", "silent", "broken"],
    ]))
  it("never puts two kinds of figure, or two preparations of the data, under one heading", () => {
    const other = row("other", { figure: figure(1), preprocessing: "uniform dequantization" })
    for (const group of groupsOf([...rows, other]).filter(({ heading }) => /^(Exact|Upper|Estimates)/.test(heading))) {
      expect(new Set(group.rows.map((each) => each.figure!.kind)).size).toBe(1)
      expect(new Set(group.rows.map((each) => each.preprocessing)).size).toBe(1)
    }
    expect(headingOf(other)).not.toBe(headingOf(rows[0]!))
  })
  it("keeps a baseline that must not be ranked out of the baselines", () =>
    expect(headingOf(row("parzen", { isBaseline: true, figure: figure(-500), doNotRank: "x" }))).toBe("Do not rank"))
})

describe("the words of a line", () => {
  it("say of a figure what it is worth", () => {
    expect(cellsOf(row("a", { figure: figure(90.25, "bound"), bitsPerDim: 0.166 }))).toMatchObject({
      figure: "≤ 90.250 ± 1.0 nats",
      kind: "bound",
      bitsPerDim: "≤ 0.1660",
    })
    expect(cellsOf(row("a"))).toMatchObject({ figure: "none", kind: "no density" })
  })
  it("say of a figure that must not be ranked why", () =>
    expect(cellsOf(row("a", { figure: figure(1), doNotRank: "it is no density" })).note).toBe(
      "do not rank: it is no density",
    ))
  it("tell a Parzen estimate beside, with its warning", () => {
    const parzen: Estimate = {
      quantity: "Parzen log p(x)",
      kind: "estimate",
      value: 200,
      standardError: 2,
      unit: "nats",
      note: "do not rank: …",
    }
    const { note, figure: shown } = cellsOf(row("gan", { estimates: [parzen], doNotRank: noDensityAtAll }))
    expect(shown).toBe("none")
    expect(note).toContain("Parzen log p(x): 200.00 ± 2.0 nats (estimate); do not rank")
  })
  it("tell a figure once, also where the line was read from a file", () => {
    const parzen = { ...figure(88), note: `${densityOfBits}; do not rank by it` }
    const line = row("parzen", { figure: parzen, estimates: [{ ...parzen }], doNotRank: parzen.note })
    expect(cellsOf(line).note).toBe(`do not rank: ${parzen.note}`)
  })
  it("say what an estimate rests on", () => {
    const annealed = { ...figure(90, "estimate"), note: "AIS; too good on average" }
    expect(cellsOf(row("rbm", { figure: annealed, estimates: [annealed] })).note).toBe("AIS; too good on average")
    expect(cellsOf(row("vae", { figure: { ...figure(90, "bound"), note: "x" } })).note).toBe("")
  })
  it("give an error its sentence", () =>
    expect(cellsOf(row("a", { error: { code: "data", message: "No.", hint: "" } }))).toMatchObject({
      figure: "",
      note: "No.",
    }))
})

describe("a figure", () => {
  const seen = (dataset: Dataset, binarize: "none" | "dynamic" = "none") => ({
    dataset,
    split: "test" as const,
    preprocessing: { binarize, dequantize: false },
  })
  const of = (quantity: string, kind: "exact" | "baseline" = "exact"): Estimate => ({
    quantity,
    kind,
    value: 1,
    unit: "nats",
  })
  it("is −log p(x) of the model itself, else −ELBO, else none", () => {
    expect(figureOf([of("−log p(x)", "baseline"), of("−ELBO"), of("−log p(x)")])).toEqual(of("−log p(x)"))
    expect(figureOf([of("−ELBO"), of("reconstruction")])).toEqual(of("−ELBO"))
    expect(figureOf([of("Parzen log p(x)")])).toBeUndefined()
  })
  it("of a density of real numbers on binary or on grey data is not ranked", () => {
    const model = pca.build({ latent: 2 }, [1, 4, 4])
    const preferred = { binarize: "none" }
    expect(whyNotRanked(model, preferred, seen(bits), figure(-9))).toBe(densityOfBits)
    expect(whyNotRanked(model, preferred, seen(grey), figure(-9))).toBe(densityOfGrey)
    const { support: _, ...unstated } = model
    expect(whyNotRanked(unstated, preferred, seen(bits), figure(-9))).toBe(densityOfBits)
  })
  it("of a model of bits on bits is ranked, on any way to zeros and ones", () => {
    const { config, build } = vae
    const model = build(config.parse({}), [1, 4, 4])
    expect(whyNotRanked(model, { binarize: "dynamic" }, seen(bits), figure(9))).toBeUndefined()
    expect(whyNotRanked(model, { binarize: "dynamic" }, seen(grey, "dynamic"), figure(9))).toBeUndefined()
  })
  it("given the label, or missing, is not ranked", () => {
    const model = { ...rbm.build(rbm.config.parse({}), [1, 4, 4]), classes: 2 }
    expect(whyNotRanked(model, { binarize: "dynamic" }, seen(bits), figure(9))).toContain("label")
    expect(whyNotRanked(model, { binarize: "dynamic" }, seen(bits), undefined)).toBe(noDensityAtAll)
  })
  it("in bits: 16 fair coins are 1 bit a dimension", () => {
    expect(inBits(figure(16 * Math.LN2), seen(bits), [1, 4, 4])).toBeCloseTo(1, 12)
    expect(inBits(figure(1), seen(grey), [1, 4, 4])).toBeUndefined()
  })
  it("of a trivial model that has a line of its own is not repeated", () => {
    const uniform: Estimate = { quantity: "uniform", kind: "baseline", value: 11, unit: "nats" }
    const measured = [{ preprocessing: "binary", data: seen(bits), estimates: [uniform] }]
    const receipt = () => ({ seed: 0, eidos: "1", command: "" })
    expect(baselineRows([...measured, ...measured], [], bits, receipt).map(({ model }) => model)).toEqual(["uniform"])
    expect(baselineRows(measured, ["uniform"], bits, receipt)).toEqual([])
  })
})

describe("the plan of a board", () => {
  it("gives a model its default length within the budget, and a closed form neither", () => {
    expect(entryOf("vae", plan).config.training).toMatchObject({ steps: vae.training.steps, minutes: 0.5, seed: 3 })
    expect(entryOf("marginal", plan).config.training.minutes).toBeUndefined()
  })
  it("takes the preset that has the data's name", () => {
    const { config } = entryOf("vae", { ...plan, dataset: { ...bits, name: "mnist-binarized" } })
    expect(config).toMatchObject({ preset: "mnist-binarized", config: { latent: 50 } })
  })
  it("has one digest for one configuration, wherever the data lie, and another for another version, seed or data", () => {
    const { digest } = entryOf("vae", plan)
    const elsewhere = { ...plan, shared: { ...plan.shared, dataDir: "/somewhere" } }
    expect(entryOf("vae", elsewhere).digest).toBe(digest)
    const others = [
      { ...plan, eidos: "1.0.1" },
      { ...plan, shared: { ...plan.shared, seed: 4 } },
      { ...plan, dataset: { ...bits, digest: "e".repeat(64) } },
      { ...plan, budgetSeconds: 60 },
    ]
    expect(new Set([digest, ...others.map((other) => entryOf("vae", other).digest)]).size).toBe(5)
  })
  it("leaves out what cannot be trained on the data, with the reason", () => {
    const { entries, left } = planAll(plan)
    expect(entries.map(({ model }) => model)).toContain("vae")
    expect(left.find(({ model }) => model === "classifier")?.reason).toContain("labels")
    expect(entries.length + left.length).toBeGreaterThan(3)
  })
})

describe("the command of a line", () => {
  const entry = entryOf("vae", plan)
  const words = (steps?: number) => commandOf(entry, steps === undefined ? undefined : { steps })
  it("asks for the budget before the run, and for nothing but the run once it came to its end", () => {
    expect(words().argv.join(" ")).toMatch(
      /^eidos train vae --data bits --steps 5000 --minutes 0.5 --seed 3 --threads 1$/,
    )
    expect(words(5000).argv.join(" ")).toBe("eidos train vae --data bits --steps 5000 --seed 3 --threads 1")
  })
  it("asks for the steps taken where the budget cut a constant rate short", () => {
    const { argv, repeats } = words(100)
    expect(argv.join(" ")).toContain(
      "--steps 100 --seed 3 --threads 1 --log-every 50 --validate-every 50 --save-every 50",
    )
    expect(repeats).toBe("bit for bit")
  })
  it("says that only the same minutes repeat a falling rate that was cut short", () => {
    const falling = entryOf("rbm", plan)
    expect(falling.config.training.schedule.name).not.toBe("constant")
    const { argv, repeats } = commandOf(falling, { steps: 100 })
    expect(argv).toContain("--minutes")
    expect(repeats).toBe("as far as the same minutes reach")
  })
})
