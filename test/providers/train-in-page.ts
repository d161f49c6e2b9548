/** What a page offers to the test that opened it: states of a few trainings by `eidos/web`, as numbers. */
import type { Parameters } from "../../src/graph/parameter.ts"
import { compile, type WebDevice } from "../../src/runtime/ort-web.ts"
import { openWebExecutor } from "../../src/train/train-web.ts"
import { type TrainingState, train } from "../../src/web.ts"
import { beginning, copied, setupOf, type Tiny } from "../laws/tiny.ts"
import { inOneContext } from "./context.ts"
import { few, imageSteps, imagesSetup, steps, stop } from "./few.ts"

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

/** Weights after steps on images, how many workers of eidos' own were asked for, and what was warned of. */
export interface Shared {
  readonly weights: Numbers
  readonly workers: number
  readonly warnings: readonly string[]
}

/** Trains on images with two threads; the workers' module may be missing, as where a bundler left it behind. */
async function shared(isThere: boolean): Promise<Shared> {
  const { Worker } = globalThis
  let workers = 0
  globalThis.Worker = class extends Worker {
    constructor(address: string | URL, options?: WorkerOptions) {
      const isOurs = String(address).endsWith("web-lane-worker.js")
      super(isOurs && !isThere ? new URL("./missing.js", address) : address, options)
      if (isOurs) workers++
    }
  }
  const warnings: string[] = []
  const { warn } = console
  console.warn = (text: string) => warnings.push(text)
  const executor = await openWebExecutor({ ...imagesSetup(), device: { provider: "wasm", threads: 2 } })
  await executor.run(1, imageSteps)
  const weights = numbers({ parameters: executor.parameters(), slots: new Map() })
  await executor.dispose()
  console.warn = warn
  globalThis.Worker = Worker
  return { weights, workers, warnings }
}
const sharedBothWays = async () => ({ there: await shared(true), missing: await shared(false) })
Object.assign(globalThis, { statesOn, sharedBothWays, isReady: true })
