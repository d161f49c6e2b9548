/** Many programs in one context of a device. */
import { type Graph, graphOf } from "../../src/graph/graph.ts"
import { input, square } from "../../src/graph/ops/index.ts"
import type { Program } from "../../src/runtime/program.ts"

/** Works while a program is open: with its last one a GPU's context goes, and with it every shader that was compiled. */
export async function inOneContext<T>(compile: (graph: Graph) => Promise<Program>, work: () => Promise<T>): Promise<T> {
  const open = await compile(graphOf({ y: square(input("x", [1])) }))
  try {
    return await work()
  } finally {
    await open.dispose()
  }
}
