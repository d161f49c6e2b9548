import { availableParallelism } from "node:os"
import ort from "onnxruntime-node"
import { isWorthOptimizing, lower } from "../onnx/lower.ts"
import type { Lane, Mate } from "../runtime/bound.ts"
import { cpuTarget } from "../runtime/cpu-target.ts"
import { aloneOn } from "../runtime/crew.ts"
import { cpu, type Device } from "../runtime/device.ts"
import { isShared } from "../runtime/flat.ts"
import { openCrew } from "../runtime/kernel-crew.ts"
import { type BindOptions, bind, callsDirectly, openRunThreads } from "../runtime/ort-bound.ts"
import { openGraph, openSession } from "../runtime/ort-node.ts"
import { keepResults } from "../runtime/results.ts"
import type { Engine } from "./engine.ts"

const mostInCrew = 4 // more do not make memory faster

/** This machine: its processor, or another device of it. */
export async function nodeEngine(session: BindOptions = {}, device: Device = cpu): Promise<Engine> {
  const threads = session.threads ?? availableParallelism()
  const isDirect = session.kind !== "binding" && (await callsDirectly())
  /** A thread: this one unless told. */
  const laneOf = (thread?: Mate): Lane => ({
    async bind(graph, inputs, outputs, threads) {
      const kept = isDirect ? keepResults(graph) : { graph, results: [] }
      const model = lower(kept.graph, { target: await cpuTarget() })
      const written = new Map([...outputs, ...kept.results])
      const program = await bind(model, inputs, written, { optimize: isWorthOptimizing(graph), ...session, threads })
      const { run, startOn } = program
      return { begin: thread ? () => startOn!(thread) : () => run, dispose: program.dispose }
    },
    dispose: async () => thread?.dispose(),
  })
  const own = laneOf()
  return {
    library: ort,
    threads,
    isDirect,
    lanesSee: isDirect ? "all" : "nothing",
    keepsResults: device.provider === "webgpu",
    own,
    openLanes: async (count) => [own, ...(isDirect ? await openRunThreads(count - 1) : []).map(laneOf)],
    openGraph: (graph, resident) =>
      openGraph(graph, { device, resident, ...(session.threads !== undefined && { threads: session.threads }) }),
    openModel: (model) => openSession(model, { threads: 1 }),
    openCrew: (flat, kernels) =>
      isShared(flat) ? openCrew(flat, Math.min(mostInCrew, threads), kernels) : aloneOn(flat),
    pause: () => new Promise(setImmediate), // direct calls never leave the thread
  }
}
