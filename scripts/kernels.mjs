// Assembles src/runtime/kernels/*.wat into kernels.ts, as base64, so that Node and browsers load them alike.
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import wabt from "wabt"

const folder = new URL("../src/runtime/kernels/", import.meta.url)
const { parseWat } = await wabt()
const sources = readdirSync(folder).filter((name) => name.endsWith(".wat"))
const mine = "(memory 1)"
const shared = "(memory 1 65536 shared)" // the same code over memory that several threads see

const assembled = (memory) =>
  sources.map((name) => {
    const source = readFileSync(new URL(name, folder), "utf8").replace(mine, memory)
    const { buffer } = parseWat(name, source, { simd: true, threads: true }).toBinary({})
    return `  ${name.replace(".wat", "")}: "${Buffer.from(buffer).toString("base64")}",\n`
  })
const text = `/** WebAssembly modules assembled from the .wat files beside this one by \`npm run kernels\`; base64. */
export const kernelBinaries = {
${assembled(mine).join("")}} as const

/** The same modules over memory that threads share. */
export const sharedKernelBinaries = {
${assembled(shared).join("")}} as const
`
if (process.argv.includes("--print")) process.stdout.write(text)
else writeFileSync(new URL("kernels.ts", folder), text)
