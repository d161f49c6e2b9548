/** Trains so many steps on a device and prints [step, megabytes resident] after every stretch. */
import { deviceOf } from "../../src/runtime/device.ts"
import { openExecutor } from "../../src/train/open-executor.ts"
import { subject } from "./memory-subject.ts"

const [name, ...counts] = process.argv.slice(2)
const [steps, every] = counts.map(Number) as [number, number]
const device = deviceOf(name!)!
// On a processor that stands in for a GPU the convolutional network would take half an hour.
const executor = await openExecutor({ ...subject(device.provider === "cpu" ? "convolutional" : "dense"), device })
for (let step = 0; step < steps; step += every) {
  const metrics = await executor.run(step + 1, every)
  if (!metrics.every(({ loss }) => Number.isFinite(loss)))
    throw new Error(`scale: a loss near step ${step} is no number.`)
  await executor.sync?.()
  process.stdout.write(`${JSON.stringify([step + every, process.memoryUsage().rss / 2 ** 20])}\n`)
}
await executor.dispose()
