import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { EidosError } from "../core/errors.ts"
import { mapTree } from "../core/tree.ts"
import { labelPort } from "../evaluate/evaluator.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { constant } from "../graph/ops/index.ts"
import { input } from "../graph/ops/source.ts"
import { isLeaf } from "../graph/parameter.ts"
import { replay } from "../graph/replay.ts"
import { simplify } from "../graph/simplify.ts"
import type { Tensor } from "../graph/tensor.ts"
import { tracing } from "../graph/trace.ts"
import { verify } from "../graph/verify.ts"
import type { Model, Trained } from "../model/capabilities.ts"
import { lower } from "../onnx/lower.ts"
import { symbolicBatch } from "../onnx/symbolic.ts"
import { writeFileAtomic } from "../storage/atomic.ts"
import { encodeSafetensors } from "../storage/safetensors.ts"

export type ExportRole = "encoder" | "decoder" | "classifier" | "sampler" | "weights"

/** A file to write: an ONNX program with the weights inside, or the weights alone. */
export interface ExportedFile {
  readonly role: ExportRole
  readonly name: string
  readonly bytes: Uint8Array
}

/** The parameter tree as constants: the exported program carries its weights. */
const baked = (trained: Trained<Model>): unknown =>
  mapTree(trained.model.params, isLeaf, (_, path) => constant(trained.parameters.get(path)!))

/** The same graph with its one draw under the port name `noise`. */
function withNoisePort(graph: Graph): Graph {
  if (graph.draws.size !== 1)
    throw new EidosError("trace", `export: the sampler draws ${graph.draws.size} kinds of noise; one can be exported.`)
  const [draw] = graph.draws.values()
  const outputs = replay([...graph.outputs.values()], new Map([[draw!, input("noise", draw!.shape)]]))
  return graphOf(Object.fromEntries([...graph.outputs.keys()].map((name, i) => [name, outputs[i]!])))
}

/** Programs of a trained model by role, traced with a symbolic batch axis. */
function programs(trained: Trained<Model>): { role: ExportRole; graph: Graph }[] {
  const { model } = trained
  const p = baked(trained)
  const found: { role: ExportRole; graph: Graph }[] = []
  const add = (role: ExportRole, outputs: Readonly<Record<string, Tensor>>) =>
    found.push({ role, graph: graphOf(outputs) })
  const label = model.classes === undefined ? undefined : input(labelPort, [symbolicBatch, model.classes])
  const env = () => tracing(false, "noise", label)
  const x = input("x", [symbolicBatch, ...model.event])
  if (model.ports?.encoder) add("encoder", model.ports.encoder(p, x, env()))
  if (model.ports?.decoder && model.latent)
    add("decoder", model.ports.decoder(p, input("z", [symbolicBatch, model.latent]), env()))
  if (model.classify) add("classifier", { logits: model.classify(p, x, env()) })
  if (model.sampling === "direct") {
    const graph = graphOf({ x: model.sample(p, symbolicBatch, env()) })
    if (graph.draws.size === 1) found.push({ role: "sampler", graph: withNoisePort(graph) })
  }
  return found
}

/** The trained model as files that any ONNX Runtime, and any reader of safetensors, can use. */
export function exportModel(trained: Trained<Model>, metadata: Readonly<Record<string, string>>): ExportedFile[] {
  const onnx = programs(trained).map(({ role, graph }) => ({
    role,
    name: `${role}.onnx`,
    bytes: lower(verify(simplify(graph)), { metadata }),
  }))
  return [
    ...onnx,
    { role: "weights", name: "weights.safetensors", bytes: encodeSafetensors(trained.parameters, metadata) },
  ]
}

/** Writes the files into a folder, made when it is missing, and returns where they are. */
export function writeExports(folder: string, files: readonly ExportedFile[]): { path: string; role: ExportRole }[] {
  mkdirSync(folder, { recursive: true })
  return files.map(({ role, name, bytes }) => {
    writeFileAtomic(join(folder, name), bytes)
    return { path: join(folder, name), role }
  })
}
