import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../core/array.ts"
import { fillUniform } from "../core/random.ts"
import { stepsToLeaveClass, tooFewFrames } from "./mixing.ts"

/** Frames of chains whose events are their class. */
const frames = (rows: readonly (readonly number[])[]): NdArray[] => rows.map((row) => ndarray([row.length, 1], row))
const itself = ({ data }: NdArray) => data

describe("the steps before a chain leaves its class", () => {
  it("are steps over changes, over all chains", async () => {
    const seen = await stepsToLeaveClass(
      frames([
        [1, 5],
        [1, 5],
        [2, 5],
        [2, 5],
      ]),
      itself,
    )
    expect([seen.taken, seen.changes, seen.steps]).toEqual([6, 1, 6])
  })
  it("are the mean stay of chains that leave with a known chance, within 3 standard errors", async () => {
    const u = (step: number) => fillUniform({ seed: 1, name: "leave", step }, new Float32Array(100))
    const rows = [new Array<number>(100).fill(0)]
    for (let t = 1; t <= 300; t++)
      rows.push(rows[t - 1]!.map((label, i) => (u(t)[i]! < 0.1 ? (label + 1) % 10 : label)))
    const { steps, standardError } = await stepsToLeaveClass(frames(rows), itself)
    expect(Math.abs(steps - 10)).toBeLessThan(3 * standardError)
    expect(standardError).toBeLessThan(0.3)
  })
  it("are infinite where no chain ever left, and the classifier is asked for each frame once", async () => {
    let asked = 0
    const classify = async (events: NdArray) => {
      asked++
      return events.data
    }
    expect((await stepsToLeaveClass(frames([[3], [3], [3]]), classify)).steps).toBe(Number.POSITIVE_INFINITY)
    expect(asked).toBe(3)
  })
  it("need two frames", () => expect(stepsToLeaveClass(frames([[1]]), itself)).rejects.toThrow(tooFewFrames(1)))
})
