/** Training on a device is training: the processor's numbers, no bit lost by stopping, no memory kept. */
import { beforeAll, describe, expect, it } from "vitest"
import { tolerances } from "./case.ts"
import { resultIn, trainingPlaces } from "./columns.ts"
import type { Seen } from "./train-in-node.ts"

const models = process.env["EIDOS_RECORD"] === undefined ? "few" : "all"
for (const { device, missing } of trainingPlaces)
  if (missing) console.log(`Training on ${device} is skipped: ${missing}.`)
const places = trainingPlaces.filter(({ missing }) => missing === undefined)

it.skipIf(places.length > 0)("has no device here", () => {})

describe.each(places)("training on $device", ({ device, env }) => {
  let seen: Seen
  beforeAll(async () => {
    seen = await resultIn("train-in-node", [device, models], env)
  }, 600_000)

  it("gives the processor's weights and slots after five steps, by every model and optimiser tried", () => {
    const tolerance = tolerances[device as "webgpu" | "cuda"].step
    const wrong = Object.entries(seen.distances).filter(([, found]) => !(Number(found) <= tolerance))
    expect(wrong).toEqual([])
    expect(Object.keys(seen.distances).length).toBeGreaterThan(7)
  })
  it("goes on from where it stopped with the same bits", () =>
    expect(Object.values(seen.resumes)).toEqual([true, true, true]))
  it("grows by less than 10 MB over 300 steps", () => expect(seen.grown).toBeLessThan(10))
})
