import type { NdArray } from "../core/array.ts"
import { sizeOf } from "../core/shape.ts"
import type { Dataset, SplitName } from "../data/dataset.ts"
import { fillLabels } from "../data/labels.ts"
import { evaluationSeed, fillEvents, type Preprocessing } from "../data/preprocess.ts"
import { type Graph, graphOf } from "../graph/graph.ts"
import { input } from "../graph/ops/source.ts"
import { live, type Parameters } from "../graph/parameter.ts"
import { simplify } from "../graph/simplify.ts"
import type { Tensor } from "../graph/tensor.ts"
import { type Env, tracing } from "../graph/trace.ts"
import type { Model } from "../model/capabilities.ts"
import { fillNormal, fillUniform } from "../runtime/noise.ts"
import { compile, type Program, type SessionOptions } from "../runtime/ort-node.ts"

/** Data as an evaluation sees it: which split, prepared how. */
export interface EvaluationData {
  readonly dataset: Pick<Dataset, "splits" | "levels">
  readonly split: SplitName
  readonly preprocessing: Preprocessing
}

/** Fills a program's noise from (seed, step, name). */
export function drawNoise(graph: Graph, seed: number, step: number, item = 0): Record<string, NdArray> {
  const fill = (draw: Tensor) => {
    const { name, distribution } = draw.attrs
    const data = new Float32Array(sizeOf(draw.shape))
    const stream = { seed, name, step, item }
    return { shape: draw.shape, data: distribution === "normal" ? fillNormal(stream, data) : fillUniform(stream, data) }
  }
  return Object.fromEntries([...graph.draws.values()].map((draw) => [draw.attrs.name, fill(draw)]))
}

/** Parameters that a program reads, as feeds. */
export const parameterFeeds = (graph: Graph, parameters: Parameters): Record<string, NdArray> =>
  Object.fromEntries(
    [...graph.inputs.keys()].flatMap((name) => (parameters.has(name) ? [[name, parameters.get(name)!]] : [])),
  )

/** A function of a model traced for evaluation and compiled. */
export interface ModelProgram {
  readonly graph: Graph
  run(
    parameters: Parameters,
    feeds?: Readonly<Record<string, NdArray>>,
    noise?: { step: number; item?: number },
  ): Promise<Record<string, NdArray>>
  dispose(): Promise<void>
}

export interface TraceOptions extends SessionOptions {
  readonly seed?: number
  /** Rows of the batch: a conditional model reads its one-hot labels from the port `label`, [rows, classes]. */
  readonly rows?: number
}

/** Name of the port of one-hot labels. */
export const labelPort = "label"

/** Traces `f` in evaluation mode with the model's parameters as inputs and compiles it. */
export async function compileFor(
  model: Model,
  f: (p: any, env: Env) => Readonly<Record<string, Tensor>>,
  options: TraceOptions = {},
): Promise<ModelProgram> {
  const { classes } = model
  const isConditional = classes !== undefined && options.rows !== undefined
  const label = isConditional ? input(labelPort, [options.rows!, classes]) : undefined
  const graph = simplify(graphOf(f(live(model.params), tracing(false, "noise", label))))
  const program: Program = await compile(graph, options)
  const seed = options.seed ?? evaluationSeed
  return {
    graph,
    // Noise the caller feeds by name stands in for the drawn one.
    run: (parameters, feeds = {}, { step, item = 0 } = { step: 0 }) =>
      program.run({ ...drawNoise(graph, seed, step, item), ...parameterFeeds(graph, parameters), ...feeds }),
    dispose: () => program.dispose(),
  }
}

/** Events `first … first + count − 1` of a split, prepared: [count, ...event]. */
export function eventsOf(data: EvaluationData, event: readonly number[], indices: ArrayLike<number>): NdArray {
  const { dataset, split, preprocessing } = data
  const out = new Float32Array(indices.length * sizeOf(event))
  const noise = { seed: evaluationSeed, epoch: 0 }
  fillEvents(dataset.splits[split], split, indices, preprocessing, dataset.levels, noise, out, sizeOf(event))
  return { shape: [indices.length, ...event], data: out }
}

/** One-hot labels of the rows of a split, [indices.length, classes], as feeds of a conditional model; none for another. */
export function labelFeeds(model: Model, data: EvaluationData, indices: ArrayLike<number>): Record<string, NdArray> {
  const { classes } = model
  if (classes === undefined) return {}
  const out = new Float32Array(indices.length * classes)
  fillLabels(data.dataset.splits[data.split], indices, classes, out)
  return { [labelPort]: { shape: [indices.length, classes], data: out } }
}

/** One-hot labels [labels.length, classes] as feeds of a conditional model; none for another. */
export function oneHotFeeds({ classes }: Model, labels: readonly number[]): Record<string, NdArray> {
  if (classes === undefined) return {}
  const out = new Float32Array(labels.length * classes)
  fillLabels({ labels: Uint8Array.from(labels) }, [...labels.keys()], classes, out)
  return { [labelPort]: { shape: [labels.length, classes], data: out } }
}

/** Classes in turn, 0 1 2 … 0 1 2 …: the labels of n samples of a conditional model unless the user chooses. */
export const labelsInTurn = ({ classes = 1 }: Model, n: number): number[] =>
  Array.from({ length: n }, (_, i) => i % classes)

const evaluationBatch = 500

/** Values of each datum of a split, by name: [count] or [count, …] flattened. */
export interface Evaluator {
  over(parameters: Parameters, data: EvaluationData): Promise<Record<string, Float32Array>>
  dispose(): Promise<void>
}

/**
 * Compiles `f`, whose outputs have one row a datum, to run over whole splits in batches of fixed size; the last batch is
 * filled up with repeats whose rows are dropped. Noise depends on the batch's number alone, so two calls agree.
 */
export async function openEvaluator(
  model: Model,
  f: (p: any, x: Tensor, env: Env) => Readonly<Record<string, Tensor>>,
  options: SessionOptions & { readonly seed?: number } = {},
): Promise<Evaluator> {
  const traced = { ...options, rows: evaluationBatch }
  const program = await compileFor(model, (p, env) => f(p, input("x", [evaluationBatch, ...model.event]), env), traced)
  return {
    async over(parameters, data) {
      const { count } = data.dataset.splits[data.split]
      const results: Record<string, Float32Array> = {}
      for (let first = 0; first < count; first += evaluationBatch) {
        const indices = Uint32Array.from({ length: evaluationBatch }, (_, i) => Math.min(count - 1, first + i))
        const x = eventsOf(data, model.event, indices)
        const feeds = { x, ...labelFeeds(model, data, indices) }
        const outputs = await program.run(parameters, feeds, { step: first / evaluationBatch })
        for (const [name, { data: values }] of Object.entries(outputs)) {
          const width = values.length / evaluationBatch
          results[name] ??= new Float32Array(count * width)
          results[name].set(values.subarray(0, Math.min(evaluationBatch, count - first) * width), first * width)
        }
      }
      return results
    },
    dispose: () => program.dispose(),
  }
}
