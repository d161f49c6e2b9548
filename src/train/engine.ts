/** What steps ask of ONNX Runtime and of the machine around it, so that Node and browsers run the same executors. */
import type { InferenceSession } from "onnxruntime-web"
import type { Graph } from "../graph/graph.ts"
import type { BoundProgram, Mate, Ports } from "../runtime/bound.ts"
import type { Crew } from "../runtime/crew.ts"
import type { FlatMemory, KernelModule } from "../runtime/flat.ts"
import type { Library } from "../runtime/program.ts"

export interface Engine {
  readonly library: Library
  /** Threads that a run may use. */
  readonly threads: number
  /** Whether programs are called without a detour, on threads beside this one too. */
  readonly isDirect: boolean
  /** Whether results can stay in a device's memory, to be fed again. */
  readonly keepsResults: boolean
  /** A program bound to the arrays it reads and writes, with so many threads in an operator. */
  bind(graph: Graph, inputs: Ports, outputs: Ports, threads: number): Promise<BoundProgram>
  /** A session of a graph; the named results stay on the device. */
  openGraph(graph: Graph, resident: readonly string[]): Promise<InferenceSession>
  /** A session of model bytes with one thread. */
  openModel(model: Uint8Array): Promise<InferenceSession>
  /** Threads for programs that can be started beside this one; none where there are none. */
  openRunThreads(count: number): Promise<readonly Mate[]>
  /** Who works on flat memory with these kernels. */
  openCrew(flat: FlatMemory, kernels: readonly KernelModule[]): Crew
  /** Gives signals and timers their turn. */
  pause(): Promise<void>
}
