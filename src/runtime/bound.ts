/** Programs in their places, and threads that can run them; what makes them is in ort-bound.ts, mate.ts and web-lane.ts. */
import type { NdArray } from "../core/array.ts"
import type { Soon } from "../core/soon.ts"
import type { Graph } from "../graph/graph.ts"

/** Arrays by port, in memory that does not move. */
export type Ports = ReadonlyMap<string, NdArray>

/** A program with its inputs and outputs in place, and a thread to run it. */
export interface LaneProgram {
  /** Begins to read all inputs where they are and to write all outputs, and returns what waits for its end; a thread that is this one begins only then. */
  begin(): () => Soon<void>
  /** Frees the session, where it does not go with its thread; a second call does nothing. */
  dispose(): Promise<void>
}

/** A thread that programs are opened for. */
export interface Lane {
  /** A program bound to the arrays it reads and writes, with so many threads in an operator; in a page all programs of a thread have the same number. */
  bind(graph: Graph, inputs: Ports, outputs: Ports, threads: number): Promise<LaneProgram>
  dispose(): Promise<void>
}

/** A program with its inputs and outputs in place. */
export interface BoundProgram {
  /** How outputs reach their arrays: written in place, or copied by the Node binding. */
  readonly kind: "direct" | "binding"
  /** Reads all inputs where they are and writes all outputs. */
  run(): Soon<void>
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
