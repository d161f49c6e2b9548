import type { NdArray } from "../../src/core/array.ts"
import type { Graph } from "../../src/graph/graph.ts"
import type { Program } from "../../src/runtime/program.ts"
import type { Case } from "./case.ts"
import { allCases, isLeft } from "./cases.ts"
import { inOneContext } from "./context.ts"

/** What became of a case: its results by output as the bits of their floats, or why there are none. */
export interface Outcome {
  readonly name: string
  readonly results?: Readonly<Record<string, { readonly shape: readonly number[]; readonly bits: readonly number[] }>>
  readonly error?: string
}

/** Runs every case on one provider, one after the other, but for the laws of models that are left out. */
export async function outcomes(
  compile: (graph: Graph) => Promise<Program>,
  leaves: readonly string[] = [],
): Promise<Outcome[]> {
  const cases = (await allCases()).filter((one) => !isLeft(one, leaves))
  return inOneContext(compile, async () => {
    const found: Outcome[] = []
    for (const one of cases) found.push(await outcome(one, compile))
    return found
  })
}

async function outcome({ name, graph, feeds }: Case, compile: (graph: Graph) => Promise<Program>): Promise<Outcome> {
  try {
    const program = await compile(graph)
    const results = await program.run(feeds)
    await program.dispose()
    return { name, results: Object.fromEntries(Object.entries(results).map(([port, array]) => [port, bitsOf(array)])) }
  } catch (error) {
    return { name, error: (error as Error).message }
  }
}

const bitsOf = ({ shape, data }: NdArray) => ({
  shape: [...shape],
  bits: Array.from(new Uint32Array(Float32Array.from(data).buffer)),
})
