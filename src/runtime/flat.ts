import type { NdArray } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { type Shape, sizeOf } from "../core/shape.ts"
import { kernelBinaries, sharedKernelBinaries } from "./kernels/kernels.ts"

/** Where each named array lies in a flat vector, in floats. */
export interface Layout {
  readonly offsets: ReadonlyMap<string, { readonly offset: number; readonly shape: Shape }>
  /** Length of the vector: every array starts on a 64-byte line. */
  readonly length: number
}

const line = 16 // floats in a 64-byte cache line

/** Lays arrays out one after the other, in the order given. */
export function layoutOf(shapes: Iterable<readonly [path: string, shape: Shape]>): Layout {
  const offsets = new Map<string, { offset: number; shape: Shape }>()
  let length = 0
  for (const [path, shape] of shapes) {
    offsets.set(path, { offset: length, shape })
    length += Math.ceil(sizeOf(shape) / line) * line
  }
  return { offsets, length }
}

/** Vectors of one layout in one WebAssembly memory: kernels work on them in place, arrays are views of them. */
export interface FlatMemory {
  readonly layout: Layout
  /** The whole vector. */
  vector(name: string): Float32Array
  /** The arrays of a vector by path, sharing its memory. */
  arrays(name: string): Map<string, NdArray>
  /** Byte offset of a vector, as kernels take it. */
  offset(name: string): number
  /** The arrays of the layout that lies behind the vectors, by name. */
  beside(): Map<string, NdArray>
  readonly memory: WebAssembly.Memory
}

const pageBytes = 65536

export interface FlatOptions {
  /** Whether threads can share the memory; not unless told. */
  readonly shared?: boolean
  /** Arrays that lie once behind all vectors; none unless told. */
  readonly beside?: Layout
}

/** Allocates the vectors once; the memory never grows, so views never detach. Throws EidosError("resources"). */
export function flatMemory(
  layout: Layout,
  names: readonly string[],
  { shared = false, beside = layoutOf([]) }: FlatOptions = {},
): FlatMemory {
  const pages = Math.max(1, Math.ceil((4 * (layout.length * names.length + beside.length)) / pageBytes))
  if (pages > 65536)
    throw new EidosError(
      "resources",
      `memory: ${names.length} vectors of ${layout.length} floats need more than 4 GiB.`,
      {
        hint: "Use a smaller model.",
      },
    )
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
  const offset = (name: string) => names.indexOf(name) * layout.length * 4
  const view = (bytes: number, from: number, length: number) =>
    new Float32Array(memory.buffer, bytes + 4 * from, length)
  const arraysAt = (bytes: number, { offsets }: Layout) =>
    new Map(
      [...offsets].map(([path, { offset: from, shape }]) => [path, { shape, data: view(bytes, from, sizeOf(shape)) }]),
    )
  return {
    layout,
    memory,
    offset,
    vector: (name) => view(offset(name), 0, layout.length),
    arrays: (name) => arraysAt(offset(name), layout),
    beside: () => arraysAt(4 * names.length * layout.length, beside),
  }
}

/** A fused kernel: byte offsets of its vectors, number of floats, then its constants and scalars. */
export type Kernel = (...args: number[]) => void

/** Whether threads of this process can see the memory. */
export const isShared = ({ memory }: Pick<FlatMemory, "memory">): boolean => memory.buffer instanceof SharedArrayBuffer

export type KernelModule = keyof typeof kernelBinaries

/** The named kernel's code for memory of its own or for shared memory, compiled. */
export function kernelModule(name: KernelModule, shared: boolean): WebAssembly.Module {
  const binary = (shared ? sharedKernelBinaries : kernelBinaries)[name]
  return new WebAssembly.Module(Uint8Array.from(atob(binary), (character) => character.charCodeAt(0)))
}

/** The named kernel, working on this memory. */
export async function loadKernel(name: KernelModule, memory: WebAssembly.Memory): Promise<Kernel> {
  const instance = await WebAssembly.instantiate(kernelModule(name, isShared({ memory })), { memory: { memory } })
  return instance.exports[name] as Kernel // the .wat file exports a function of this name
}
