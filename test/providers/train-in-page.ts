/** What a page offers to the test that opened it: states of a few trainings by `eidos/web`, as numbers. */
import type { Parameters } from "../../src/graph/parameter.ts"
import { compile, type WebDevice } from "../../src/runtime/ort-web.ts"
import { type TrainingState, train } from "../../src/web.ts"
import { beginning, copied, setupOf, type Tiny } from "../laws/tiny.ts"
import { inOneContext } from "./context.ts"
import { few, steps, stop } from "./few.ts"

/** Weights and slots by path. */
export type Numbers = Readonly<Record<string, readonly number[]>>

/** By model: the state after all steps, in one go and with a stop between. */
export type PageStates = Readonly<Record<string, { readonly whole: Numbers; readonly resumed: Numbers }>>

/** The state at the first snapshot. */
async function stateOf(tiny: Tiny, device: WebDevice, snapshotEvery: number, start: TrainingState) {
  for await (const { step, parameters, slots } of train({ ...setupOf(tiny, start, { steps, snapshotEvery }), device }))
    return { step, parameters: copied(parameters), slots: copied(slots) }
  throw new Error(`${tiny.name} took no steps.`)
}

const numbers = ({ parameters, slots }: { parameters: Parameters; slots: Parameters }): Numbers =>
  Object.fromEntries([...parameters, ...slots].map(([path, { data }]) => [path, [...data]]))

async function statesOf(device: WebDevice): Promise<PageStates> {
  const states: Record<string, PageStates[string]> = {}
  for (const tiny of few) {
    const start = await beginning(tiny)
    const half = await stateOf(tiny, device, stop, start)
    const [whole, resumed] = [await stateOf(tiny, device, steps, start), await stateOf(tiny, device, steps, half)]
    states[tiny.name] = { whole: numbers(whole), resumed: numbers(resumed) }
  }
  return states
}
const statesOn = (device: WebDevice) =>
  inOneContext(
    (graph) => compile(graph, device),
    () => statesOf(device),
  )
Object.assign(globalThis, { statesOn, isReady: true })
