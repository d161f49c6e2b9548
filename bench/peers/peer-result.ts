/** What a peer's program prints, read strictly: a line that is not exactly what was asked for is no result. */

export type PeerResult = {
  readonly peer: string
  readonly mode: string
  readonly threads: number
  readonly version: string
  readonly settings: string
  readonly workload: "dense-vae"
  readonly batch: number
  readonly medianMs: number // a training step
  readonly roundsMs: readonly number[]
  readonly lossFirst: number // nats
  readonly lossLast: number // nats
}

/** One matrix product [rows, inner]·[inner, columns] of the dense VAE's step. */
export type MatmulRate = {
  readonly layer: string
  readonly role: "forward" | "weightGradient" | "inputGradient"
  readonly shape: readonly [rows: number, inner: number, columns: number]
  readonly medianMs: number
  readonly gflops: number
}

export type MatmulResult = {
  readonly peer: string
  readonly mode: string
  readonly threads: number
  readonly version: string
  readonly workload: "dense-vae-matmul"
  readonly batch: number
  readonly totalMs: number
  readonly gflops: number // of all products together
  readonly products: readonly MatmulRate[]
}

type Asked = { readonly peer: string; readonly mode: string; readonly threads: number }

/** The training result on `stdout`; throws a sentence when it is not one, not the one asked for, or did not train. */
export const parsePeerResult = (stdout: string, asked: Asked): PeerResult => {
  const line = onlyLine(stdout)
  const roundsMs = list(line, "roundsMs").map((ms, i) => positive({ ms }, "ms", `roundsMs[${i}]`))
  const result: PeerResult = {
    ...identity(line, asked),
    settings: text(line, "settings"),
    workload: literal(line, "workload", "dense-vae"),
    medianMs: positive(line, "medianMs"),
    roundsMs,
    lossFirst: positive(line, "lossFirst"),
    lossLast: positive(line, "lossLast"),
  }
  if (!(Math.min(...roundsMs) <= result.medianMs && result.medianMs <= Math.max(...roundsMs)))
    throw new Error(`medianMs ${result.medianMs} is not within its rounds.`)
  if (!(result.lossLast < result.lossFirst))
    throw new Error(`the loss did not fall: ${result.lossFirst} to ${result.lossLast} nats.`)
  return result
}

/** The rates on `stdout`; throws a sentence when they are not there or not those asked for. */
export const parseMatmulResult = (stdout: string, asked: Asked): MatmulResult => {
  const line = onlyLine(stdout)
  return {
    ...identity(line, asked),
    workload: literal(line, "workload", "dense-vae-matmul"),
    totalMs: positive(line, "totalMs"),
    gflops: positive(line, "gflops"),
    products: list(line, "products").map(matmulRate),
  }
}

const matmulRate = (value: unknown): MatmulRate => {
  const rate = record(value)
  const role = text(rate, "role")
  if (role !== "forward" && role !== "weightGradient" && role !== "inputGradient")
    throw new Error(`role is "${role}", not one of a layer's three products.`)
  const [rows, inner, columns] = list(rate, "shape").map((size) => positive({ size }, "size", "shape"))
  if (rows === undefined || inner === undefined || columns === undefined) throw new Error("shape needs three sizes.")
  return {
    layer: text(rate, "layer"),
    role,
    shape: [rows, inner, columns],
    medianMs: positive(rate, "medianMs"),
    gflops: positive(rate, "gflops"),
  }
}

const identity = (line: Fields, asked: Asked) => ({
  peer: literal(line, "peer", asked.peer),
  mode: literal(line, "mode", asked.mode),
  threads: literal(line, "threads", asked.threads),
  version: text(line, "version"),
  batch: literal(line, "batch", 128),
})

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

const positive = (fields: Fields, name: string, label = name): number => {
  const value = fields[name]
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0)
    throw new Error(`${label} is ${JSON.stringify(value)}, not a positive number.`)
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
