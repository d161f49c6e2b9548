import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs"
import { z } from "zod"
import { EidosError } from "../core/errors.ts"
import { writeFileAtomic } from "./atomic.ts"
import { checkJson, decodeNumber, encodeNumber } from "./json-text.ts"
import { reading } from "./reading.ts"
import { explainWrite } from "./write-errors.ts"

/** One line of a metrics log; NaN and infinities are ordinary numbers here. */
export interface MetricRecord {
  readonly step: number
  readonly [name: string]: unknown
}

/** An open metrics log. */
export interface Metrics {
  append(record: MetricRecord): void
  /** A second call does nothing. */
  close(): void
}

const newline = 0x0a

/** A metrics log to append to; each record is one line by one write, and a line that a kill tore is cut off first. */
export function openMetrics(path: string): Metrics {
  let file: number | undefined
  try {
    dropTornTail(path)
    file = openSync(path, "a")
  } catch (error) {
    throw explainWrite(path, error)
  }
  const append = (record: MetricRecord): void => {
    if (file === undefined) throw new EidosError("failed", `${path}: the metrics log is closed.`)
    writeLine(file, path, `${JSON.stringify(record, encodeNumber)}\n`)
  }
  const close = (): void => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  return { append, close }
}

/** A full disk may take half a line: it is taken back, so that the log stays whole lines. */
function writeLine(file: number, path: string, line: string): void {
  const bytes = new TextEncoder().encode(line)
  const before = fstatSync(file).size
  try {
    const written = writeSync(file, bytes)
    if (written < bytes.length) throw Object.assign(new Error("short write"), { code: "ENOSPC" })
  } catch (error) {
    ftruncateSync(file, before)
    throw explainWrite(path, error)
  }
}

function dropTornTail(path: string): void {
  if (!existsSync(path)) return
  const bytes = readFileSync(path)
  const whole = bytes.lastIndexOf(newline) + 1
  if (whole < bytes.length) writeFileAtomic(path, bytes.subarray(0, whole))
}

/** Records of a metrics log in order; a line without its end, as a kill leaves it, is not one yet. Throws EidosError("model-file"). */
export const readMetrics = (path: string): MetricRecord[] => wholeLines(path).map((line, i) => parse(line, path, i + 1))

/** Drops the records after a step, whole or not at all, so that a run resumed from there logs no step twice. */
export function truncateMetrics(path: string, step: number): void {
  if (!existsSync(path)) return
  const lines = wholeLines(path)
  const kept = lines.filter((line, i) => parse(line, path, i + 1).step <= step)
  if (kept.length < lines.length) writeFileAtomic(path, kept.map((line) => `${line}\n`).join(""))
}

const wholeLines = (path: string): string[] =>
  reading(path, () => readFileSync(path, "utf8"))
    .split("\n")
    .slice(0, -1)

const recordSchema = z.looseObject({ step: z.number() })

const parse = (line: string, path: string, number: number): MetricRecord =>
  checkJson(line, recordSchema, `${path}, line ${number}`, decodeNumber)
