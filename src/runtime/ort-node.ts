import ort from "onnxruntime-node"
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import type { Graph } from "../graph/graph.ts"
import { verify } from "../graph/verify.ts"
import { lower, portsOf } from "../onnx/lower.ts"
import { feedOf } from "./reference.ts"

ort.env.logLevel = "error" // the default prints advice about the models we generate

/** How many threads work inside one operator; the number of cores unless told. */
export interface SessionOptions {
  readonly threads?: number
}

/** A compiled program. Feeds are read in place; results are the caller's. */
export interface Program {
  /** Runs once. Throws EidosError("shape") when a feed is missing or does not fit. */
  run(feeds: Readonly<Record<string, NdArray>>): Promise<Record<string, NdArray>>
  /** Frees the session; a second call does nothing. */
  dispose(): Promise<void>
}

/** An ONNX Runtime session on the CPU over model bytes, with the settings that were measured to be fastest. */
export async function openSession(model: Uint8Array, { threads }: SessionOptions = {}): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: ["cpu"],
      executionMode: "sequential",
      graphOptimizationLevel: "basic", // more buys nothing for training graphs and costs start-up time
      logSeverityLevel: 3,
      ...(threads !== undefined && { intraOpNumThreads: threads }),
      // Threads that spin longer steal the cores from the optimiser and from a second session.
      extra: { session: { intra_op: { spin_duration_us: "50" } } },
    })
  } catch (cause) {
    throw new EidosError("failed", `runtime: ONNX Runtime refused the program: ${(cause as Error).message}`, { cause })
  }
}

/** The array as a tensor of the runtime, sharing its memory. */
export const toTensor = ({ data, shape }: NdArray): ort.Tensor => new ort.Tensor("float32", data, shape)

/** Compiles a traced program for the CPU. */
export async function compile(graph: Graph, options: SessionOptions = {}): Promise<Program> {
  const ports = portsOf(verify(graph))
  let session: ort.InferenceSession | undefined = await openSession(lower(graph), options)
  return {
    async run(feeds) {
      if (!session) throw new EidosError("failed", "runtime: this program was disposed of.")
      const tensors = Object.fromEntries(ports.map((port) => [port.attrs.name, toTensor(feedOf(feeds, port))]))
      const results = await session.run(tensors)
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
