import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { openMetrics, readMetrics, truncateMetrics } from "./metrics.ts"

const root = mkdtempSync(join(tmpdir(), "eidos-metrics-"))
const path = join(root, "metrics.jsonl")
beforeEach(() => rmSync(path, { force: true }))
afterAll(() => rmSync(root, { recursive: true }))

const log = (...steps: number[]) => {
  const metrics = openMetrics(path)
  for (const step of steps) metrics.append({ step, split: "train", loss: step / 3 })
  metrics.close()
}
const steps = () => readMetrics(path).map(({ step }) => step)

describe("a metrics log", () => {
  it("reads as it was written, NaN and infinities included", () => {
    const record = {
      step: 1,
      loss: Number.NaN,
      bound: Number.NEGATIVE_INFINITY,
      parts: { kl: Number.POSITIVE_INFINITY, n: 1e-300 },
    }
    const metrics = openMetrics(path)
    metrics.append(record)
    metrics.close()
    expect(readFileSync(path, "utf8")).toBe(
      '{"step":1,"loss":"NaN","bound":"-Infinity","parts":{"kl":"Infinity","n":1e-300}}\n',
    )
    expect(readMetrics(path)).toEqual([record])
  })

  it("reads up to any byte at which a kill tore it, and goes on from there", () => {
    log(1, 2, 3)
    const whole = readFileSync(path)
    for (let bytes = 0; bytes <= whole.length; bytes++) {
      writeFileSync(path, whole.subarray(0, bytes))
      const before = steps()
      expect([1, 2, 3].slice(0, before.length)).toEqual(before)
      log(9)
      expect(steps()).toEqual([...before, 9])
    }
  })

  it("names the line that is not a record", () => {
    log(1)
    appendFileSync(path, "{\n")
    expect(() => readMetrics(path)).toThrow(/metrics\.jsonl, line 2: this is not JSON/)
  })

  it("takes nothing after it is closed", () => {
    const metrics = openMetrics(path)
    metrics.close()
    metrics.close()
    expect(() => metrics.append({ step: 1 })).toThrow(/closed/)
  })
})

describe("truncateMetrics", () => {
  it("drops what a run logged after the checkpoint it resumes from", () => {
    log(1, 2, 3, 4)
    appendFileSync(path, '{"step":5,"lo')
    truncateMetrics(path, 2)
    log(3, 4, 5)
    expect(steps()).toEqual([1, 2, 3, 4, 5])
  })

  it("leaves a log alone that ends before, and needs none", () => {
    truncateMetrics(path, 2)
    log(1, 2)
    truncateMetrics(path, 2)
    expect(steps()).toEqual([1, 2])
  })
})
