import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { EidosError } from "../core/errors.ts"
import { bornAt, isAlive } from "./process-identity.ts"
import { reading } from "./reading.ts"
import { explainWrite } from "./write-errors.ts"

/**
 * One process a run folder. Each start takes the next number: it creates `run.lock.<n+1>`, which only one process can,
 * after it has seen that the holder of the highest number is gone. A holder removes lower numbers and never its own,
 * not even when it is done, so the highest number never disappears: whoever acted on an old listing and revived a lower
 * number sees a higher one when it looks again, and steps back.
 */
export interface RunLock {
  /** Lets the next process in; a second call does nothing. */
  release(): void
}

interface Holder {
  readonly pid: number
  readonly host: string
  /** When the lock was taken, for the reader of an error. */
  readonly start: string
  /** When the process was born, where the system tells: it tells a process from a later one with its number. */
  readonly born: string | null
  readonly released: boolean
}

// A lock is created and filled in two calls; this long an empty one may still belong to a process between them.
const fillSeconds = 10

/** The lock of a run folder. Throws EidosError("locked") while another process, or this one, holds it. */
export function lockRun(folder: string): RunLock {
  const highest = highestLock(folder)
  if (highest > 0) refuseIfHeld(folder, highest)
  const mine = highest + 1
  const holder = { pid: process.pid, host: hostname(), start: new Date().toISOString(), born: bornAt(process.pid) }
  create(folder, mine, { ...holder, released: false })
  if (highestLock(folder) > mine) {
    rmSync(lockPath(folder, mine), { force: true })
    throw new EidosError("locked", justLocked(folder), { hint: waitForIt })
  }
  removeLower(folder, mine)
  return releasing(lockPath(folder, mine), holder)
}

function releasing(path: string, holder: Omit<Holder, "released">): RunLock {
  let held = true
  const release = (): void => {
    if (held && existsSync(path)) fill(path, "w", { ...holder, released: true })
    held = false
  }
  return { release }
}

const lockPath = (folder: string, number: number): string => join(folder, `run.lock.${number}`)

/** The number of a lock file, or 0 for any other name. */
export const lockNumber = (name: string): number => Number(/^run\.lock\.([1-9]\d{0,14})$/.exec(name)?.[1] ?? 0)

const highestLock = (folder: string): number =>
  reading(folder, () => readdirSync(folder)).reduce((highest, name) => Math.max(highest, lockNumber(name)), 0)

function removeLower(folder: string, mine: number): void {
  const numbers = readdirSync(folder).map(lockNumber)
  for (const number of numbers) if (number > 0 && number < mine) rmSync(lockPath(folder, number), { force: true })
}

function create(folder: string, number: number, holder: Holder): void {
  try {
    fill(lockPath(folder, number), "wx", holder)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw explainWrite(lockPath(folder, number), cause)
    throw new EidosError("locked", justLocked(folder), { hint: waitForIt, cause })
  }
}

function fill(path: string, flags: "w" | "wx", holder: Holder): void {
  const file = openSync(path, flags)
  try {
    writeSync(file, `${JSON.stringify(holder)}\n`)
  } finally {
    closeSync(file)
  }
}

function refuseIfHeld(folder: string, number: number): void {
  const path = lockPath(folder, number)
  const holder = readHolder(path)
  if (holder === "gone") return // a higher number was taken meanwhile, and the look after creating finds it
  if (holder === "torn") {
    if (ageSeconds(path) < fillSeconds) throw new EidosError("locked", justLocked(folder), { hint: waitForIt })
    return
  }
  if (isHeld(holder)) throw new EidosError("locked", locked(folder, holder), { hint: stopIt(path) })
}

/** A process of another host cannot be asked, so its lock stays until someone deletes it. */
function isHeld({ released, host, pid, born }: Holder): boolean {
  if (released) return false
  return host !== hostname() || isAlive(pid, born)
}

function readHolder(path: string): Holder | "gone" | "torn" {
  try {
    const holder = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder> | null
    const whole = Number.isInteger(holder?.pid) && holder!.pid! > 0 && typeof holder?.host === "string"
    return whole ? (holder as Holder) : "torn"
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "gone" : "torn"
  }
}

function ageSeconds(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? 0 : (Date.now() - stat.mtimeMs) / 1000
}

export const locked = (folder: string, { pid, host, start }: Pick<Holder, "pid" | "host" | "start">): string =>
  `${folder}: process ${pid} on ${host} has been working in this run folder since ${start}.`

export const justLocked = (folder: string): string => `${folder}: another process is just starting in this run folder.`

const waitForIt = "Wait for it to finish, or choose another --out."
const stopIt = (path: string): string =>
  `Wait for it to finish, or choose another --out. If that process is surely gone, delete ${path}.`
