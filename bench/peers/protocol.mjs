// A JavaScript peer as a program of Node's: its options, where it was installed, and the line it prints.

import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { homedir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { workloads } from "./batch.mjs"
import { complaint, timed } from "./timing.mjs"

const peersFolder = process.env.EIDOS_PEERS ?? join(homedir(), ".cache", "eidos-peers")
const nodeFolder = join(peersFolder, "node")

/** `require` as if from the folder where install.sh put the npm peers. */
export const requirePeer = createRequire(join(nodeFolder, "package.json"))

export const packageFolder = (name) => join(nodeFolder, "node_modules", name)

export const packageVersion = (name) =>
  JSON.parse(readFileSync(join(packageFolder(name), "package.json"), "utf8")).version

const text = (value) => ({ type: "string", default: value })

export const options = () => {
  const { values } = parseArgs({
    options: {
      workload: text("dense-vae"),
      batch: text("128"),
      threads: text("1"),
      rounds: text("9"),
      inner: { type: "string" }, // steps in a round; enough for a quarter of a second unless given
      "warm-up": text("15"), // seconds it may take at most
      "started-at": text(`${performance.timeOrigin}`), // epoch ms
    },
  })
  if (!(values.workload in workloads)) throw new Error(`no workload is called ${values.workload}.`)
  return {
    workload: values.workload,
    batch: Number(values.batch),
    threads: Number(values.threads),
    timing: {
      rounds: Number(values.rounds),
      inner: values.inner && Number(values.inner),
      warmUpSeconds: Number(values["warm-up"]),
      startedAt: Number(values["started-at"]),
    },
  }
}

/** The most memory this process has held. maxRSS would start from the size of the process that spawned it. */
const peakMemoryMB = () => {
  if (!existsSync("/proc/self/status")) return process.resourceUsage().maxRSS / 1024
  return Number(readFileSync("/proc/self/status", "utf8").match(/VmHWM:\s+(\d+)/)[1]) / 1024
}

/** Times the contestant, prints the result, and exits non-zero when the training was not right. */
export const timePeer = async (contestant, { workload, batch, threads, timing }, who) => {
  const measured = await timed(contestant, timing)
  const wrong = complaint(workloads[workload], measured)
  const result = { ...who, threads, workload, batch, ...measured, peakMemoryMB: peakMemoryMB() }
  process.stdout.write(`${JSON.stringify(result)}\n`, () => {
    if (wrong !== undefined) console.error(wrong)
    process.exit(wrong === undefined ? 0 : 1) // explicit: idle worker threads would keep the process alive
  })
}
