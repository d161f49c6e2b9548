// How a JavaScript peer is timed: the same protocol as protocol.py, whose comments say why.

import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { homedir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"

export const BATCH = 128
export const PIXELS = 784
export const HIDDEN = 400
export const LATENT = 20
export const LEARNING_RATE = 1e-3
export const INK = 0.3 // share of ones in the binary batch

const peersFolder = process.env.EIDOS_PEERS ?? join(homedir(), ".cache", "eidos-peers")
const nodeFolder = join(peersFolder, "node")

/** `require` as if from the folder where install.sh put the npm peers. */
export const requirePeer = createRequire(join(nodeFolder, "package.json"))

export const packageFolder = (name) => join(nodeFolder, "node_modules", name)

export const packageVersion = (name) =>
  JSON.parse(readFileSync(join(packageFolder(name), "package.json"), "utf8")).version

export const options = ({ rounds = 9, inner = 8 } = {}) => {
  const { values } = parseArgs({
    options: {
      threads: { type: "string", default: "1" },
      rounds: { type: "string", default: `${rounds}` },
      inner: { type: "string", default: `${inner}` }, // steps in a round
    },
  })
  return { threads: Number(values.threads), rounds: Number(values.rounds), inner: Number(values.inner) }
}

/** A batch of independent bits, the same in every process. */
export const binaryBatch = () => {
  let state = 1
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0 // Numerical Recipes' generator: enough for a batch of dots
    return state / 2 ** 32
  }
  return Float32Array.from({ length: BATCH * PIXELS }, () => (uniform() < INK ? 1 : 0))
}

const roundMs = async (step, ready, inner) => {
  const start = performance.now()
  let last
  for (let i = 0; i < inner; i++) last = await step()
  await ready(last)
  return (performance.now() - start) / inner
}

// Rounds of at least 10 steps together, until two in a row are not 5 % faster than the best; 20 rounds at most.
const warmUp = async (step, ready, inner) => {
  let best = Number.POSITIVE_INFINITY
  let level = 0
  for (let done = 1; done <= 20; done++) {
    const ms = await roundMs(step, ready, inner)
    level = ms > 0.95 * best ? level + 1 : 0
    best = Math.min(best, ms)
    if (done * inner >= 10 && level >= 2) return
  }
}

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

const complaint = (first, last) => {
  const expected = PIXELS * Math.LN2 // nats: logits near 0, KL near 0
  if (!(Math.abs(first - expected) < 0.05 * expected))
    return `the first loss is ${first.toFixed(1)}, not near ${expected.toFixed(1)} nats`
  return last < first ? undefined : `the loss did not fall: ${first.toFixed(1)} to ${last.toFixed(1)} nats`
}

/** Times `step`, prints the result, and exits non-zero when the training was not right. */
export const timeDenseVae = async ({ step, ready, rounds, inner, ...who }) => {
  const lossFirst = await ready(await step())
  await warmUp(step, ready, inner)
  const roundsMs = []
  for (let i = 0; i < rounds; i++) roundsMs.push(await roundMs(step, ready, inner))
  const lossLast = await ready(await step())
  const result = {
    ...who,
    workload: "dense-vae",
    batch: BATCH,
    medianMs: median(roundsMs),
    roundsMs,
    lossFirst,
    lossLast,
  }
  process.stdout.write(`${JSON.stringify(result)}\n`, () => {
    const wrong = complaint(lossFirst, lossLast)
    if (wrong !== undefined) console.error(wrong)
    process.exit(wrong === undefined ? 0 : 1) // explicit: idle worker threads would keep the process alive
  })
}
