/** What a contestant's program prints, read strictly: a line that is not exactly what was asked for is no result. */

export type PeerResult = {
  readonly peer: string
  readonly mode: string
  readonly threads: number
  readonly version: string
  readonly settings: string
  readonly workload: string
  readonly batch: number
  /** A training step, or all images drawn. */
  readonly medianMs: number
  readonly roundsMs: readonly number[]
  /** The first call less a steady one. */
  readonly compileMs: number
  /** From the start of the process to the end of its first call. */
  readonly firstStepMs: number
  readonly peakMemoryMB: number
  /** Nats; the share of ones where images are drawn. */
  readonly lossFirst: number
  readonly lossLast: number
}

export type Absent = { readonly absent: string }

/** One matrix product [rows, inner]·[inner, columns]. */
export type MatmulRate = {
  readonly shape: readonly [rows: number, inner: number, columns: number]
  readonly medianMs: number
  readonly gflops: number
}

export type MatmulResult = {
  readonly version: string
  /** On a product of 1024³: the machine's peak as this library finds it. */
  readonly peakGflops: number
  /** Of all products asked for together; absent where none was. */
  readonly gflops: number | null
  readonly products: readonly MatmulRate[]
}

export type Asked = {
  readonly peer: string
  readonly mode: string
  readonly threads: number
  readonly workload: string
  readonly batch: number
}

/** The result on `stdout`, or the program's own reason why there is none; throws a sentence when it is neither, or not the one asked for. */
export const parsePeerResult = (stdout: string, asked: Asked): PeerResult | Absent => {
  const line = onlyLine(stdout)
  if ("absent" in line) return { absent: text(line, "absent") }
  const roundsMs = list(line, "roundsMs").map((ms, i) => positive({ ms }, "ms", `roundsMs[${i}]`))
  const result: PeerResult = {
    peer: literal(line, "peer", asked.peer),
    mode: literal(line, "mode", asked.mode),
    threads: literal(line, "threads", asked.threads),
    workload: literal(line, "workload", asked.workload),
    batch: literal(line, "batch", asked.batch),
    version: text(line, "version"),
    settings: text(line, "settings"),
    medianMs: positive(line, "medianMs"),
    roundsMs,
    compileMs: finite(line, "compileMs"),
    firstStepMs: positive(line, "firstStepMs"),
    peakMemoryMB: positive(line, "peakMemoryMB"),
    lossFirst: finite(line, "lossFirst"),
    lossLast: finite(line, "lossLast"),
  }
  if (!(Math.min(...roundsMs) <= result.medianMs && result.medianMs <= Math.max(...roundsMs)))
    throw new Error(`medianMs ${result.medianMs} is not within its rounds.`)
  return result
}

/** The rates on `stdout`; throws a sentence when they are not there. */
export const parseMatmulResult = (stdout: string): MatmulResult => {
  const line = onlyLine(stdout)
  const products = line["products"]
  if (!Array.isArray(products)) throw new Error("products is not a list.")
  return {
    version: text(line, "version"),
    peakGflops: positive(line, "peakGflops"),
    gflops: products.length === 0 ? null : positive(line, "gflops"),
    products: products.map(matmulRate),
  }
}

const matmulRate = (value: unknown): MatmulRate => {
  const rate = record(value)
  const [rows, inner, columns] = list(rate, "shape").map((size) => positive({ size }, "size", "shape"))
  if (rows === undefined || inner === undefined || columns === undefined) throw new Error("shape needs three sizes.")
  return { shape: [rows, inner, columns], medianMs: positive(rate, "medianMs"), gflops: positive(rate, "gflops") }
}

type Fields = { readonly [name: string]: unknown }

const onlyLine = (stdout: string): Fields => {
  const lines = stdout.trim().split("\n")
  const [line] = lines
  if (lines.length !== 1 || line === undefined || line === "")
    throw new Error(`standard output has ${stdout.trim() === "" ? 0 : lines.length} lines, not one.`)
  return record(parseJson(line))
}

const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(`standard output is not JSON: ${line.slice(0, 80)}`)
  }
}

const record = (value: unknown): Fields => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("expected a JSON object.")
  return value as Fields // an object's fields are unknown until read
}

const text = (fields: Fields, name: string): string => {
  const value = fields[name]
  if (typeof value !== "string" || value === "") throw new Error(`${name} is ${JSON.stringify(value)}, not a text.`)
  return value
}

const finite = (fields: Fields, name: string, label = name): number => {
  const value = fields[name]
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new Error(`${label} is ${JSON.stringify(value)}, not a finite number.`)
  return value
}

const positive = (fields: Fields, name: string, label = name): number => {
  const value = finite(fields, name, label)
  if (value <= 0) throw new Error(`${label} is ${value}, not above 0.`)
  return value
}

const list = (fields: Fields, name: string): readonly unknown[] => {
  const value = fields[name]
  if (!Array.isArray(value) || value.length === 0) throw new Error(`${name} is not a list with something in it.`)
  return value
}

const literal = <T extends string | number>(fields: Fields, name: string, wanted: T): T => {
  if (fields[name] !== wanted)
    throw new Error(`${name} is ${JSON.stringify(fields[name])}; asked for ${JSON.stringify(wanted)}.`)
  return wanted
}
