import { type NdArray, wrongLength } from "../core/array.ts"
import { EidosError } from "../core/errors.ts"
import { formatShape, type Shape, sizeOf } from "../core/shape.ts"
import {
  type Declared,
  forbiddenName,
  isForbiddenName,
  maxTensors,
  metadataKey,
  parseHeader,
  quoted,
  tooMany,
} from "./safetensors-header.ts"

/**
 * The safetensors format: a 64-bit little-endian header length, a JSON header, then the numbers of all tensors without
 * gaps. Only F32 is read and written. The reader trusts nothing: a file that lies is refused before anything is
 * allocated for its tensors. Floats are copied in the machine's byte order; every platform ONNX Runtime ships for is
 * little-endian.
 */

/** Tensors by name, in file order, and the strings stored beside them. */
export interface Safetensors {
  readonly tensors: Map<string, NdArray>
  readonly metadata: Readonly<Record<string, string>>
}

/** Longest header that is read, in bytes. */
export const maxHeaderBytes = 16 * 2 ** 20

/** Bytes of a safetensors file with these tensors in this order. Throws EidosError for what the reader would refuse. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NdArray>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header = encodeHeader(tensors, metadata)
  const total = [...tensors.values()].reduce((sum, tensor) => sum + tensor.data.byteLength, 8 + header.length)
  const bytes = new Uint8Array(total)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true)
  bytes.set(header, 8)
  let at = 8 + header.length
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

function encodeHeader(tensors: ReadonlyMap<string, NdArray>, metadata?: Readonly<Record<string, string>>): Uint8Array {
  if (tensors.size > maxTensors) throw refuse(tooMany("safetensors", "tensors", maxTensors))
  const members = metadata === undefined ? [] : [member(metadataKey, encodeMetadata(metadata))]
  let at = 0
  for (const [name, tensor] of tensors) {
    checkWritable(name, tensor)
    const end = at + tensor.data.byteLength
    members.push(member(name, { dtype: "F32", shape: tensor.shape, data_offsets: [at, end] }))
    at = end
  }
  return padded(new TextEncoder().encode(`{${members.join(",")}}`))
}

// Text, not an object: an object would move names that look like numbers to the front.
const member = (name: string, value: unknown): string => `${JSON.stringify(name)}:${JSON.stringify(value)}`

function encodeMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const bad = Object.keys(metadata).find(isForbiddenName)
  if (bad !== undefined) throw refuse(forbiddenName("safetensors", bad))
  return metadata
}

function checkWritable(name: string, { shape, data }: NdArray): void {
  if (name === metadataKey || isForbiddenName(name)) throw refuse(forbiddenName("safetensors", name))
  if (sizeOf(shape) !== data.length) throw refuse(wrongLength(shape, data.length))
}

function padded(text: Uint8Array): Uint8Array {
  const header = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20)
  if (header.length > maxHeaderBytes) throw refuse(longHeader("safetensors", BigInt(header.length)))
  header.set(text)
  return header
}

/** Tensors and metadata of a safetensors file; `where` names the file in errors. Throws EidosError("model-file"). */
export function decodeSafetensors(bytes: Uint8Array, where: string): Safetensors {
  const headerLength = readHeaderLength(bytes, where)
  const { tensors, metadata } = parseHeader(utf8(bytes.subarray(8, 8 + headerLength), where), where)
  const body = bytes.subarray(8 + headerLength)
  for (const tensor of tensors) checkTensor(tensor, body.length, where)
  checkCoverage(tensors, body.length, where)
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, copyOut(tensor, body)])), metadata }
}

function readHeaderLength(bytes: Uint8Array, where: string): number {
  if (bytes.length < 8) throw refuse(tooShort(where, bytes.length))
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  if (length > BigInt(maxHeaderBytes)) throw refuse(longHeader(where, length))
  if (length > BigInt(bytes.length - 8)) throw refuse(headerBeyondFile(where, length, bytes.length))
  return Number(length)
}

function utf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new EidosError("model-file", `${where}: the header is not UTF-8 text.`, { cause })
  }
}

function checkTensor({ name, dtype, shape, begin, end }: Declared, bodyBytes: number, where: string): void {
  if (dtype !== "F32") throw refuse(wrongDtype(where, name, dtype), "Convert the tensors to F32 before loading them.")
  if (exactSize(shape.filter((length) => length > 0)) > Number.MAX_SAFE_INTEGER)
    throw refuse(hugeShape(where, name, shape))
  if (begin > end || end > bodyBytes) throw refuse(outsideFile(where, name, [begin, end], bodyBytes))
  const size = exactSize(shape)
  if (BigInt(end - begin) !== 4n * size) throw refuse(wrongRange(where, name, shape, 4n * size, end - begin))
}

/** Element count as it is, however large; doubles would round the product and might round it to the right one. */
const exactSize = (shape: Shape): bigint => shape.reduce((product, length) => product * BigInt(length), 1n)

/** In file order each tensor must begin where the one before ends, and the last must end with the file. */
function checkCoverage(tensors: readonly Declared[], bodyBytes: number, where: string): void {
  let reached = 0
  for (const { name, begin, end } of [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < reached) throw refuse(overlap(where, name, begin, reached))
    if (begin > reached) throw refuse(hole(where, reached, begin))
    reached = end
  }
  if (reached < bodyBytes) throw refuse(hole(where, reached, bodyBytes))
}

function copyOut({ shape, begin, end }: Declared, body: Uint8Array): NdArray {
  const data = new Float32Array((end - begin) / 4)
  new Uint8Array(data.buffer).set(body.subarray(begin, end)) // a view could not be had: offsets need not be aligned
  return { shape, data }
}

const refuse = (message: string, hint = "The file is damaged or was not written by safetensors."): EidosError =>
  new EidosError("model-file", message, { hint })

export const tooShort = (where: string, bytes: number): string =>
  `${where}: the file has ${bytes} bytes; a safetensors file has at least 8.`

export const longHeader = (where: string, bytes: bigint): string =>
  `${where}: the header claims ${bytes} bytes; at most ${maxHeaderBytes} are read.`

export const headerBeyondFile = (where: string, bytes: bigint, fileBytes: number): string =>
  `${where}: the header claims ${bytes} bytes, but the whole file has ${fileBytes}.`

export const wrongDtype = (where: string, name: string, dtype: string): string =>
  `${where}: tensor ${quoted(name)} has dtype ${quoted(dtype)}; only F32 is read.`

export const hugeShape = (where: string, name: string, shape: Shape): string =>
  `${where}: tensor ${quoted(name)} has shape ${formatShape(shape)}, more numbers than any memory holds.`

export const outsideFile = (where: string, name: string, range: readonly number[], bodyBytes: number): string =>
  `${where}: tensor ${quoted(name)} lies at bytes ${range.join(" to ")}, but the data has ${bodyBytes} bytes.`

export const wrongRange = (where: string, name: string, shape: Shape, needed: bigint, came: number): string =>
  `${where}: tensor ${quoted(name)} of shape ${formatShape(shape)} needs ${needed} bytes, but its range has ${came}.`

export const overlap = (where: string, name: string, begin: number, reached: number): string =>
  `${where}: tensor ${quoted(name)} begins at byte ${begin}, inside another tensor that ends at ${reached}.`

export const hole = (where: string, from: number, to: number): string =>
  `${where}: bytes ${from} to ${to} belong to no tensor.`
