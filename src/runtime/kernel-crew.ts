/**
 * Fused kernels on several threads over shared memory: elementwise work on large vectors is bound by memory, and one thread
 * does not use all of its bandwidth. Every number is computed as one thread would, so that the bits do not depend on the crew.
 */
import type { Crew } from "./crew.ts"
import { type FlatMemory, type KernelModule, kernelModule, loadKernel } from "./flat.ts"
import { openMate } from "./mate.ts"

/** Runs the kernel whose number comes first in a job on the job's other numbers. */
const prepare = `({ memory, modules }) => {
  const kernels = modules.map(({ name, module }) => new WebAssembly.Instance(module, { memory: { memory } }).exports[name])
  return (job) => void kernels[job[0]](...job.subarray(1))
}`

// These look at the whole vector at once.
const indivisible = new Set<KernelModule>(["rescale"])

/** Threads beside this one, over flat memory that is shared. */
export function openCrew({ memory }: FlatMemory, threads: number, names: readonly KernelModule[]): Crew {
  const modules = names.map((name) => ({ name, module: kernelModule(name, true) }))
  const mates = Array.from({ length: threads - 1 }, () => openMate(prepare, { memory, modules }))
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
        for (const [i, mate] of mates.entries()) mate.start(index, ...range(i + 1))
        kernel(...range(0))
        for (const mate of mates) mate.finish()
      }
    },
    async dispose() {
      for (const mate of mates) await mate.dispose()
    },
  }
}
