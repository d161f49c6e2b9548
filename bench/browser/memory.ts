/** What the page whose memory is watched offers to the program that opened it. */
import type { WebDevice } from "../../src/runtime/ort-web.ts"
import type { Executor } from "../../src/train/executor.ts"
import { openWebExecutor } from "../../src/train/train-web.ts"
import { type SubjectName, subject } from "../scale/memory-subject.ts"

let executor: Promise<Executor> | undefined

function open(name: SubjectName, provider: WebDevice["provider"]): void {
  const device = provider === "wasm" ? { provider, threads: navigator.hardwareConcurrency } : { provider }
  executor = openWebExecutor({ ...subject(name), device })
}

/** Runs steps `first` … `first + count − 1`. */
async function train(first: number, count: number): Promise<void> {
  const metrics = await (await executor!).run(first, count)
  if (!metrics.every(({ loss }) => Number.isFinite(loss))) throw new Error(`a loss after step ${first} is no number.`)
}
Object.assign(globalThis, { open, train, isReady: true })
