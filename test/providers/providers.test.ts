/**
 * Every provider computes what the reference does: each op's examples, each op on its range, each model's training step and laws.
 * `npm run providers` does the same on every provider there is and records it in `docs/providers.json`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import ort from "onnxruntime-node"
import { describe, expect, it } from "vitest"
import { allCases, isLeft, records } from "./cases.ts"
import { chromiumVersion, columns, isRecording } from "./columns.ts"
import { different, judged, type Verdict } from "./judge.ts"
import { type Run, recordOf } from "./record.ts"

const recordFile = new URL("../../docs/providers.json", import.meta.url)
const minutes = 60_000

const chosen = columns.filter(({ isExtra }) => isRecording || !isExtra)
const present = chosen.filter(({ missing }) => missing === undefined)
for (const { name, missing } of chosen) if (missing) console.log(`${name} is skipped: ${missing}.`)

const cases = await allCases()
const runs = new Map<string, Run>()
const outcomesOf = (name: string) => runs.get(name)!.outcomes
const failures = (verdicts: readonly Verdict[], kind: Verdict["kind"]): string[] =>
  verdicts.filter((verdict) => verdict.kind === kind && !verdict.passes).map(({ name, error }) => `${name}: ${error}`)

describe.each(present)("$name", (column) => {
  it("runs every program, none of it on another provider", { timeout: 10 * minutes }, async () => {
    const outcomes = await column.run()
    const asked = cases.filter((one) => !isLeft(one, column.leaves))
    expect(outcomes.length).toBe(asked.length)
    runs.set(column.name, { column, outcomes, verdicts: judged(asked, outcomes, column.provider) })
    expect(outcomes.flatMap(({ name, error }) => (error ? [`${name}: ${error}`] : []))).toEqual([])
  })
  it("computes each example of each op as the reference does", () =>
    expect(failures(runs.get(column.name)!.verdicts, "example")).toEqual([]))
  it("never gives NaN where an op promises numbers", () =>
    expect(failures(runs.get(column.name)!.verdicts, "range")).toEqual([]))
  it("computes the gradient of each model's step as the reference does", () =>
    expect(failures(runs.get(column.name)!.verdicts, "step")).toEqual([]))
  it("keeps the laws of each model in its own numbers, which are the reference's", () =>
    expect(failures(runs.get(column.name)!.verdicts, "law")).toEqual([]))
})

const twins = present.flatMap(({ name, beside }) => (beside?.isTwin ? [{ name, other: beside.name }] : []))
describe.skipIf(twins.length === 0)("the same library with the same number of threads", () => {
  it.each(twins)("gives the bits of $other in $name", ({ name, other }) =>
    expect(different(outcomesOf(name), outcomesOf(other))).toEqual([]),
  )
})

describe("docs/providers.json", () => {
  it.runIf(isRecording)("is recorded once everything passes", () => {
    const failed = [...runs.values()].flatMap(({ verdicts }) => verdicts.filter(({ passes }) => !passes))
    expect(failed.map(({ name }) => name)).toEqual([])
    const runtime = ort.env.versions.node!
    const record = recordOf([...runs.values()], { runtime, browser: chromiumVersion() })
    writeFileSync(recordFile, `${JSON.stringify(record, null, 2)}\n`)
  })
  it("names every op that has examples; `npm run providers` writes it anew", () => {
    const { ops } = JSON.parse(readFileSync(recordFile, "utf8"))
    const expected = records.filter(({ examples }) => examples.length > 0).map(({ name }) => name)
    expect(Object.keys(ops)).toEqual([...new Set(expected)].sort())
  })
})
