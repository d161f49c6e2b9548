/** What steps ask of ONNX Runtime and of the machine around it, so that Node and browsers run the same executors. */
import type { InferenceSession } from "onnxruntime-web"
import type { Graph } from "../graph/graph.ts"
import type { Lane } from "../runtime/bound.ts"
import type { Crew } from "../runtime/crew.ts"
import type { FlatMemory, KernelModule } from "../runtime/flat.ts"
import type { Library } from "../runtime/program.ts"

export interface Engine {
  readonly library: Library
  /** Threads that a run may use. */
  readonly threads: number
  /** Whether programs are called without a detour. */
  readonly isDirect: boolean
  /** What programs on several threads can all see: any memory, only what is shared between threads, or nothing. */
  readonly lanesSee: "all" | "shared" | "nothing"
  /** Whether results can stay in a device's memory, to be fed again. */
  readonly keepsResults: boolean
  /** This thread. */
  readonly own: Lane
  /** So many threads for programs that run side by side; this one alone where they cannot be had. */
  openLanes(count: number): Promise<readonly Lane[]>
  /** A session of a graph; the named results stay on the device. */
  openGraph(graph: Graph, resident: readonly string[]): Promise<InferenceSession>
  /** A session of model bytes with one thread. */
  openModel(model: Uint8Array): Promise<InferenceSession>
  /** Who works on flat memory with these kernels. */
  openCrew(flat: FlatMemory, kernels: readonly KernelModule[]): Crew
  /** Gives signals and timers their turn. */
  pause(): Promise<void>
}
