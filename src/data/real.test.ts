import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { histogramBitsPerDim, marginalBernoulliNats, pixelHistogramBitsPerDim } from "./baselines.ts"
import { amatToIdx, mnistBinarized } from "./binarized.ts"
import { sha256, splitNames } from "./digest.ts"
import { idxDataset } from "./file.ts"
import { loadDataset } from "./load.ts"
import { mnist } from "./mnist.ts"

const dataDir = process.env["EIDOS_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url))
const here = existsSync(join(dataDir, "mnist"))
const skipped = here ? "" : ` (skipped: no folder mnist in ${dataDir}; set EIDOS_DATA)`
const local = { dataDir, cacheDir: join(tmpdir(), "eidos-no-cache"), offline: true }
const counts = (dataset: Awaited<ReturnType<typeof mnist>>) => splitNames.map((name) => dataset.splits[name].count)

describe.skipIf(!here)(`real data${skipped}`, () => {
  it("MNIST has 55,000 + 5,000 + 10,000 labelled digits", async () => {
    const data = await mnist(local)
    expect(counts(data)).toEqual([55_000, 5_000, 10_000])
    expect([...data.splits.validation.labels!.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9])
    expect(data.digest).toMatchSnapshot()
    expect(counts(await mnist({ ...local, validation: 10_000 }))).toEqual([50_000, 10_000, 10_000])
  })

  it("MNIST's ones, fives and sixes are 16,583 + 2,985 images", async () => {
    const data = await loadDataset({ data: "mnist", digits: [1, 5, 6], ...local })
    expect(data.splits.train.count).toBe(16_583)
    expect(data.splits.test.count).toBe(2_985)
    expect([...new Set(data.splits.train.labels)].sort()).toEqual([1, 5, 6])
  })

  it("the fixed binarization costs 206 nats by its marginals", async () => {
    const { splits, levels, digest } = await mnistBinarized(local)
    expect(levels).toBe(2)
    expect(digest).toMatchSnapshot()
    const nats = marginalBernoulliNats({
      train: splits.train.pixels as Uint8Array,
      test: splits.test.pixels as Uint8Array,
      eventSize: 784,
    })
    console.log("marginal Bernoulli on the fixed binarization:", nats)
    expect(nats.value).toBeGreaterThan(205.5)
    expect(nats.value).toBeLessThan(207)
  })

  it("histograms of grey MNIST beat 8 bits, and a histogram for each pixel beats one for all", async () => {
    const { splits } = await mnist(local)
    const grey = { train: splits.train.pixels as Uint8Array, test: splits.test.pixels as Uint8Array, eventSize: 784 }
    const one = histogramBitsPerDim(grey)
    const each = pixelHistogramBitsPerDim(grey)
    console.log("grey MNIST bits/dim, one histogram and one a pixel:", one, each)
    expect(one.value).toBeLessThan(2.5)
    expect(each.value).toBeLessThan(one.value)
  })

  it("Frey faces become shuffled splits named after their folder", async () => {
    const faces = await idxDataset(join(dataDir, "freyfaces", "images-idx3-ubyte.gz"), { seed: 0 })
    expect([faces.name, faces.event, faces.levels, counts(faces)]).toEqual([
      "freyfaces",
      [1, 28, 20],
      256,
      [1573, 196, 196],
    ])
  })

  it("the published text of the fixed binarization becomes the pinned file", async () => {
    const packed = await readFile(join(dataDir, "binarized-mnist", "test-images-idx3-ubyte.gz"))
    const idx = gunzipSync(packed)
    const rows = Array.from({ length: 10_000 }, (_, i) => idx.subarray(16 + 784 * i, 16 + 784 * (i + 1)).join(" "))
    const text = Buffer.from(`${rows.join("\n")}\n`)
    // sha256 of the published binarized_mnist_test.amat
    expect(sha256(text)).toBe("e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c")
    expect(sha256(amatToIdx(text, "test.amat"))).toBe(sha256(idx))
  })

  it("MNIST is fetched from a mirror once; the second use needs no network", async () => {
    const cacheDir = await mkdtemp(join(tmpdir(), "eidos-mnist-"))
    let requests = 0
    const server = createServer(async (request, response) => {
      requests++
      response.end(await readFile(join(dataDir, "mnist", request.url!.slice(1))))
    })
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
    const mirrors = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/`]
    const first = await mnist({ cacheDir, mirrors })
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
    const second = await mnist({ cacheDir, mirrors })
    expect(requests).toBe(4)
    expect(second.digest).toBe(first.digest)
    await rm(cacheDir, { recursive: true })
  })
})
