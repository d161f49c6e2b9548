/** Training on a device is training: the processor's numbers, no bit lost by stopping, no memory kept. */
import { beforeAll, describe, expect, it } from "vitest"
import type { Parameters } from "../../src/graph/parameter.ts"
import { workerSilent } from "../../src/runtime/web-lane.ts"
import { openExecutor } from "../../src/train/open-executor.ts"
import { beginning, setupOf, trained, worstOf } from "../laws/tiny.ts"
import { tolerances } from "./case.ts"
import { inChromium, isRecording, noChromium, resultIn, trainingPlaces } from "./columns.ts"
import { few, imageSteps, imagesSetup, steps } from "./few.ts"
import type { Seen } from "./train-in-node.ts"
import type { PageStates, Shared } from "./train-in-page.ts"
import { chromium } from "./vulkan.ts"

const models = isRecording ? "all" : "few"
for (const { device, missing } of trainingPlaces)
  if (missing) console.log(`Training on ${device} is skipped: ${missing}.`)
const places = trainingPlaces.filter(({ missing }) => missing === undefined)

it.skipIf(places.length > 0)("has no device here", () => {})

/** Where `eidos/web` trains. */
const pages = [{ provider: "wasm", threads: 2 }, { provider: "webgpu" }] as const
if (!chromium) console.log(`Training in a page is skipped: ${noChromium}.`)

describe.skipIf(!chromium).each(pages)("training in a page on %o", (device) => {
  let states: PageStates
  beforeAll(async () => {
    states = await inChromium("train-in-page", "statesOn", device)
  }, 300_000)

  it("gives the processor's weights and slots in Node, from the same seed", async () => {
    for (const tiny of few) {
      const { parameters, slots } = await trained(setupOf(tiny, await beginning(tiny), { steps }))
      const expected = new Map([...parameters, ...slots])
      const found = new Map(Object.entries(states[tiny.name]!.whole).map(([path, data]) => [path, { data }]))
      expect(worstOf(found, expected), tiny.name).toBeLessThan(tolerances[device.provider].step)
    }
  })
  it("goes on from where it stopped with the same bits", () => {
    for (const { whole, resumed } of Object.values(states)) expect(resumed).toEqual(whole)
  })
})

describe.skipIf(!chromium)("batches of images in a page with two threads", () => {
  let found: Readonly<Record<"there" | "missing", Shared>>
  let expected: Parameters
  beforeAll(async () => {
    found = await inChromium("train-in-page", "sharedBothWays")
    const executor = await openExecutor({ ...imagesSetup(), session: { threads: 1 } })
    await executor.run(1, imageSteps)
    expected = executor.parameters()
    await executor.dispose()
  })
  const expectNodesWeights = ({ weights }: Shared) => {
    const moved = new Map(Object.entries(weights).map(([path, data]) => [path, { data }]))
    expect(worstOf(moved, expected)).toBeLessThan(tolerances.wasm.step)
  }
  it("are worked on in shares by two workers, and move the weights as in Node", () => {
    expect(found.there).toMatchObject({ workers: 2, warnings: [] })
    expectNodesWeights(found.there)
  })
  it("stay whole where the workers' module is not found, which is said", () => {
    expect(found.missing.workers).toBe(2)
    expect(found.missing.warnings).toEqual([expect.stringContaining(workerSilent(""))])
    expectNodesWeights(found.missing)
  })
})

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
  it("grows by less than 10 MB over 60 steps", () => expect(seen.grown).toBeLessThan(10))
})
