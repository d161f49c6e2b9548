/** The random numbers of `core/random.ts`, bit for bit, from a vectorised kernel: sampling chains ask for millions of them a second. */
import { hashName, type Stream } from "../core/random.ts"
import { kernelBinaries } from "./kernels/kernels.ts"

const blocksPerCall = 4096 // one 64 KiB page of words

// Forms of the kernel's result.
const uniforms = 1
const normals = 2
type Form = typeof uniforms | typeof normals

interface Generator {
  readonly floats: Float32Array
  /** Fills the page with numbers of these blocks of the stream. */
  fill(stream: Stream, first: number, blocks: number, form: Form): void
}

let opened: Generator | undefined
/** The kernel and its page, compiled once, when they are first needed. */
const generator = (): Generator => {
  opened ??= openGenerator()
  return opened
}

function openGenerator(): Generator {
  const bytes = Uint8Array.from(atob(kernelBinaries.philox), (character) => character.charCodeAt(0))
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { memory: { memory } })
  const philox = exports["philox"] as (...args: number[]) => void // the .wat file exports a function of this name
  return {
    floats: new Float32Array(memory.buffer),
    fill({ seed, name, step = 0, item = 0 }, first, blocks, form) {
      const fours = Math.ceil(blocks / 4) * 4
      philox(0, fours, first, item, step, Math.floor(seed / 2 ** 32), seed >>> 0, hashName(name), form)
    },
  }
}

/** Numbers of the stream in one of the kernel's forms. */
function filled(stream: Stream, out: Float32Array, form: Form): Float32Array {
  const { floats, fill } = generator()
  for (let first = 0; first < out.length; first += 4 * blocksPerCall) {
    const count = Math.min(4 * blocksPerCall, out.length - first)
    fill(stream, first / 4, Math.ceil(count / 4), form)
    out.set(count === floats.length ? floats : floats.subarray(0, count), first)
  }
  return out
}

/** Uniform numbers in [0, 1), those of `fillUniform` in `core/random.ts`, written to `out` and returned. */
export const fillUniform = (stream: Stream, out: Float32Array): Float32Array => filled(stream, out, uniforms)

/** Standard normal numbers, those of `fillNormal` in `core/random.ts`, written to `out` and returned. */
export const fillNormal = (stream: Stream, out: Float32Array): Float32Array => filled(stream, out, normals)
