/** What all providers share: how an ONNX Runtime session is opened, and how it becomes a program with checked feeds. */
import type * as library from "onnxruntime-web"
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import type { Graph } from "../graph/graph.ts"
import { portsOf } from "../onnx/lower.ts"
import { feedOf } from "./reference.ts"

/** The part of ONNX Runtime's JavaScript interface in use; onnxruntime-node and onnxruntime-web both have it. */
export type Library = Pick<typeof library, "InferenceSession" | "Tensor" | "env">

/** A compiled program. Feeds are read in place; results are the caller's. */
export interface Program {
  /** Runs once. Throws EidosError("shape") when a feed is missing or does not fit. */
  run(feeds: Readonly<Record<string, NdArray>>): Promise<Record<string, NdArray>>
  /** Frees the session; a second call does nothing. */
  dispose(): Promise<void>
}

export const refused = (reason: string): string => `runtime: ONNX Runtime refused the program: ${reason}`
export const disposedOf = "runtime: this program was disposed of."

/** Settings of a session that every provider has. */
export const sessionOptions = {
  executionMode: "sequential",
  graphOptimizationLevel: "basic", // more buys nothing for training graphs and costs start-up time
  logSeverityLevel: 3,
} as const satisfies library.InferenceSession.SessionOptions

/** A session over model bytes with the settings that every provider has. Throws EidosError("failed"). */
export async function createSession(
  { InferenceSession, env }: Library,
  model: Uint8Array,
  options: library.InferenceSession.SessionOptions,
): Promise<library.InferenceSession> {
  env.logLevel = "error" // the default prints advice about the models we generate
  try {
    return await InferenceSession.create(model, { ...sessionOptions, ...options })
  } catch (cause) {
    throw new EidosError("failed", refused(cause instanceof Error ? cause.message : String(cause)), { cause })
  }
}

/** The program of a graph that a session was opened for. */
export function programOf(graph: Graph, opened: library.InferenceSession, { Tensor }: Library): Program {
  const ports = portsOf(graph)
  let session: library.InferenceSession | undefined = opened
  return {
    async run(feeds) {
      if (!session) throw new EidosError("failed", disposedOf)
      const fed = ports.map((port) => {
        const { data, shape } = feedOf(feeds, port)
        return [port.attrs.name as string, new Tensor("float32", data, shape)] as const
      })
      const results = await session.run(Object.fromEntries(fed))
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [name, { shape: dims, data: data as Float32Array }]),
      )
    },
    async dispose() {
      const open = session
      session = undefined
      await open?.release()
    },
  }
}
