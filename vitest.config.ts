import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const source = (file: string) => new URL(`./src/${file}`, import.meta.url).pathname

/** What takes minutes begins at once, so that no worker is left alone with it at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => moduleId.includes("/test/providers/")
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

const everything = ["src/**/*.test.ts", "test/**/*.test.ts"]
/** What replaces a module, or measures the process it runs in. */
const alone = ["test/cli/device.test.ts", "test/laws/memory.test.ts"]

export default defineConfig({
  resolve: {
    alias: [
      { find: /^eidos$/, replacement: source("index.ts") },
      { find: /^eidos\/(graph|models)$/, replacement: source("$1/index.ts") },
    ],
  },
  test: {
    projects: [
      // Modules are loaded once a worker, which halves the time that loading takes.
      { extends: true, test: { name: "together", include: everything, exclude: alone, isolate: false } },
      { extends: true, test: { name: "alone", include: alone } },
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
  },
})
