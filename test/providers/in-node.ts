/** `node in-node.js PROVIDER THREADS`: the outcomes of every case as JSON; a process of its own, since threads are a process's choice. */
import { writeFileSync } from "node:fs"
import { compile } from "../../src/runtime/ort-node.ts"
import { compile as compileForWeb } from "../../src/runtime/ort-web.ts"
import { outcomes } from "./outcomes.ts"

const [provider, threads, out] = process.argv.slice(2) as ["cpu" | "webgpu" | "cuda" | "wasm", string, string]
const found = await outcomes((graph) =>
  provider === "wasm"
    ? compileForWeb(graph, { provider, threads: Number(threads) })
    : compile(graph, { device: { provider }, threads: Number(threads) }),
)
writeFileSync(out, JSON.stringify(found))
process.exit(0) // idle WebAssembly workers would keep the process
