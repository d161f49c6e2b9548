// Assembles src/runtime/kernels/*.wat into kernels.ts, as base64, so that Node and browsers load them alike.
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import wabt from "wabt"

const folder = new URL("../src/runtime/kernels/", import.meta.url)
const { parseWat } = await wabt()
const assembled = readdirSync(folder)
  .filter((name) => name.endsWith(".wat"))
  .map((name) => {
    const { buffer } = parseWat(name, readFileSync(new URL(name, folder), "utf8"), { simd: true }).toBinary({})
    return `  ${name.replace(".wat", "")}: "${Buffer.from(buffer).toString("base64")}",\n`
  })
const text = `/** WebAssembly modules assembled from the .wat files beside this one by \`npm run kernels\`; base64. */
export const kernelBinaries = {
${assembled.join("")}} as const
`
if (process.argv.includes("--print")) process.stdout.write(text)
else writeFileSync(new URL("kernels.ts", folder), text)
