import { readFileSync } from "node:fs"
import type { Versions } from "../storage/environment.ts"

/** The version in our own package.json, which lies two folders above both src/cli and dist/cli. */
export const eidosVersion = (): string =>
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version

/** Versions of eidos, ONNX Runtime and Node; loads the runtime. */
export async function versionsOf(): Promise<Versions> {
  const { env } = await import("onnxruntime-node")
  return {
    eidos: eidosVersion(),
    onnxruntime: env.versions.node ?? env.versions.common,
    node: process.versions.node,
  }
}
