/** Cross-entropy on grey targets is no negative log-likelihood: even a perfect reconstruction does not reach zero. */
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { ndarray } from "../../src/core/array.ts"
import { mnist } from "../../src/data/mnist.ts"
import { fillEvents } from "../../src/data/preprocess.ts"
import { bernoulli } from "../../src/dist/bernoulli.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/index.ts"
import { compile } from "../../src/runtime/ort-node.ts"

/** Nats an image that a decoder pays whose every mean is the pixel itself. */
async function perfectReconstruction(x: Float32Array, dimensions: number): Promise<number> {
  const shape = [x.length / dimensions, dimensions]
  const graph = graphOf({ nats: bernoulli(input("logits", shape)).logProb(input("x", shape)) })
  const program = await compile(graph)
  const logits = ndarray(
    shape,
    x.map((p) => Math.max(-40, Math.min(40, Math.log(p / (1 - p))))),
  )
  const { nats } = await program.run({ logits, x: ndarray(shape, x) })
  await program.dispose()
  return -nats!.data.reduce((a, b) => a + b, 0) / shape[0]!
}

const entropy = (p: number): number => (p <= 0 || p >= 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log(1 - p))

const dataDir = process.env["EIDOS_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url))
const here = existsSync(join(dataDir, "mnist"))

describe("a perfect reconstructor", () => {
  it("of grey pixels still pays their entropy, and of binary ones nothing", async () => {
    const grey = Float32Array.from({ length: 600 }, (_, i) => (i % 256) / 255)
    const floor = grey.reduce((total, p) => total + entropy(p), 0) / 6
    expect(await perfectReconstruction(grey, 100)).toBeCloseTo(floor, 3)
    expect(floor).toBeGreaterThan(30)
    expect(
      await perfectReconstruction(
        grey.map((p) => (p > 0.5 ? 1 : 0)),
        100,
      ),
    ).toBeCloseTo(0, 6)
    expect(await perfectReconstruction(new Float32Array(784).fill(0.5), 784)).toBeCloseTo(784 * Math.LN2, 1)
  })
  it.skipIf(!here)(
    `of MNIST's grey digits reports a floor of 45.7 nats${here ? "" : ` (skipped: no mnist in ${dataDir})`}`,
    async () => {
      const data = await mnist({ dataDir, cacheDir: join(tmpdir(), "eidos-no-cache"), offline: true })
      const count = 10_000
      const prepared = (binarize: "none" | "dynamic") => {
        const x = new Float32Array(count * 784)
        const indices = Uint32Array.from({ length: count }, (_, i) => i)
        fillEvents(
          data.splits.test,
          "test",
          indices,
          { binarize, dequantize: false },
          256,
          { seed: 0, epoch: 0 },
          x,
          784,
        )
        return x
      }
      expect(await perfectReconstruction(prepared("none"), 784)).toBeCloseTo(45.7, 0)
      expect(await perfectReconstruction(prepared("dynamic"), 784)).toBeCloseTo(0, 6)
    },
  )
})
