/** What this processor can do that operators are chosen by. */
import { fillUniform } from "../core/random.ts"
import { sizeOf } from "../core/shape.ts"
import { graphOf } from "../graph/graph.ts"
import { conv, geometryOf, input } from "../graph/ops/index.ts"
import type { Target } from "../graph/tensor.ts"
import { lower } from "../onnx/lower.ts"
import { openSession, toTensor } from "./ort-node.ts"

let probing: Promise<Target> | undefined

/** ONNX Runtime's CPU provider on this machine; the first call finds out, in some milliseconds, whether blocked convolutions work. */
export const cpuTarget = (): Promise<Target> => {
  probing ??= probe()
  return probing
}

const blocks = [16, 8] as const // channels: what processors with 512 and with 256 bits a register use

/** The largest block whose convolutions equal the plain ones; a block of the wrong size gives other numbers, not an error. */
async function probe(): Promise<Target> {
  const [x, w] = [input("x", [1, 32, 4, 4]), input("w", [16, 32, 3, 3])]
  const graph = graphOf({ y: conv(x, w, geometryOf({ padding: 1 })) })
  const feeds = Object.fromEntries(
    [x, w].map(({ attrs: { name }, shape }) => {
      const data = fillUniform({ seed: 0, name }, new Float32Array(sizeOf(shape)))
      return [name, toTensor({ shape, data })]
    }),
  )
  const resultOf = async (target: Target): Promise<Float32Array> => {
    const session = await openSession(lower(graph, { target }), { threads: 1 })
    try {
      return (await session.run(feeds))["y"]!.data as Float32Array
    } finally {
      await session.release()
    }
  }
  const plain = await resultOf({ provider: "cpu" })
  for (const block of blocks) {
    const found = await resultOf({ provider: "cpu", block }).catch(() => undefined)
    if (found?.every((value, i) => Math.abs(value - plain[i]!) < 1e-4 * Math.abs(plain[i]!)))
      return { provider: "cpu", block }
  }
  return { provider: "cpu" }
}
