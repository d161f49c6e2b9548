import ort from "onnxruntime-node"
import type { NdArray } from "../core/array.ts"
import type { Graph } from "../graph/graph.ts"
import { verify } from "../graph/verify.ts"
import { isWorthOptimizing, lower } from "../onnx/lower.ts"
import { cpu, type Device } from "./device.ts"
import { openWithoutFallback, withoutFallback } from "./fallback.ts"
import { createSession, type Program, programOf } from "./program.ts"

export type { Device } from "./device.ts"
export type { Program } from "./program.ts"

/** How a program runs on the processor. */
export interface ProcessorOptions {
  /** How many threads work inside one operator; the number of cores unless told. */
  readonly threads?: number
  /** Whether ONNX Runtime looks for simpler graphs; yes unless told. */
  readonly optimize?: boolean
}

/** Where a program runs, and how. */
export interface SessionOptions extends ProcessorOptions {
  /** The processor unless told. Another device runs the whole program or refuses it. */
  readonly device?: Device
}

export interface OpenOptions extends SessionOptions {
  /** Outputs that stay in the memory of a WebGPU device, to be fed again; the others come to this process. */
  readonly resident?: readonly string[]
}

const providerOf = (device: Device): ort.InferenceSession.ExecutionProviderConfig =>
  device.provider === "cuda" ? { name: "cuda", deviceId: device.index ?? 0 } : device.provider

// Threads that spin longer steal the cores from the optimiser and from a second session.
const shortSpin = { extra: { session: { intra_op: { spin_duration_us: "50" } } } }

/** An ONNX Runtime session over model bytes, with the settings that were measured to be fastest. Throws EidosError("failed"). */
export function openSession(
  model: Uint8Array,
  { threads, optimize = true, device = cpu, resident = [] }: OpenOptions = {},
): Promise<ort.InferenceSession> {
  return createSession(ort, model, {
    executionProviders: [providerOf(device)],
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    ...(!optimize && { graphOptimizationLevel: "disabled" as const }),
    ...(resident.length > 0 && {
      preferredOutputLocation: Object.fromEntries(resident.map((output) => [output, "gpu-buffer" as const])),
    }),
    ...(device.provider === "cpu" ? shortSpin : withoutFallback),
  })
}

/** The array as a tensor of the runtime, sharing its memory. */
export const toTensor = ({ data, shape }: NdArray): ort.Tensor => new ort.Tensor("float32", data, shape)

/** Compiles a traced program for the processor, or for another device of this machine. Throws EidosError("failed"). */
export async function compile(graph: Graph, options: SessionOptions = {}): Promise<Program> {
  return programOf(graph, await openGraph(graph, options), ort)
}

/** The session of a traced program, lowered for the device it runs on. Throws EidosError("failed"), naming what the device cannot run. */
export function openGraph(
  graph: Graph,
  { resident = [], ...options }: OpenOptions = {},
): Promise<ort.InferenceSession> {
  const target = { provider: options.device?.provider ?? "cpu" } as const
  const open = (part: Graph) =>
    openSession(lower(part, { target }), {
      optimize: isWorthOptimizing(part),
      ...options,
      resident: resident.filter((output) => part.outputs.has(output)),
    })
  return openWithoutFallback(verify(graph), target, open)
}
