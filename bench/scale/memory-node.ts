/** Trains so many steps on the processor and prints [step, megabytes resident] after every stretch. */
import { openExecutor } from "../../src/train/open-executor.ts"
import { subject } from "./memory-subject.ts"

const [steps, every] = process.argv.slice(2).map(Number) as [number, number]
const executor = await openExecutor(subject())
for (let step = 0; step < steps; step += every) {
  const metrics = await executor.run(step + 1, every)
  if (!metrics.every(({ loss }) => Number.isFinite(loss)))
    throw new Error(`scale: a loss near step ${step} is no number.`)
  process.stdout.write(`${JSON.stringify([step + every, process.memoryUsage().rss / 2 ** 20])}\n`)
}
await executor.dispose()
