import { afterEach, describe, expect, it } from "vitest"
import { EidosError } from "../core/errors.ts"
import type { Mate } from "./bound.ts"
import { mateSilent, openMate } from "./mate.ts"

const open: Mate[] = []
const opened = (prepare: string, data?: unknown): Mate => {
  open.push(openMate(prepare, data))
  return open.at(-1)!
}
afterEach(async () => {
  for (const mate of open.splice(0)) await mate.dispose()
})

describe("a thread that stays awake", () => {
  it("does its jobs in order, whether it was watching or asleep", async () => {
    const mate = opened("({ start }) => { let sum = start; return ([x, y]) => (sum += x * y) }", { start: 5 })
    let sum = 5
    for (let i = 0; i < 300; i++) {
      mate.start(i, 3)
      sum += 3 * i
      expect(mate.finish()).toBe(sum)
      if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })
  it("works beside this one", () => {
    const shared = new Int32Array(new SharedArrayBuffer(8))
    const mate = opened("(shared) => () => { Atomics.wait(shared, 0, 0); Atomics.store(shared, 1, 7) }", shared)
    mate.start()
    expect(Atomics.load(shared, 1)).toBe(0)
    Atomics.store(shared, 0, 1)
    Atomics.notify(shared, 0)
    mate.finish()
    expect(Atomics.load(shared, 1)).toBe(7)
  })
  it("says why it cannot work", () => {
    const unprepared = opened(`() => { throw new Error("no such module") }`)
    unprepared.start(1)
    expect(() => unprepared.finish()).toThrow(new EidosError("failed", mateSilent("no such module")))
    const faulty = opened("() => ([x]) => { if (x > 1) throw new RangeError('too large'); return x }")
    faulty.start(1)
    expect(faulty.finish()).toBe(1)
    faulty.start(2)
    expect(() => faulty.finish()).toThrow(new EidosError("failed", mateSilent("too large")))
    faulty.start(1)
    expect(() => faulty.finish()).toThrow(mateSilent("too large"))
  })
})
