// The peers' programs are not TypeScript: they go beside the compiled runner that starts them.
import { copyFileSync, mkdirSync, readdirSync } from "node:fs"

const from = new URL("../bench/peers/", import.meta.url)
const to = new URL("../build/bench/peers/", import.meta.url)
mkdirSync(to, { recursive: true })
for (const name of readdirSync(from).filter((file) => /\.(py|mjs)$/.test(file)))
  copyFileSync(new URL(name, from), new URL(name, to))
