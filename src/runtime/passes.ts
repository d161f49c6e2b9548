import type { Optimizer } from "../optim/optimizer.ts"
import { aloneOn } from "./crew.ts"
import type { FlatMemory } from "./flat.ts"

/** An optimiser's kernels in turn over flat memory, in place; the gradient is read from the vector of that name, and one thread works, unless told. */
export async function openPasses(
  { passes }: Optimizer,
  flat: FlatMemory,
  gradient = "gradient",
  crew = aloneOn(flat),
): Promise<(learningRate: number, t: number) => void> {
  const opened = await Promise.all(
    passes.map(async ({ kernel, vectors, numbers }) => {
      const run = await crew.load(kernel, vectors.length)
      const offsets = vectors.map((name) => flat.offset(name === "gradient" ? gradient : name))
      return (rate: number, t: number) => run(...offsets, flat.layout.length, ...numbers(rate, t))
    }),
  )
  return (learningRate, t) => {
    for (const pass of opened) pass(learningRate, t)
  }
}
