/** What the page whose memory is watched offers to the program that opened it. */
import { subject } from "../scale/memory-subject.ts"
import { openWebKernel } from "./web-executor.ts"

const executor = openWebKernel({ ...subject(), threads: navigator.hardwareConcurrency })

/** Runs steps `first` … `first + count − 1`. */
async function train(first: number, count: number): Promise<void> {
  const metrics = await (await executor).run(first, count)
  if (!metrics.every(({ loss }) => Number.isFinite(loss))) throw new Error(`a loss after step ${first} is no number.`)
}
Object.assign(globalThis, { train, isReady: true })
