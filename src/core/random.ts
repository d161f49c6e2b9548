/**
 * Counter-based random numbers: Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011). A number is a pure function of (seed, stream name, step, index), so any part of any stream can be
 * drawn at any time, in Node and in a browser, and a resumed run sees the numbers it would have seen.
 */

/** What a draw is called: two draws that differ in any field are independent. */
export interface Stream {
  readonly seed: number
  /** Purpose of the numbers, as in `noise/posterior` or `data/shuffle`. */
  readonly name: string
  /** Position in time: a training step, an epoch or a chunk of an evaluation. */
  readonly step?: number
  /** A second position, such as the number of an image; 0 unless told. */
  readonly item?: number
}

// High and low halves of the 64-bit product of two unsigned 32-bit numbers, by 16-bit pieces.
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const carry = (aLow * bHigh + (middle & 0xffff)) >>> 16
  return (aHigh * bHigh + (middle >>> 16) + carry) >>> 0
}

/** Ten Philox rounds on the counter `c0..c3` under the key `k0, k1`, written to `out[0..3]`. */
export function philox4x32(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array | number[],
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0)
    const low0 = Math.imul(0xd2511f53, c0) >>> 0
    const high1 = mulHigh(0xcd9e8d57, c2)
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

/** FNV-1a of a stream's name: the second key word, so that streams of one seed do not meet. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0
  return hash
}

/** Calls `take(word0, word1, word2, word3, block)` for each block of four 32-bit words of the stream, `count` blocks in all. */
function blocks(stream: Stream, count: number, take: (words: Uint32Array, block: number) => void): void {
  const words = new Uint32Array(4)
  const key = hashName(stream.name)
  const seedHigh = Math.floor(stream.seed / 2 ** 32) >>> 0
  for (let block = 0; block < count; block++) {
    philox4x32(block, (stream.item ?? 0) >>> 0, (stream.step ?? 0) >>> 0, seedHigh, stream.seed >>> 0, key, words)
    take(words, block)
  }
}

/** Uniform 32-bit words of the stream. */
export function randomWords(stream: Stream, count: number): Uint32Array {
  const out = new Uint32Array(count)
  blocks(stream, Math.ceil(count / 4), (words, block) => {
    for (let i = 0; i < 4 && 4 * block + i < count; i++) out[4 * block + i] = words[i]!
  })
  return out
}

/** Uniform numbers in [0, 1) with 24 bits, exact in 32-bit floats, written to `out` and returned. */
export function fillUniform(stream: Stream, out: Float32Array): Float32Array {
  blocks(stream, Math.ceil(out.length / 4), (words, block) => {
    for (let i = 0; i < 4 && 4 * block + i < out.length; i++) out[4 * block + i] = (words[i]! >>> 8) * 2 ** -24
  })
  return out
}

// Powers of two, ½ⁿ, exactly.
const halves = Float64Array.from({ length: 33 }, (_, n) => 1 / 2 ** n)
const rootOfTwo = 1 + 0x6a09e / 2 ** 20 // its first twenty bits: mantissas from here on are halved

/**
 * √(−2 ln u) for u = (word + ½)·2⁻³², of additions, multiplications, divisions and roots alone: these are the same in every engine and in
 * the vectorised kernel, where `Math.log` is not. Its error stays below 10⁻¹¹ of it, far below the last bit of a 32-bit float.
 */
function radiusOf(word: number): number {
  let exponent = 32 - Math.clz32(word)
  let mantissa = (2 * word + 1) * halves[exponent]! // u = mantissa · 2^(exponent − 33)
  if (mantissa >= rootOfTwo) {
    mantissa *= 0.5
    exponent++
  }
  const s = (mantissa - 1) / (mantissa + 1) // ln m = 2 artanh s
  const z = s * s
  const series = 2 + z * (2 / 3 + z * (2 / 5 + z * (2 / 7 + z * (2 / 9 + z * (2 / 11 + z * (2 / 13 + z * (2 / 15)))))))
  return Math.sqrt(-2 * (s * series + (exponent - 33) * Math.LN2))
}

const turn = (2 * Math.PI) / 2 ** 32 // radians of one step of a 32-bit angle
// Taylor's series of sine and cosine within an eighth of a turn.
const sine = (x: number, z: number): number =>
  x *
  (1 + z * (-1 / 6 + z * (1 / 120 + z * (-1 / 5040 + z * (1 / 362880 + z * (-1 / 39916800 + z * (1 / 6227020800)))))))
const cosine = (z: number): number =>
  1 + z * (-1 / 2 + z * (1 / 24 + z * (-1 / 720 + z * (1 / 40320 + z * (-1 / 3628800 + z * (1 / 479001600))))))

/** Writes the normal numbers of `words[pair]` and the word after it at `out[i]` and, where there is room, `out[i + 1]`. */
export function writeNormals(words: Uint32Array, pair: number, out: Float32Array, i: number): void {
  const radius = radiusOf(words[pair]!)
  const word = words[pair + 1]!
  const quarter = ((word + 2 ** 29) >>> 30) & 3 // the nearest quarter of a turn
  const x = ((word - quarter * 2 ** 30) | 0) * turn
  const z = x * x
  const [s, c] = [sine(x, z), cosine(z)]
  const [across, up] = quarter % 2 === 0 ? [c, s] : [s, c]
  out[i] = radius * (quarter === 1 || quarter === 2 ? -across : across)
  if (i + 1 < out.length) out[i + 1] = radius * (quarter >= 2 ? -up : up)
}

/** Standard normal numbers (Box and Muller 1958), the same bits in every engine, written to `out` and returned. */
export function fillNormal(stream: Stream, out: Float32Array): Float32Array {
  blocks(stream, Math.ceil(out.length / 4), (words, block) => {
    for (let pair = 0; pair < 4 && 4 * block + pair < out.length; pair += 2)
      writeNormals(words, pair, out, 4 * block + pair)
  })
  return out
}

/** A permutation of 0..n-1 (Fisher and Yates), the same for the same stream. */
export function permutation(stream: Stream, n: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  const words = randomWords(stream, 2 * n)
  for (let i = n - 1; i > 0; i--) {
    // 53 random bits: the bias of the product is below 2^-20 for any n < 2^32.
    const uniform = ((words[2 * i]! >>> 5) * 2 ** 26 + (words[2 * i + 1]! >>> 6)) * 2 ** -53
    const j = Math.floor(uniform * (i + 1))
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  return order
}

/** A number generator for loops that ask one at a time, such as the drawing of a glyph. */
export interface Random {
  uniform(low?: number, high?: number): number
  normal(mean?: number, std?: number): number
  integer(below: number): number
}

/** Numbers of the stream, one at a time, in order. */
export function randomOf(stream: Stream): Random {
  let block = 0
  let left: number[] = []
  const key = hashName(stream.name)
  const next = (): number => {
    if (left.length === 0) {
      left = [0, 0, 0, 0]
      philox4x32(
        block++,
        stream.item ?? 0,
        stream.step ?? 0,
        Math.floor(stream.seed / 2 ** 32),
        stream.seed >>> 0,
        key,
        left,
      )
    }
    return (left.pop()! + 0.5) * 2 ** -32
  }
  return {
    uniform: (low = 0, high = 1) => low + (high - low) * next(),
    normal: (mean = 0, std = 1) => mean + std * Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
    integer: (below) => Math.floor(next() * below),
  }
}
