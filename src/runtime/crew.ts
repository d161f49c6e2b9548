import { type FlatMemory, type Kernel, type KernelModule, loadKernel } from "./flat.ts"

/** Who works on flat memory: one thread, or several. */
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
