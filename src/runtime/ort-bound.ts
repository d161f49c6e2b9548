/**
 * A program bound once to the memory it reads and writes, for loops that run it thousands of times. Where the foreign
 * function library is installed it calls ONNX Runtime's C interface directly, so that outputs stay where they are written;
 * the Node binding copies each of them into a new buffer a second time (ADR 0005).
 */
import { readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import type { BoundProgram, Mate, Ports } from "./bound.ts"
import { openMate } from "./mate.ts"
import { openSession, type ProcessorOptions, toTensor } from "./ort-node.ts"

export interface BindOptions extends ProcessorOptions {
  /** Which way; direct where it can be had unless told. */
  readonly kind?: BoundProgram["kind"]
  /** Memory that the program reads and writes in place is the processor's. */
  readonly device?: never
}

export const noDirectCalls = "runtime: direct calls need the optional package koffi, which is not installed here."

/** Binds model bytes to arrays. Throws EidosError("failed") when ONNX Runtime refuses, or "resources" when direct calls were asked for and cannot be had. */
export async function bind(
  model: Uint8Array,
  inputs: Ports,
  outputs: Ports,
  options: BindOptions = {},
): Promise<BoundProgram> {
  const runtime = options.kind === "binding" ? undefined : await loadRuntime()
  if (runtime) return bindDirectly(runtime, model, inputs, outputs, options)
  if (options.kind === "direct") throw new EidosError("resources", noDirectCalls)
  return bindByBinding(model, inputs, outputs, options)
}

/** Whether this machine runs training steps by direct calls. */
export const callsDirectly = async (): Promise<boolean> => (await loadRuntime()) !== undefined

async function bindByBinding(model: Uint8Array, inputs: Ports, outputs: Ports, options: ProcessorOptions) {
  let session: Awaited<ReturnType<typeof openSession>> | undefined = await openSession(model, options)
  const tensors = (ports: Ports) => Object.fromEntries([...ports].map(([name, array]) => [name, toTensor(array)]))
  const [feeds, fetches] = [tensors(inputs), tensors(outputs)]
  return {
    kind: "binding" as const,
    async run() {
      await session!.run(feeds, fetches)
    },
    async dispose() {
      const open = session
      session = undefined
      await open?.release()
    },
  }
}

type Pointer = unknown
type Call = (...args: unknown[]) => Pointer

/** The functions of OrtApi in use, by their places in that table, which only ever grows at its end. */
const signatures = {
  GetErrorMessage: [2, "const char *GetErrorMessage(void *status)"],
  CreateEnv: [3, "void *CreateEnv(int level, const char *id, _Out_ void **env)"],
  CreateSessionFromArray: [
    8,
    "void *CreateSessionFromArray(void *env, const void *data, size_t bytes, void *options, _Out_ void **session)",
  ],
  CreateSessionOptions: [10, "void *CreateSessionOptions(_Out_ void **options)"],
  SetSessionLogSeverityLevel: [22, "void *SetSessionLogSeverityLevel(void *options, int level)"],
  SetSessionGraphOptimizationLevel: [23, "void *SetSessionGraphOptimizationLevel(void *options, int level)"],
  SetIntraOpNumThreads: [24, "void *SetIntraOpNumThreads(void *options, int threads)"],
  CreateTensorWithDataAsOrtValue: [
    49,
    "void *CreateTensorWithDataAsOrtValue(void *info, void *data, size_t bytes, int64_t *shape, size_t rank, int type, _Out_ void **value)",
  ],
  CreateCpuMemoryInfo: [69, "void *CreateCpuMemoryInfo(int allocator, int memory, _Out_ void **info)"],
  ReleaseStatus: [93, "void ReleaseStatus(void *status)"],
  ReleaseSession: [95, "void ReleaseSession(void *session)"],
  ReleaseValue: [96, "void ReleaseValue(void *value)"],
  ReleaseSessionOptions: [100, "void ReleaseSessionOptions(void *options)"],
  AddSessionConfigEntry: [130, "void *AddSessionConfigEntry(void *options, const char *key, const char *value)"],
  RunWithBinding: [133, "void *RunWithBinding(void *session, void *options, void *binding)"],
  CreateIoBinding: [134, "void *CreateIoBinding(void *session, _Out_ void **binding)"],
  ReleaseIoBinding: [135, "void ReleaseIoBinding(void *binding)"],
  BindInput: [136, "void *BindInput(void *binding, const char *name, void *value)"],
  BindOutput: [137, "void *BindOutput(void *binding, const char *name, void *value)"],
} as const
const apiVersion = 20 // all of the above is in it
const float32 = 1 // ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT
const [deviceAllocator, defaultMemory] = [0, 0]
const [noOptimization, basicOptimization, errorLevel] = [0, 1, 3]

interface Runtime {
  readonly call: Readonly<Record<keyof typeof signatures, Call>>
  readonly environment: Pointer
  readonly memory: Pointer
  /** Where a function of the table lies. */
  place(index: number): Pointer
  addressOf(pointer: Pointer): bigint
}

let loading: Promise<Runtime | undefined> | undefined
/** ONNX Runtime's C interface: one library and one environment a process, found once. */
const loadRuntime = (): Promise<Runtime | undefined> => {
  loading ??= openRuntime()
  return loading
}

async function openRuntime(): Promise<Runtime | undefined> {
  const koffi = await import("koffi").then(
    (module) => module.default,
    () => undefined,
  )
  const path = libraryPath()
  if (!koffi || !path) return undefined
  try {
    const library = koffi.load(path)
    const table = library.func("void *OrtGetApiBase()")()
    const getApi = koffi.decode(koffi.decode(table, 0, "void *"), koffi.proto("void *GetApi(uint32_t version)"))
    const api = getApi(apiVersion)
    const place = (index: number): Pointer => koffi.decode(api, index * koffi.sizeof("void *"), "void *")
    const call = Object.fromEntries(
      Object.entries(signatures).map(([name, [index, signature]]) => [
        name,
        koffi.decode(place(index), koffi.proto(signature)),
      ]),
    ) as Runtime["call"]
    const environment = made(call, call.CreateEnv, errorLevel, "eidos")
    const memory = made(call, call.CreateCpuMemoryInfo, deviceAllocator, defaultMemory)
    return { call, environment, memory, place, addressOf: koffi.address }
  } catch {
    return undefined // another platform's library: the Node binding knows how to load its own
  }
}

/** Runs what lies at two addresses, a session and its binding; the number that comes back is the address of what went wrong. */
const prepareRuns = `({ koffiPath, path, address, signature }) => {
  const koffi = require(koffiPath)
  koffi.load(path) // sets up the calls of this thread: without it the first one reads memory that is not there
  const runWithBinding = koffi.decode(BigInt(address), koffi.proto(signature))
  return (job) => {
    const status = runWithBinding(job[0], null, job[1])
    return status ? Number(koffi.address(status)) : 0
  }
}`

/** Threads for `startOn`; none where there are no direct calls. */
export async function openRunThreads(count: number): Promise<Mate[]> {
  const runtime = await loadRuntime()
  if (!runtime || count < 1) return []
  const [index, signature] = signatures.RunWithBinding
  const koffiPath = createRequire(import.meta.url).resolve("koffi")
  const data = { koffiPath, path: libraryPath(), address: runtime.addressOf(runtime.place(index)), signature }
  return Array.from({ length: count }, () => openMate(prepareRuns, data))
}

/** The library that the Node binding itself uses, so that one process holds one ONNX Runtime. */
function libraryPath(): string | undefined {
  const root = dirname(dirname(createRequire(import.meta.url).resolve("onnxruntime-node")))
  const folder = join(root, "bin", "napi-v6", process.platform, process.arch)
  try {
    const name = readdirSync(folder).find((file) => /^(lib)?onnxruntime[.\d]*\.(so[.\d]*|dylib|dll)$/.test(file))
    return name && join(folder, name)
  } catch {
    return undefined
  }
}

/** Throws what a status says, if it says anything. */
function check(call: Runtime["call"], status: Pointer): void {
  if (!status) return
  const message = String(call.GetErrorMessage(status))
  call.ReleaseStatus(status)
  throw new EidosError("failed", `runtime: ONNX Runtime refused the program: ${message}`)
}

/** The object that a function hands back through its last argument. */
function made(call: Runtime["call"], create: Call, ...args: unknown[]): Pointer {
  const out: Pointer[] = [null]
  check(call, create(...args, out))
  return out[0]
}

function openDirectly({ call, environment }: Runtime, model: Uint8Array, given: ProcessorOptions): Pointer {
  const { threads, optimize = true } = given
  const options = made(call, call.CreateSessionOptions)
  try {
    check(call, call.SetSessionLogSeverityLevel(options, errorLevel))
    check(call, call.SetSessionGraphOptimizationLevel(options, optimize ? basicOptimization : noOptimization))
    if (threads !== undefined) check(call, call.SetIntraOpNumThreads(options, threads))
    check(call, call.AddSessionConfigEntry(options, "session.intra_op.spin_duration_us", "50"))
    return made(call, call.CreateSessionFromArray, environment, model, model.byteLength, options)
  } finally {
    call.ReleaseSessionOptions(options)
  }
}

function bindDirectly(
  runtime: Runtime,
  model: Uint8Array,
  inputs: Ports,
  outputs: Ports,
  options: ProcessorOptions,
): BoundProgram {
  const { call, memory, addressOf } = runtime
  const session = openDirectly(runtime, model, options)
  const binding = made(call, call.CreateIoBinding, session)
  const held: { data: Float32Array; value: Pointer }[] = [] // keeps the arrays alive as long as the session sees them
  const tensorOf = ({ shape, data }: NdArray): Pointer => {
    void data.buffer // moves a small array out of the collected heap, where its address would change
    const dims = BigInt64Array.from(shape, BigInt)
    const value = made(
      call,
      call.CreateTensorWithDataAsOrtValue,
      memory,
      data,
      data.byteLength,
      dims,
      dims.length,
      float32,
    )
    held.push({ data, value })
    return value
  }
  for (const [name, array] of inputs) check(call, call.BindInput(binding, name, tensorOf(array)))
  for (const [name, array] of outputs) check(call, call.BindOutput(binding, name, tensorOf(array)))
  const addresses = [session, binding].map((pointer) => Number(addressOf(pointer)))
  let isOpen = true
  return {
    kind: "direct",
    run() {
      check(call, call.RunWithBinding(session, null, binding))
    },
    startOn(thread) {
      thread.start(...addresses)
      return () => {
        const status = thread.finish()
        if (status !== 0) check(call, BigInt(status))
      }
    },
    async dispose() {
      if (!isOpen) return
      isOpen = false
      call.ReleaseIoBinding(binding)
      for (const { value } of held) call.ReleaseValue(value)
      call.ReleaseSession(session)
    },
  }
}
