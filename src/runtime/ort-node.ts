import ort from "onnxruntime-node"
import type { NdArray } from "../core/array.ts"
import type { Graph } from "../graph/graph.ts"
import { verify } from "../graph/verify.ts"
import { lower } from "../onnx/lower.ts"
import { openWithoutFallback, withoutFallback } from "./fallback.ts"
import { createSession, type Program, programOf } from "./program.ts"

export type { Program } from "./program.ts"

/** How many threads work inside one operator; the number of cores unless told. */
export interface SessionOptions {
  readonly threads?: number
}

/** What of the machine a program runs on; `index` counts CUDA devices from 0. */
export type Device =
  | { readonly provider: "cpu" }
  | { readonly provider: "webgpu" }
  | { readonly provider: "cuda"; readonly index?: number }

export interface DeviceOptions extends SessionOptions {
  /** The processor unless told. Another device runs the whole program or refuses it. */
  readonly device?: Device
}

const providerOf = (device: Device): ort.InferenceSession.ExecutionProviderConfig =>
  device.provider === "cuda" ? { name: "cuda", deviceId: device.index ?? 0 } : device.provider

// Threads that spin longer steal the cores from the optimiser and from a second session.
const shortSpin = { extra: { session: { intra_op: { spin_duration_us: "50" } } } }

/** An ONNX Runtime session over model bytes, with the settings that were measured to be fastest. Throws EidosError("failed"). */
export function openSession(
  model: Uint8Array,
  { threads, device = { provider: "cpu" } }: DeviceOptions = {},
): Promise<ort.InferenceSession> {
  return createSession(ort, model, {
    executionProviders: [providerOf(device)],
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    ...(device.provider === "cpu" ? shortSpin : withoutFallback),
  })
}

/** The array as a tensor of the runtime, sharing its memory. */
export const toTensor = ({ data, shape }: NdArray): ort.Tensor => new ort.Tensor("float32", data, shape)

/** Compiles a traced program for the processor, or for another device of this machine. Throws EidosError("failed"). */
export async function compile(graph: Graph, options: DeviceOptions = {}): Promise<Program> {
  const target = { provider: options.device?.provider ?? "cpu" } as const
  const open = (part: Graph) => openSession(lower(part, { target }), options)
  return programOf(graph, await openWithoutFallback(verify(graph), target, open), ort)
}
