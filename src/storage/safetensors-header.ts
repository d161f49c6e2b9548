import { EidosError } from "../core/errors.ts"

/** One tensor as a safetensors header declares it; `begin` and `end` are bytes after the header. */
export interface Declared {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** What a safetensors header says, as checked as its own text allows. */
export interface Header {
  readonly tensors: readonly Declared[]
  readonly metadata: Readonly<Record<string, string>>
}

/** Most tensors one file may declare. */
export const maxTensors = 100_000
const maxRank = 32 // NumPy's limit before 2.0; a longer shape is an attempt to make us allocate
const maxMetadata = 10_000

/** The key under which a header keeps its strings. */
export const metadataKey = "__metadata__"

const forbidden = new Set(["__proto__", "prototype", "constructor"])

/** Whether a tensor or metadata name could reach an object's prototype once paths become trees. */
export const isForbiddenName = (name: string): boolean => name.split(".").some((part) => forbidden.has(part))

/** A name for an error message, quoted and kept short: a name may be as long as the header. */
export const quoted = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)

export const forbiddenName = (where: string, name: string): string =>
  `${where}: the name ${quoted(name)} is not allowed, because it could change the prototype of objects.`

export const duplicateName = (where: string, name: string): string =>
  `${where}: the header names ${quoted(name)} twice.`

export const badHeader = (where: string, at: number, needed: string): string =>
  `${where}: the header is not what safetensors writes: character ${at} should be ${needed}.`

export const tooMany = (where: string, what: string, limit: number): string =>
  `${where}: the header has more than ${limit} ${what}.`

/**
 * The header's text, read by a parser of this one format: JSON.parse would keep the last of two equal keys without a
 * word, and would build whatever nested value the text describes before anyone could refuse it. Throws EidosError.
 */
export function parseHeader(text: string, where: string): Header {
  const reader = readerOf(text, where)
  const tensors: Declared[] = []
  let metadata: Record<string, string> = {}
  reader.members((name) => {
    if (name === metadataKey) metadata = readMetadata(reader)
    else tensors.push(readTensor(name, reader))
    if (tensors.length > maxTensors) throw reader.error(tooMany(where, "tensors", maxTensors))
  })
  reader.end()
  return { tensors, metadata }
}

function readMetadata(reader: Reader): Record<string, string> {
  const pairs: [string, string][] = []
  reader.members((key) => {
    pairs.push([key, reader.string()])
    if (pairs.length > maxMetadata) throw reader.error(tooMany(reader.where, "metadata entries", maxMetadata))
  })
  return Object.fromEntries(pairs)
}

function readTensor(name: string, reader: Reader): Declared {
  let dtype: string | undefined
  let shape: number[] | undefined
  let offsets: number[] | undefined
  reader.members((field) => {
    if (field === "dtype") dtype = reader.string()
    else if (field === "shape") shape = reader.integers(maxRank)
    else if (field === "data_offsets") offsets = reader.integers(2)
    else throw reader.error(unknownField(reader.where, name, field))
  })
  if (dtype === undefined || shape === undefined || offsets?.length !== 2)
    throw reader.error(incomplete(reader.where, name))
  return { name, dtype, shape, begin: offsets[0]!, end: offsets[1]! }
}

export const unknownField = (where: string, name: string, field: string): string =>
  `${where}: tensor ${quoted(name)} has the field ${quoted(field)}; only dtype, shape and data_offsets exist.`

export const incomplete = (where: string, name: string): string =>
  `${where}: tensor ${quoted(name)} needs a dtype, a shape and two data_offsets.`

interface Reader {
  readonly where: string
  /** Calls `take` after each key of an object, with the cursor on the key's value. */
  members(take: (key: string) => void): void
  string(): string
  integers(limit: number): number[]
  end(): void
  error(message: string): EidosError
}

// Sticky patterns move the cursor; none of them can match the same text in two ways, so none backtracks.
const whitespace = /[ \t\r\n]*/y
const wholeNumber = /0|[1-9][0-9]{0,15}/y

function readerOf(text: string, where: string): Reader {
  let at = 0
  const error = (message: string) => new EidosError("model-file", message)
  const needed = (what: string) => error(badHeader(where, at, what))

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }
  const accept = (symbol: string): boolean => {
    match(whitespace)
    if (text[at] !== symbol) return false
    at++
    return true
  }
  const expect = (symbol: string): void => {
    if (!accept(symbol)) throw needed(`\`${symbol}\``)
  }

  /** Position of the quote that closes the string whose first character is at `start`. */
  const closingQuote = (start: number): number => {
    for (let i = start; i < text.length; i++) {
      if (text[i] === "\\") i++
      else if (text[i] === '"') return i
    }
    throw needed("inside a string that ends")
  }
  const string = (): string => {
    expect('"')
    const start = at
    const end = closingQuote(start)
    at = end + 1
    try {
      return JSON.parse(text.slice(start - 1, end + 1)) as string // a quoted text parses to a string or throws
    } catch {
      at = start
      throw needed("the start of a string that JSON allows")
    }
  }
  const integer = (): number => {
    match(whitespace)
    const value = Number(match(wholeNumber) ?? Number.NaN)
    if (!Number.isSafeInteger(value)) throw needed("a whole number from 0 to 2^53")
    return value
  }

  /** Comma-separated items up to `close`; the opening symbol is behind the cursor. */
  const items = (close: string, take: () => void): void => {
    if (accept(close)) return
    do take()
    while (accept(","))
    expect(close)
  }
  const integers = (limit: number): number[] => {
    const values: number[] = []
    expect("[")
    items("]", () => {
      if (values.length === limit) throw error(tooMany(where, "numbers in one list", limit))
      values.push(integer())
    })
    return values
  }
  const members = (take: (key: string) => void): void => {
    const seen = new Set<string>()
    expect("{")
    items("}", () => {
      const key = string()
      if (isForbiddenName(key)) throw error(forbiddenName(where, key))
      if (seen.has(key)) throw error(duplicateName(where, key))
      seen.add(key)
      expect(":")
      take(key)
    })
  }
  const end = (): void => {
    match(whitespace)
    if (at < text.length) throw needed("a space or the end")
  }
  return { where, members, string, integers, end, error }
}
