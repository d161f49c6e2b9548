import { describe, expect, it } from "vitest"
import { fillUniform } from "../core/random.ts"
import { flatMemory, type KernelModule, layoutOf, loadKernel } from "./flat.ts"
import { openCrew } from "./kernel-crew.ts"

const names = ["p", "m", "v", "gradient"] as const
const kernels: readonly [KernelModule, vectors: number, numbers: readonly number[]][] = [
  ["adam", 4, [0.9, 0.999, 1e-3, 1e-8]],
  ["axpby", 2, [0.5, 0.25]],
  ["rescale", 1, [0.1]],
]

const filled = (length: number, shared: boolean) => {
  const flat = flatMemory(layoutOf([["w", [length]]]), names, { shared })
  for (const name of names) fillUniform({ seed: 1, name }, flat.vector(name))
  return flat
}

describe.each([1, 16, 100, 4099])("a vector of %i floats", (length) => {
  it.each(kernels)("gets the bits of one thread from three (%s)", async (name, vectors, numbers) => {
    const [alone, together] = [filled(length, false), filled(length, true)]
    const crew = openCrew(
      together,
      3,
      kernels.map(([kernel]) => kernel),
    )
    const one = await loadKernel(name, alone.memory)
    const three = await crew.load(name, vectors)
    for (let step = 0; step < 20; step++) {
      one(...names.slice(0, vectors).map(alone.offset), alone.layout.length, ...numbers)
      three(...names.slice(0, vectors).map(together.offset), together.layout.length, ...numbers)
    }
    await crew.dispose()
    for (const vector of names) expect(Array.from(together.vector(vector))).toEqual(Array.from(alone.vector(vector)))
  })
})
