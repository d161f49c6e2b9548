/**
 * Fused kernels on several threads over shared memory: elementwise work on large vectors is bound by memory, and one thread
 * does not use all of its bandwidth. Every number is computed as one thread would, so that the bits do not depend on the crew.
 */
import { Worker } from "node:worker_threads"
import { EidosError } from "../core/errors.ts"
import { type FlatMemory, type Kernel, type KernelModule, kernelModule, loadKernel } from "./flat.ts"

export interface Crew {
  /** A kernel that takes byte offsets of so many vectors, the number of floats, and its numbers. */
  load(name: KernelModule, vectors: number): Promise<Kernel>
  dispose(): Promise<void>
}

/** One thread: the kernel itself. */
export const aloneOn = ({ memory }: FlatMemory): Crew => ({
  load: (name) => loadKernel(name, memory),
  dispose: async () => {},
})

const [turn, done] = [0, 1] // places in the control words: which job it is, and how many have finished it
const jobLength = 32 // numbers of a job: the kernel, how many arguments, the arguments
const patienceMs = 60_000

export const crewSilent = "runtime: a thread of the optimiser does not answer."

const program = `
const { workerData: { memory, modules, control, job } } = require("node:worker_threads")
const kernels = modules.map(({ name, module }) => new WebAssembly.Instance(module, { memory: { memory } }).exports[name])
for (let seen = 0; ; ) {
  Atomics.wait(control, ${turn}, seen)
  seen = Atomics.load(control, ${turn})
  kernels[job[0]](...job.subarray(2, 2 + job[1]))
  Atomics.add(control, ${done}, 1)
  Atomics.notify(control, ${done})
}
`

// These look at the whole vector at once.
const indivisible = new Set<KernelModule>(["rescale"])

/** Threads beside this one, over flat memory that is shared. */
export function openCrew({ memory }: FlatMemory, threads: number, names: readonly KernelModule[]): Crew {
  const modules = names.map((name) => ({ name, module: kernelModule(name, true) }))
  const control = new Int32Array(new SharedArrayBuffer(8))
  const mates = Array.from({ length: threads - 1 }, () => {
    const job = new Float64Array(new SharedArrayBuffer(8 * jobLength))
    const worker = new Worker(program, { eval: true, workerData: { memory, modules, control, job } })
    worker.unref()
    return { job, worker }
  })

  function wait(): void {
    for (;;) {
      const finished = Atomics.load(control, done)
      if (finished === mates.length) return
      if (Atomics.wait(control, done, finished, patienceMs) === "timed-out") throw new EidosError("failed", crewSilent)
    }
  }
  return {
    async load(name, vectors) {
      const kernel = await loadKernel(name, memory)
      if (indivisible.has(name)) return kernel
      const index = names.indexOf(name)
      return (...args) => {
        const [offsets, length, numbers] = [args.slice(0, vectors), args[vectors]!, args.slice(vectors + 1)]
        const part = 16 * Math.ceil(length / 16 / threads) // floats, whole cache lines
        const range = (i: number): number[] => {
          const start = Math.min(length, i * part)
          return [...offsets.map((offset) => offset + 4 * start), Math.min(length, start + part) - start, ...numbers]
        }
        Atomics.store(control, done, 0)
        for (const [i, { job }] of mates.entries()) job.set([index, args.length, ...range(i + 1)])
        Atomics.add(control, turn, 1)
        Atomics.notify(control, turn)
        kernel(...range(0))
        wait()
      }
    },
    async dispose() {
      for (const { worker } of mates) await worker.terminate()
    },
  }
}
