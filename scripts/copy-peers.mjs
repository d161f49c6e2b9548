// The peers' programs and the browser's page are not TypeScript: they go beside the compiled runner that starts them.
import { copyFileSync, mkdirSync, readdirSync } from "node:fs"

for (const folder of ["peers", "browser"]) {
  const from = new URL(`../bench/${folder}/`, import.meta.url)
  const to = new URL(`../build/bench/${folder}/`, import.meta.url)
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from).filter((file) => /\.(py|mjs|html)$/.test(file)))
    copyFileSync(new URL(name, from), new URL(name, to))
}
