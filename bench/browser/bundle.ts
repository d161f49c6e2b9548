/** One module of eidos' side of a page and all it imports; ONNX Runtime stays outside, for its workers load it by address. */
import { readFileSync } from "node:fs"
import { build } from "rolldown"

/** Bundles `bench/browser/<entry>.ts` for a page, beside the page's own modules, and what its workers load beside it. */
export async function bundleForPage(entry: string): Promise<void> {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string }
  const bundle = (input: string, file: string) =>
    build({
      input,
      platform: "browser",
      external: [/^onnxruntime-/, /^node:/, "#ort-wasm"],
      treeshake: { moduleSideEffects: [{ external: true, sideEffects: false }] }, // what only Node has is imported, never used here
      transform: { define: { EIDOS_VERSION: JSON.stringify(version) } },
      output: { file: `build/bench/browser/${file}`, codeSplitting: false },
      logLevel: "warn",
    })
  await bundle(`bench/browser/${entry}.ts`, `${entry}.bundle.mjs`)
  await bundle("src/runtime/web-lane-worker.ts", "web-lane-worker.js")
}
