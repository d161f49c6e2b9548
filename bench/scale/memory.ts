/** Resident memory over thousands of training steps: in a process of Node's and in a tab of Chromium, each of its own. */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { softwareVulkan } from "../../test/providers/vulkan.ts"
import { bundleForPage } from "../browser/bundle.ts"
import { openBrowser } from "../browser/site.ts"
import type { SubjectName } from "./memory-subject.ts"

/** Megabytes resident after so many steps. */
export type Reading = readonly [step: number, megabytes: number]

export interface MemoryCourse {
  readonly provider: string
  readonly readings: readonly Reading[]
}

export interface Course {
  readonly steps: number
  /** Steps between readings. */
  readonly every: number
}

interface InNode {
  readonly provider: string
  readonly device: string
  readonly env?: object
}

/** A process that trains and prints its reading after every stretch. */
async function inNode({ steps, every }: Course, { provider, device, env }: InNode): Promise<MemoryCourse> {
  const program = fileURLToPath(new URL("./memory-node.js", import.meta.url))
  const child = spawn(process.execPath, [program, device, `${steps}`, `${every}`], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  })
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
  const readings: Reading[] = []
  for await (const line of createInterface(child.stdout)) readings.push(JSON.parse(line) as Reading) // our own program's
  if ((await ended) !== 0) throw new Error("scale: the training in Node failed; its message is above.")
  return { provider, readings }
}

interface InPage {
  readonly provider: string
  readonly name: SubjectName
  readonly device: "wasm" | "webgpu"
  /** Kinds of the browser's processes that hold what the training holds. */
  readonly processes: readonly string[]
}

/** A page that trains; read from outside, of the tab's own process and, where a device keeps the state, of that which drives it. */
async function inChromium(
  { steps, every }: Course,
  { provider, name, device, processes }: InPage,
): Promise<MemoryCourse> {
  await bundleForPage("memory")
  const { browser, open, close } = await openBrowser("memory.html")
  const page = await open()
  await page.evaluate(`open(${JSON.stringify(name)}, ${JSON.stringify(device)})`)
  const session = await browser.newBrowserCDPSession()
  const readings: Reading[] = []
  try {
    for (let step = 0; step < steps; step += every) {
      await page.evaluate(`train(${step + 1}, ${every})`)
      const { processInfo } = await session.send("SystemInfo.getProcessInfo")
      // The largest of each kind: the other renderer is a spare without a page.
      const largest = processes.map((kind) =>
        Math.max(...processInfo.filter(({ type }) => type === kind).map(({ id }) => residentOf(id))),
      )
      readings.push([step + every, largest.reduce((total, megabytes) => total + megabytes, 0)])
    }
  } finally {
    await close()
  }
  return { provider, readings }
}

/** Megabytes that a process holds, by Linux's own account. */
const residentOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024

/** Memory over the same training on each provider, one after the other. */
export const measureMemory = async (course: Course): Promise<MemoryCourse[]> => [
  await inNode(course, { provider: "CPU, Node", device: "cpu" }),
  await inChromium(course, {
    provider: "WebAssembly, Chromium",
    name: "convolutional",
    device: "wasm",
    processes: ["renderer"],
  }),
  await inChromium(course, {
    provider: "WebGPU, Chromium, without a GPU",
    name: "dense",
    device: "webgpu",
    processes: ["renderer", "GPU"],
  }),
  ...(softwareVulkan
    ? [await inNode(course, { provider: "WebGPU, Node, without a GPU", device: "webgpu", env: softwareVulkan })]
    : []),
]

/** Megabytes gained from a tenth of the way to the end, where everything has been allocated once. */
export function gained({ readings }: MemoryCourse): number {
  const settled = readings.slice(Math.floor(readings.length / 10))
  return settled.at(-1)![1] - settled[0]![1]
}
