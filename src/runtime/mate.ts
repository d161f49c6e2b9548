/**
 * Threads that stay awake for the next job: a worker is told through shared memory and answers there, so that a job costs under a
 * microsecond to hand over where messages cost fifty. Between jobs it watches for a moment, then sleeps.
 */
import { Worker } from "node:worker_threads"
import { EidosError } from "../core/errors.ts"
import type { Mate } from "./bound.ts"

export const mateSilent = (reason: string): string => `runtime: a thread beside this one does not work: ${reason}`

const [turn, done, awake] = [0, 16, 32] // places in the control words, each on a cache line of its own: the job's number, the last one done, whether the thread is up
const [starting, working, broken] = [0, 1, 2]
const mostNumbers = 32
const watchMs = 0.1
const patienceMs = 60_000
const reasonBytes = 512

const program = (prepare: string): string => `
const { workerData: { control, job, reason, data } } = require("node:worker_threads")
const next = (seen) => {
  for (let end = performance.now() + ${watchMs}; performance.now() < end; )
    for (let i = 0; i < 256; i++) if (Atomics.load(control, ${turn}) !== seen) return seen + 1
  while (Atomics.load(control, ${turn}) === seen) Atomics.wait(control, ${turn}, seen)
  return seen + 1
}
const tell = (place, value) => { Atomics.store(control, place, value); Atomics.notify(control, place) }
try {
  const work = (${prepare})(data)
  let numbers = job.subarray(2, 2)
  tell(${awake}, ${working})
  for (let seen = 0; ; ) {
    seen = next(seen)
    if (numbers.length !== job[0]) numbers = job.subarray(2, 2 + job[0])
    job[1] = work(numbers) ?? 0
    tell(${done}, seen)
  }
} catch (error) {
  new TextEncoder().encodeInto(String(error?.message ?? error), reason)
  tell(${awake}, ${broken})
  tell(${done}, -1)
}
`

/** A thread whose work is a function of a job's numbers, made by `prepare`: JavaScript of a function from `data` to it. The numbers are the thread's until the job is done. */
export function openMate(prepare: string, data: unknown): Mate {
  const control = new Int32Array(new SharedArrayBuffer(4 * 48))
  const job = new Float64Array(new SharedArrayBuffer(8 * (2 + mostNumbers)))
  const reason = new Uint8Array(new SharedArrayBuffer(reasonBytes))
  const worker = new Worker(program(prepare), { eval: true, workerData: { control, job, reason, data } })
  worker.unref()
  let given = 0

  const failure = () => {
    const text = new TextDecoder().decode(reason.slice(0, reason.indexOf(0)))
    return new EidosError("failed", mateSilent(text || "it does not start."))
  }
  return {
    start(...numbers) {
      job[0] = numbers.length
      job.set(numbers, 2)
      Atomics.store(control, turn, ++given)
      Atomics.notify(control, turn)
    },
    finish() {
      if (Atomics.load(control, awake) === starting) Atomics.wait(control, awake, starting, patienceMs)
      if (Atomics.load(control, awake) !== working) throw failure()
      for (let end = performance.now() + watchMs; performance.now() < end; )
        for (let i = 0; i < 256; i++) if (Atomics.load(control, done) === given) return job[1]!
      for (;;) {
        const finished = Atomics.load(control, done)
        if (finished === given) return job[1]!
        if (finished < 0) throw failure()
        Atomics.wait(control, done, finished)
      }
    },
    async dispose() {
      await worker.terminate()
    },
  }
}
