/** `node provider-probe.js DEVICE`, or `wasm`: runs one small program there, in a process of its own, since native libraries talk and may abort. */
import { graphOf } from "../graph/graph.ts"
import { add, input } from "../graph/ops/index.ts"
import { deviceOf } from "../runtime/device.ts"
import { compile } from "../runtime/ort-node.ts"
import { compile as compileForWeb } from "../runtime/ort-web.ts"

const name = process.argv[2]! // as provider-checks calls it
const x = input("x", [2])
const graph = graphOf({ y: add(x, x) })

/** Why the provider does not work; nothing where it does. */
async function fault(): Promise<string> {
  try {
    const program = await (name === "wasm" ? compileForWeb(graph) : compile(graph, { device: deviceOf(name)! }))
    const { y } = await program.run({ x: { shape: [2], data: Float32Array.of(1, 2) } })
    await program.dispose()
    return y?.data.join() === "2,4" ? "" : `1 + 1 gave ${y?.data[0]}`
  } catch (error) {
    return (error as Error).message
  }
}

process.stdout.write(JSON.stringify({ fault: await fault() }))
