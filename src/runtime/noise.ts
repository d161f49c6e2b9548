/** The random numbers of `core/random.ts`, bit for bit, from a vectorised kernel: sampling chains ask for millions of them a second. */
import { hashName, type Stream } from "../core/random.ts"
import { kernelBinaries } from "./kernels/kernels.ts"

const blocksPerCall = 4096 // one 64 KiB page of words

interface Generator {
  readonly words: Uint32Array
  readonly floats: Float32Array
  /** Fills the page with words (0) or floats (1) of these blocks of the stream. */
  fill(stream: Stream, first: number, blocks: number, form: 0 | 1): void
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
    words: new Uint32Array(memory.buffer),
    floats: new Float32Array(memory.buffer),
    fill({ seed, name, step = 0, item = 0 }, first, blocks, form) {
      const fours = Math.ceil(blocks / 4) * 4
      philox(0, fours, first, item, step, Math.floor(seed / 2 ** 32), seed >>> 0, hashName(name), form)
    },
  }
}

/** Calls `take(first, count)` for each page of numbers of the stream, `length` numbers in all. */
function pages(stream: Stream, length: number, form: 0 | 1, take: (first: number, count: number) => void): void {
  const { fill } = generator()
  for (let first = 0; first < length; first += 4 * blocksPerCall) {
    const count = Math.min(4 * blocksPerCall, length - first)
    fill(stream, first / 4, Math.ceil(count / 4), form)
    take(first, count)
  }
}

/** Uniform numbers in [0, 1), those of `fillUniform` in `core/random.ts`, written to `out` and returned. */
export function fillUniform(stream: Stream, out: Float32Array): Float32Array {
  const { floats } = generator()
  pages(stream, out.length, 1, (first, count) => out.set(floats.subarray(0, count), first))
  return out
}

/** Standard normal numbers, those of `fillNormal` in `core/random.ts`, written to `out` and returned. */
export function fillNormal(stream: Stream, out: Float32Array): Float32Array {
  const { words } = generator()
  pages(stream, out.length, 0, (first, count) => {
    for (let i = 0; i < count; i += 2) {
      const radius = Math.sqrt(-2 * Math.log((words[i]! + 0.5) * 2 ** -32)) // never log 0
      const angle = 2 * Math.PI * (words[i + 1]! * 2 ** -32)
      out[first + i] = radius * Math.cos(angle)
      if (i + 1 < count) out[first + i + 1] = radius * Math.sin(angle)
    }
  })
  return out
}
