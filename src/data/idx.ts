import { EidosError } from "../core/errors.ts"
import { formatShape, type Shape, sizeOf } from "../core/shape.ts"
import { readBytes, unzipped } from "./gzip.ts"

/** An IDX file of unsigned bytes, the format of LeCun's MNIST: lengths of its axes and its bytes in row-major order. */
export interface Idx {
  readonly shape: Shape
  readonly data: Uint8Array
}

/** The largest IDX file that is read, in bytes (1 GiB). */
export const maxIdxBytes = 2 ** 30

const elementTypes: Readonly<Record<number, string>> = {
  8: "unsigned bytes",
  9: "signed bytes",
  11: "16-bit integers",
  12: "32-bit integers",
  13: "32-bit floats",
  14: "64-bit floats",
}

export const notIdx = (where: string): string => `${where}: does not begin as an IDX file does (two zero bytes).`
export const wrongElementType = (where: string, code: number): string =>
  `${where}: holds ${elementTypes[code] ?? `elements of unknown type 0x${code.toString(16)}`}; unsigned bytes (type 0x8) are needed.`
export const wrongRank = (where: string, rank: number): string => `${where}: has ${rank} axes; 1 to 4 are needed.`
export const shortHeader = (where: string, length: number, needed: number): string =>
  `${where}: ends after ${length} bytes, inside its header of ${needed} bytes.`
export const wrongSize = (where: string, shape: Shape, came: number): string =>
  `${where}: its header tells of ${formatShape(shape)} = ${sizeOf(shape)} bytes, but ${came} follow.`

const fail = (message: string, hint = "Check that the file is an IDX file and was fetched whole."): never => {
  throw new EidosError("data", message, { hint })
}

/** Shape told by the header of an IDX file; the header takes 4 + 4 × rank bytes. Throws EidosError "data". */
function parseHeader(bytes: Uint8Array, where: string): Shape {
  if (bytes.length < 4) fail(shortHeader(where, bytes.length, 4))
  const [zero, alsoZero, type, rank] = bytes as unknown as [number, number, number, number] // 4 bytes were checked above
  if (zero !== 0 || alsoZero !== 0) fail(notIdx(where))
  if (type !== 8) fail(wrongElementType(where, type), "Convert the file to unsigned bytes.")
  if (rank < 1 || rank > 4) fail(wrongRank(where, rank))
  const needed = 4 + 4 * rank
  if (bytes.length < needed) fail(shortHeader(where, bytes.length, needed))
  const view = new DataView(bytes.buffer, bytes.byteOffset, needed)
  return Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
}

/** The IDX file in `bytes` (its data share their memory). Throws EidosError "data" unless header and length agree exactly. */
export function parseIdx(bytes: Uint8Array, where: string): Idx {
  const shape = parseHeader(bytes, where)
  const header = 4 + 4 * shape.length
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + header, bytes.length - header) // never a Buffer
  // Above 2^53 the product is rounded, but such a product cannot equal the length of an array.
  if (sizeOf(shape) !== data.length) fail(wrongSize(where, shape, data.length))
  return { shape, data }
}

/** `bytes` of an IDX file, unpacked where they are gzipped, never more than its header tells or `maxIdxBytes`. */
export const unzippedIdx = (bytes: Uint8Array, where: string): Promise<Uint8Array> =>
  unzipped(bytes, where, (head) => {
    const shape = parseHeader(head, where)
    return Math.min(maxIdxBytes, 4 + 4 * shape.length + sizeOf(shape))
  })

/** The IDX file at `path`, gzipped or not. Throws EidosError "data" when it is missing, damaged or lies about its size. */
export async function readIdxFile(path: string): Promise<Idx> {
  return parseIdx(await unzippedIdx(await readBytes(path, maxIdxBytes), path), path)
}

/** Bytes of an IDX file of this shape; what `parseIdx` reads. */
export function formatIdx({ shape, data }: Idx): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(2, 8)
  view.setUint8(3, shape.length)
  shape.forEach((length, axis) => {
    view.setUint32(4 + 4 * axis, length)
  })
  bytes.set(data, 4 + 4 * shape.length)
  return bytes
}
