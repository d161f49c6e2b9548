/** Programs in their places, and threads that can run them; what makes them is in ort-bound.ts, mate.ts and a browser's own engine. */
import type { NdArray } from "../core/array.ts"

/** Arrays by port, in memory that does not move. */
export type Ports = ReadonlyMap<string, NdArray>

/** A program with its inputs and outputs in place. */
export interface BoundProgram {
  /** How outputs reach their arrays: written in place, or copied by the Node binding. */
  readonly kind: "direct" | "binding"
  /** Reads all inputs where they are and writes all outputs. */
  run(): void | Promise<void>
  /** Begins the same on a thread of `openRunThreads`, where calls are direct, and returns what waits for its end. */
  startOn?(thread: Mate): () => void
  /** Frees the session; a second call does nothing. */
  dispose(): Promise<void>
}

/** A thread beside this one. */
export interface Mate {
  /** Begins a job: the numbers that it is about. */
  start(...job: readonly number[]): void
  /** Waits until it is done and gives the number that came of it. Throws EidosError("failed") when the thread cannot work. */
  finish(): number
  dispose(): Promise<void>
}
